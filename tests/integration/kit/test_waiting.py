"""Whoever waits for a person's row waits bounded and tries again: nobody else's transaction fails by it."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
import pytest
from aio_pika.abc import AbstractChannel

from deploy.databases import WORKING_ROLE_SETTINGS
from shared.database import Database
from shared.mail.delivery import DIALOGUE_LIMIT_S
from shared.personal_data.erasure import LOCK_WAIT_S
from shared.purposes import Purpose
from tests.harness import Harness, eventually
from tests.sample.harness import depth, meet, ordered, send

NOTE = "INSERT INTO note (note_id, subject_id, text) SELECT gen_random_uuid(), unnest($1::uuid[]), 'x'"
FAILED = "SELECT count(*) FROM erasure_report WHERE order_id = $1 AND body::json ->> 'failure' IS NOT NULL"
LIVE = "SELECT count(*) FROM subject WHERE subject_id = ANY ($1) AND live"
WAITS = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
HANGS = {
    "an open use of the data": "SELECT FROM subject WHERE subject_id = $1 FOR KEY SHARE",
    "an open change": "SELECT FROM subject WHERE subject_id = $1 FOR UPDATE",
    "a mail that is leaving": "SELECT FROM note WHERE subject_id = $1 FOR SHARE",
}


async def residents(everything: asyncpg.Connection, count: int) -> Sequence[UUID]:
    """In the order in which they are locked."""
    people = sorted(uuid4() for _ in range(count))
    await meet(everything, *people)
    await everything.execute(NOTE, people)
    return people


@pytest.mark.parametrize("hangs", HANGS.values(), ids=HANGS.keys())
async def test_an_order_that_meets_somebody_who_hangs_holds_up_none_of_its_others(
    harness: Harness, served: Database, everything: asyncpg.Connection, channel: AbstractChannel, hangs: str
) -> None:
    """A use of the first one's data goes on while the last one is held; afterwards all are erased, nobody failed."""
    people = await residents(everything, 3)
    order = ordered(*people)
    async with harness.superuser("sample") as holder:
        holding = holder.transaction()
        await holding.start()
        await holder.execute(hangs, people[-1])
        await send(channel, order, sender="privacy")
        await eventually(lambda: everything.fetchval(WAITS))
        for _ in range(2):
            async with served.transaction(Purpose.CONTRACT) as tx:
                await tx.run(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S * 4:.0f}s'")
                await tx.run("SELECT lethe.enter(NULL, NULL, $1)", people[0])
        await holding.rollback()
    await eventually(lambda: all_erased(everything, people))
    assert await everything.fetchval(FAILED, order.order_id) == 0
    assert await depth(harness, "sample.dead-letters") == 0


async def all_erased(everything: asyncpg.Connection, people: Sequence[UUID]) -> bool:
    return bool(await everything.fetchval(LIVE, people) == 0)


def test_a_mail_that_is_leaving_ends_before_whoever_waits_for_it_gives_up() -> None:
    (lock_timeout,) = (setting for setting in WORKING_ROLE_SETTINGS if setting.startswith("lock_timeout"))
    assert lock_timeout == "lock_timeout = '30s'"
    assert LOCK_WAIT_S < DIALOGUE_LIMIT_S < 30
