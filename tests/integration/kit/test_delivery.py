"""Once, however often and in whatever order a message comes; nothing lost between two transactions (3, 4, 7)."""

import asyncio
import json
import random
from uuid import UUID, uuid4

import asyncpg
import pytest
from aio_pika.abc import AbstractChannel

from shared.contracts import privacy
from shared.database import Database, Transaction
from shared.messaging.housekeeping import HOUSEKEEPING
from tests.harness import Harness, eventually
from tests.sample.contracts import NoteKept, ReceiptMade, ThingNoted
from tests.sample.harness import (
    Heard,
    depth,
    erase_people,
    handled,
    listening,
    metric,
    ordered,
    reacting,
    send,
    until_handled,
)

NOTED, PAID = "sample.on.sample.thing-noted", "sample.on.sample.receipt-made"
ORDERED, REMINDED = "sample.on.privacy.erasure-ordered", "sample.on.privacy.erasure-reminded"


def noted(person: UUID | None = None) -> ThingNoted:
    return ThingNoted(subject_id=person or uuid4(), note_id=uuid4())


@pytest.mark.usefixtures("served")
async def test_every_message_thrice_and_shuffled_has_one_effect(
    channel: AbstractChannel, everything: asyncpg.Connection, kept: Heard
) -> None:
    events = {str(uuid4()): noted() for _ in range(40)}
    deliveries = [(message_id, event) for message_id, event in events.items() for _ in range(3)]
    random.shuffle(deliveries)
    done, duplicate = handled(NOTED, "done"), handled(NOTED, "duplicate")
    await asyncio.gather(*(send(channel, event, message_id=message_id) for message_id, event in deliveries))
    await until_handled(NOTED, "done", done + 40)
    await until_handled(NOTED, "duplicate", duplicate + 80)
    ids = [event.note_id for event in events.values()]
    assert await everything.fetchval("SELECT count(*) FROM note WHERE note_id = ANY ($1)", ids) == 40

    await eventually(lambda: len(kept) >= 40)
    assert sorted(json.loads(m.body)["note_id"] for m in kept) == sorted(str(i) for i in ids)
    assert len({m.message_id for m in kept}) == 40
    assert handled(NOTED, "done") == done + 40


@pytest.mark.parametrize("known", [True, False], ids=["known", "never met before"])
async def test_a_late_event_leaves_nothing_or_a_statutory_record(
    served: Database, channel: AbstractChannel, everything: asyncpg.Connection, kept: Heard, known: bool
) -> None:
    person, receipt = uuid4(), uuid4()
    if known:
        await everything.execute("INSERT INTO subject VALUES ($1)", person)
    await erase_people(served, person)
    late, done = handled(NOTED, "late"), handled(PAID, "done")
    await send(channel, noted(person))
    await send(channel, ReceiptMade(subject_id=person, receipt_id=receipt, amount_cents=1250))
    await until_handled(NOTED, "late", late + 1)
    await until_handled(PAID, "done", done + 1)
    assert await everything.fetchval("SELECT count(*) FROM note WHERE subject_id = $1", person) == 0
    row = await everything.fetchrow("SELECT live, provisions FROM receipt WHERE receipt_id = $1", receipt)
    assert row is not None
    assert tuple(row) == (False, ["Accounting Act art. 74(2)"])
    assert not kept


async def test_a_dropped_event_does_not_reach_its_handler(
    harness: Harness, channel: AbstractChannel, kept: Heard
) -> None:
    """Nothing would stop a handler that writes no row but tells others."""

    async def tell(event: ThingNoted, tx: Transaction) -> None:
        tx.publish(NoteKept(subject_id=event.subject_id, note_id=event.note_id))

    person, somebody = uuid4(), uuid4()
    async with harness.serve(reacting(tell)) as resources:
        await erase_people(resources["sample"].database, person)
        late = handled(NOTED, "late")
        await send(channel, noted(person))
        await send(channel, noted(somebody))
        await until_handled(NOTED, "late", late + 1)

        await eventually(lambda: bool(kept))
    assert [json.loads(message.body)["subject_id"] for message in kept] == [str(somebody)]


