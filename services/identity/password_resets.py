"""Reset tokens: mailed, stored by their SHA-256, used once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.database import Transaction
from shared.problems import Refused, refuse
from shared.secrets import Keyring, digest

USE = "password reset"

STORE = "INSERT INTO password_reset (token_hash, subject_id) VALUES ($1, $2)"
# From the mail on, as for a code: the mail server may have been away.
MAILED = "UPDATE password_reset SET expires_at = now() + make_interval(secs => $2) WHERE token_hash = ANY ($1)"
FIND = """
SELECT r.subject_id, a.email FROM password_reset r JOIN account a USING (subject_id)
WHERE r.token_hash = $1 AND r.expires_at > now()
"""
SPEND = "DELETE FROM password_reset WHERE token_hash = $1 AND expires_at > now()"
DROP_ALL = "DELETE FROM password_reset WHERE subject_id = $1"


@dataclass(frozen=True)
class Reset:
    """Whose password a token resets."""

    subject_id: UUID
    email: str


def reset_token(keyring: Keyring, mail_id: UUID) -> str:
    """The token in a mail, the same however often the mail is sent."""
    return keyring.token(USE, mail_id.bytes)


async def store(tx: Transaction, subject_id: UUID, token: str) -> None:
    """Store a token, which is valid from its mailing on."""
    await tx.run(STORE, digest(token), subject_id)


async def begin_validity(tx: Transaction, tokens: Sequence[str], valid_s: float) -> None:
    """Tokens that are about to be mailed are valid for `valid_s` seconds from now."""
    await tx.run(MAILED, [digest(token) for token in tokens], valid_s)


async def find(tx: Transaction, token: str) -> Reset:
    """Raises Refused (422)."""
    row = await tx.row(FIND, digest(token))
    if row is None:
        raise _not_valid()
    return Reset(**row)


async def spend(tx: Transaction, token: str) -> None:
    """Use a token up. Raises Refused (422) when that has happened already."""
    if not await tx.run(SPEND, digest(token)):
        raise _not_valid()


async def drop_all(tx: Transaction, subject_id: UUID) -> None:
    await tx.run(DROP_ALL, subject_id)


def _not_valid() -> Refused:
    return refuse(422, "the token is not valid", field="token", message="ask for a new one")
