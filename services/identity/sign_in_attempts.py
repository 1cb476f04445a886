"""Guessing is slowed per address, known or not: waits double up to a quarter of an hour, never for good.

A try counts before the password is looked at, so many at once gain nothing; one that comes too early
does not prolong the wait.
"""

from shared.clock import now
from shared.database import Transaction
from shared.problems import Refused, refuse

FREE_TRIES = 5
LONGEST_WAIT_S = 900

# '-infinity', not now(): a transaction that began earlier and waited for this row would be turned away by it.
COUNT = """
INSERT INTO sign_in_attempt AS t (address_hash, next_at) VALUES ($1, '-infinity')
ON CONFLICT (address_hash) DO UPDATE SET failures = t.failures + 1, last_at = now(), next_at = CASE
    WHEN t.failures + 1 >= $2 THEN now() + make_interval(secs => least(2 ^ least(t.failures + 1 - $2, 20), $3))
    ELSE '-infinity' END
WHERE t.next_at <= now()
RETURNING true
"""
NEXT_AT = "SELECT next_at FROM sign_in_attempt WHERE address_hash = $1"
FORGIVE = "DELETE FROM sign_in_attempt WHERE address_hash = $1"


async def count(tx: Transaction, address_hash: bytes) -> None:
    """Count a try. Raises Refused (429) while the address has to wait."""
    if not await tx.value(COUNT, address_hash, FREE_TRIES, float(LONGEST_WAIT_S)):
        raise _too_early((await tx.value(NEXT_AT, address_hash) or now()).timestamp() - now().timestamp())


async def forgive(tx: Transaction, address_hash: bytes) -> None:
    """Start counting anew after a right password."""
    await tx.run(FORGIVE, address_hash)


def _too_early(seconds: float) -> Refused:
    return refuse(429, "too many tries", message=f"try again in {max(1, round(seconds))} s")
