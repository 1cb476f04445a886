"""Guessing is slowed where it is done: waits double up to a quarter of an hour, never for good.

Tries from anywhere count per address, known or not; those on a device that signed in before, and those in a live
session, count by themselves: whatever strangers try, they don't make its owner wait. A try counts before the password
is looked at, so many at once gain nothing; one that comes too early does not prolong the wait.
"""

import math
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.clock import now
from shared.database import Transaction
from shared.problems import Refused, refuse

FREE_TRIES = 5
LONGEST_WAIT_S = 900

# '-infinity', not now(): a transaction that began earlier and waited for this row would be turned away by it.
NEXT = """CASE
    WHEN t.failures + 1 >= $2 THEN now() + make_interval(secs => least(2 ^ least(t.failures + 1 - $2, 20), $3))
    ELSE '-infinity' END"""
COUNT = f"""
INSERT INTO sign_in_attempt AS t (address_hash, next_at) VALUES ($1, '-infinity')
ON CONFLICT (address_hash) DO UPDATE SET failures = t.failures + 1, last_at = now(), next_at = {NEXT}
WHERE t.next_at <= now()
RETURNING true
"""  # noqa: S608 constants
COUNT_THERE = f"""
UPDATE {{table}} t SET failures = t.failures + 1, next_at = {NEXT} WHERE t.{{key}} = $1 AND t.next_at <= now()
RETURNING true
"""  # noqa: S608 constants
FORGIVE = "DELETE FROM sign_in_attempt WHERE address_hash = $1"
FORGIVE_THERE = "UPDATE {table} SET failures = 0, next_at = '-infinity' WHERE {key} = $1"
NEXT_AT = "SELECT next_at FROM {table} WHERE {key} = $1"


KEYS = {
    "sign_in_attempt": "address_hash",
    "known_device": "token_hash",
    "session": "session_id",
    "staff": "staff_id",
}


@dataclass(frozen=True)
class Counter:
    """Where tries are made: by whoever names an address, on a known device, in a session, or by staff."""

    table: Literal["sign_in_attempt", "known_device", "session", "staff"]
    key: bytes | UUID

    def of(self, statement: str) -> str:
        return statement.format(table=self.table, key=KEYS[self.table])

    @property
    def anywhere(self) -> bool:
        return self.table == "sign_in_attempt"


async def count(tx: Transaction, counter: Counter) -> None:
    """Count a try. Raises Refused (429) while one has to wait there."""
    statement = COUNT if counter.anywhere else counter.of(COUNT_THERE)
    if not await tx.value(statement, counter.key, FREE_TRIES, float(LONGEST_WAIT_S)):
        next_at = await tx.value(counter.of(NEXT_AT), counter.key) or now()
        raise _too_early(next_at.timestamp() - now().timestamp())


async def forgive(tx: Transaction, counter: Counter) -> None:
    """Start counting anew after a right password."""
    await tx.run(FORGIVE if counter.anywhere else counter.of(FORGIVE_THERE), counter.key)


def _too_early(seconds: float) -> Refused:
    wait_s = max(1, math.ceil(seconds))
    return refuse(429, "too many tries", message=f"try again in {wait_s} s", retry_after=wait_s)
