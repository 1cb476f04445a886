"""Wrong passwords for an address, noted alike whether it is known or not until a job tells the owner."""

from dataclasses import dataclass
from datetime import datetime

from shared.database import Transaction

FAILED_SIGN_INS = "failed sign-ins"
"""The loop that tells."""

NOTE = "INSERT INTO failed_sign_in (address_hash, ip) VALUES ($1, $2)"
OLDEST = "SELECT failure_id, address_hash, ip, at FROM failed_sign_in ORDER BY failure_id LIMIT 1"
TAKE = "DELETE FROM failed_sign_in WHERE failure_id = $1"


@dataclass(frozen=True)
class FailedSignIn:
    """At which address somebody gave a wrong password, from where."""

    failure_id: int
    address_hash: bytes
    ip: str
    at: datetime


async def note(tx: Transaction, address_hash: bytes, ip: str) -> None:
    await tx.run(NOTE, address_hash, ip)
    tx.wake(FAILED_SIGN_INS)


async def oldest(tx: Transaction) -> FailedSignIn | None:
    row = await tx.row(OLDEST)
    return None if row is None else FailedSignIn(**row)


async def take(tx: Transaction, failure: FailedSignIn) -> bool:
    """Take it out, once; False when another process did."""
    return bool(await tx.run(TAKE, failure.failure_id))
