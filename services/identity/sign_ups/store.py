"""Sign-ups that wait for the code of their mailbox."""

from dataclasses import astuple, dataclass

from services.identity.accounts.rules import DETAILS, Details
from services.identity.sign_ups.rules import SignUp
from shared.database import Transaction
from shared.secrets import digest

COLUMNS = ", ".join(DETAILS)

STORE = f"""
INSERT INTO sign_up (token_hash, address_hash, password_hash, {COLUMNS})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""  # noqa: S608 names of fields
PENDING = """
SELECT s.address_hash, s.email FROM sign_up s
WHERE s.token_hash = $1 AND s.created_at > now() - interval '48 hours'
"""
TAKE = f"DELETE FROM sign_up WHERE token_hash = $1 RETURNING password_hash, {COLUMNS}"  # noqa: S608 names of fields


@dataclass(frozen=True)
class Pending:
    """Which mailbox a sign-up waits for, and its address as it was typed."""

    address_hash: bytes
    email: str


async def store(tx: Transaction, address_hash: bytes, token: str, sign_up: SignUp) -> None:
    details = sign_up.details
    await tx.run(STORE, digest(token), address_hash, sign_up.password_hash, *astuple(details))


async def pending(tx: Transaction, token: str) -> Pending | None:
    row = await tx.row(PENDING, digest(token))
    return None if row is None else Pending(**row)


async def take(tx: Transaction, token: str) -> SignUp | None:
    """Take a sign-up out, once."""
    row = await tx.row(TAKE, digest(token))
    if row is None:
        return None
    return SignUp(Details(**{name: row[name] for name in DETAILS}), row["password_hash"])
