"""Rows of the vendor's staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts import identity
from shared.contracts.actors import Role
from shared.database import Transaction

COLUMNS = "staff_id, email, roles, password_hash, sealed_secret, last_step, enrolled_at IS NOT NULL AS enrolled"
INVITE = """
INSERT INTO staff AS s (staff_id, email, roles, invitation_hash, invited_until) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (lower(email)) DO UPDATE SET roles = $3, invitation_hash = $4, invited_until = $5, invited_at = now(),
  enrolled_at = NULL, password_hash = NULL, sealed_secret = NULL
RETURNING s.staff_id
"""
END = "DELETE FROM staff WHERE lower(email) = lower($1) RETURNING staff_id"
EVERYBODY = """
SELECT staff_id, email, roles, CASE WHEN enrolled_at IS NULL THEN 'invited' ELSE 'enrolled' END AS state
FROM staff ORDER BY lower(email)
"""
IS_STAFF = "SELECT EXISTS (SELECT FROM staff WHERE staff_id = $1 AND enrolled_at IS NOT NULL)"
INVITED = f"SELECT {COLUMNS} FROM staff WHERE invitation_hash = $1 AND invited_until > now() FOR NO KEY UPDATE"  # noqa: S608
OF_ADDRESS = f"SELECT {COLUMNS} FROM staff WHERE lower(email) = lower($1) AND enrolled_at IS NOT NULL"  # noqa: S608
LOCKED = f"SELECT {COLUMNS} FROM staff WHERE staff_id = $1 AND password_hash = $2 FOR NO KEY UPDATE"  # noqa: S608
CHOOSE = "UPDATE staff SET password_hash = $2, sealed_secret = $3, last_step = 0 WHERE staff_id = $1"
ENROLL = "UPDATE staff SET enrolled_at = now(), invitation_hash = NULL, invited_until = NULL WHERE staff_id = $1"
USE_STEP = "UPDATE staff SET last_step = $2, failures = 0, next_at = '-infinity' WHERE staff_id = $1"
REPLACE_CODES = """
WITH gone AS (DELETE FROM staff_recovery_code WHERE staff_id = $1)
INSERT INTO staff_recovery_code SELECT $1, unnest($2::bytea[])
"""
USE_CODE = "DELETE FROM staff_recovery_code WHERE staff_id = $1 AND code_hash = $2 RETURNING true"


@dataclass(frozen=True)
class StaffAccount:
    """One of the staff, with what a sign-in is compared with."""

    staff_id: UUID
    email: str
    roles: tuple[Role, ...]
    password_hash: str | None
    sealed_secret: bytes | None
    last_step: int
    enrolled: bool


async def invite(
    tx: Transaction, staff_id: UUID, request: identity.InviteStaff, invitation_hash: bytes, until: datetime
) -> UUID:
    """Invite an address, known or not; what it had before no longer counts. Answers whose it is."""
    known: UUID = await tx.value(INVITE, staff_id, request.email, sorted(set(request.roles)), invitation_hash, until)
    return known


async def end(tx: Transaction, email: str) -> UUID | None:
    staff_id: UUID | None = await tx.value(END, email)
    return staff_id


async def everybody(tx: Transaction) -> tuple[identity.StaffMember, ...]:
    return tuple(identity.StaffMember.model_validate(dict(row)) for row in await tx.rows(EVERYBODY))


async def is_staff(tx: Transaction, staff_id: UUID) -> bool:
    """Whether this is somebody who has accepted the invitation."""
    return bool(await tx.value(IS_STAFF, staff_id))


async def invited(tx: Transaction, invitation_hash: bytes) -> StaffAccount | None:
    """Who holds a living invitation, locked."""
    return await _account(tx, INVITED, invitation_hash)


async def of_address(tx: Transaction, email: str) -> StaffAccount | None:
    return await _account(tx, OF_ADDRESS, email)


async def locked(tx: Transaction, account: StaffAccount) -> StaffAccount | None:
    """The account as it is now, locked; None if its password is another one."""
    return await _account(tx, LOCKED, account.staff_id, account.password_hash)


async def _account(tx: Transaction, statement: str, *args: object) -> StaffAccount | None:
    row = await tx.row(statement, *args)
    return StaffAccount(**(dict(row) | {"roles": tuple(row["roles"])})) if row else None


async def choose(tx: Transaction, staff_id: UUID, password_hash: str, sealed_secret: bytes) -> None:
    await tx.run(CHOOSE, staff_id, password_hash, sealed_secret)


async def enroll(tx: Transaction, staff_id: UUID) -> None:
    await tx.run(ENROLL, staff_id)


async def use_step(tx: Transaction, staff_id: UUID, step: int) -> None:
    """Its code and all earlier ones are used up; earlier tries are forgiven."""
    await tx.run(USE_STEP, staff_id, step)


async def replace_codes(tx: Transaction, staff_id: UUID, hashes: Sequence[bytes]) -> None:
    await tx.run(REPLACE_CODES, staff_id, list(hashes))


async def use_code(tx: Transaction, staff_id: UUID, code_hash: bytes) -> bool:
    """Whether it was one of the codes; it is none any more."""
    return bool(await tx.value(USE_CODE, staff_id, code_hash))
