"""What waits for a retry is told per consumer, and no longer told when it is over."""

from uuid import uuid4

import asyncpg

from shared.database import Database
from shared.messaging.figures import measure
from shared.messaging.topology import TIERS
from tests.sample.harness import metric
from tests.sample.script import NOTED

WAITS = """
INSERT INTO retry_waiting (message_id, consumer, attempt, fault, due_at) VALUES ($1, $2, 2, 'x', now() + interval '1 h')
"""


async def test_retries_are_counted_by_consumer(served: Database, everything: asyncpg.Connection) -> None:
    for _ in TIERS:
        await everything.execute(WAITS, uuid4(), NOTED)
    await measure(served)
    assert metric("lethe_retries_waiting", consumer=NOTED) == len(TIERS)
    other = await everything.fetchval("SELECT name FROM consumer WHERE name <> $1 LIMIT 1", NOTED)
    assert metric("lethe_retries_waiting", consumer=other) == 0
    await everything.execute("TRUNCATE retry_waiting")
    await measure(served)
    assert metric("lethe_retries_waiting", consumer=NOTED) == 0