async def test_a_friend_erased_meanwhile_is_not_named(
    served: Database, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """The note of a living person is kept without the erased friend."""
    friend = uuid4()
    await erase_people(served, friend)
    event = ThingNoted(subject_id=uuid4(), note_id=uuid4(), friend_id=friend)
    await send(channel, event)

    assert (
        await eventually(lambda: everything.fetchrow("SELECT friend_id FROM note WHERE note_id = $1", event.note_id))
    )["friend_id"] is None


@pytest.mark.usefixtures("served")
async def test_an_order_that_comes_again_is_answered_with_the_stored_report(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """Three orders with ids of their own and two reminders, all at once and once more afterwards."""
    for _ in range(5):
        person = uuid4()
        await everything.execute("INSERT INTO subject VALUES ($1)", person)
        order = ordered(person)
        reminder = privacy.ErasureReminded(service="sample", order=order)
        before = [handled(queue, "done") for queue in (ORDERED, REMINDED)]
        async with listening(harness, "sample.erasure-reported.v1") as reports:
            await asyncio.gather(
                *(send(channel, e, sender="privacy") for e in (order, reminder, order, reminder, order))
            )
            await until_handled(ORDERED, "done", before[0] + 3)
            await until_handled(REMINDED, "done", before[1] + 2)

            async def five(reports: Heard = reports) -> bool:
                return len(reports) >= 5

            await eventually(five)
        assert len({message.body for message in reports}) == 1
        assert await everything.fetchval("SELECT count(*) FROM erasure_report WHERE order_id = $1", order.order_id) == 1
    assert await depth(harness, "sample.dead-letters") == 0


@pytest.mark.usefixtures("served")
async def test_an_order_that_did_not_ask_is_obeyed_and_not_answered(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """A service that joined after the order was written is not in it; a reminder for others is left to them."""
    gone, left = uuid4(), uuid4()
    await everything.execute("INSERT INTO subject VALUES ($1), ($2)", gone, left)
    order, asked = ordered(gone).model_copy(update={"participants": ()}), ordered(uuid4())
    done = handled(ORDERED, "done"), handled(REMINDED, "done")
    async with listening(harness, "sample.erasure-reported.v1") as reports:
        await send(channel, order, sender="privacy")
        await until_handled(ORDERED, "done", done[0] + 1)
        await send(channel, order, sender="privacy")
        await send(channel, privacy.ErasureReminded(service="licensing", order=ordered(left)), sender="privacy")
        await until_handled(ORDERED, "done", done[0] + 2)
        await until_handled(REMINDED, "done", done[1] + 1)
        await send(channel, asked, sender="privacy")

        async def told() -> bool:
            return bool(reports)

        await eventually(told)
    assert {json.loads(message.body)["order_id"] for message in reports} == {str(asked.order_id)}
    assert await everything.fetchval("SELECT live FROM subject WHERE subject_id = $1", gone) is False
    assert await everything.fetchval("SELECT live FROM subject WHERE subject_id = $1", left) is True


async def test_marks_and_keys_are_forgotten_after_their_time(served: Database, everything: asyncpg.Connection) -> None:
    await everything.execute(
        """INSERT INTO inbox VALUES (gen_random_uuid(), 'old', now() - interval '91 days'),
        (gen_random_uuid(), 'young', now() - interval '89 days')"""
    )
    await everything.execute(
        """INSERT INTO idempotency VALUES ('\\x01', 'old', 'x', '\\x01', 201, NULL, now() - interval '25 hours'),
        ('\\x02', 'young', 'x', '\\x01', 201, NULL, now() - interval '23 hours')"""
    )
    served.signals[HOUSEKEEPING].set()

    async def forgotten() -> bool:
        left = """SELECT (SELECT count(*) FROM inbox WHERE consumer = 'old')
          + (SELECT count(*) FROM idempotency WHERE principal = 'old')"""
        return bool(await everything.fetchval(left) == 0)

    await eventually(forgotten)
    assert await everything.fetchval("SELECT count(*) FROM inbox WHERE consumer = 'young'") == 1
    known = await everything.fetchval("SELECT count(*) FROM inbox")
    await eventually(lambda: metric("lethe_inbox_messages") == known)
    assert await everything.fetchval("SELECT count(*) FROM idempotency WHERE principal = 'young'") == 1
