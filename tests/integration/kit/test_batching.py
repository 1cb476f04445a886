"""A hot event is handled many at a time and holds every promise of one at a time (3, 4, 7)."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from aio_pika.abc import AbstractChannel

from deploy import trace_file
from shared.contracts.message import Event
from shared.database import Database, Transaction
from shared.messaging.inbox import Standing, mark_all_received
from shared.purposes import Purpose
from tests.harness import DEEPER, Harness, eventually
from tests.sample import receipts
from tests.sample.contracts import NoteKept, ReceiptMade, ThingNoted
from tests.sample.harness import depth, erase_people, handled, listening, reacting, send, until_handled
from tests.sample.script import NOTED, dead_letter
from tests.spans import recorded

PAID = "sample.on.sample.receipt-made"
KEEP = """
INSERT INTO note (note_id, subject_id, text)
SELECT note_id, subject_id, 'hot' FROM unnest($1::uuid[], $2::uuid[]) AS n (note_id, subject_id)
"""
COUNT = "SELECT count(*) FROM note WHERE note_id = ANY ($1)"


class Pages:
    """A set-based handler that remembers how many events came at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def keep(self, events: list[ThingNoted], tx: Transaction) -> None:
        await self.goes_on.wait()
        await tx.run(KEEP, [event.note_id for event in events], [event.subject_id for event in events])
        for event in events:
            tx.publish(NoteKept(subject_id=event.subject_id, note_id=event.note_id))
        self.sizes.append(len(events))


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
async def database(harness: Harness, pages: Pages) -> AsyncIterator[Database]:
    """The database of a running sample service that keeps notes many at a time."""

    async def keep(events: list[ThingNoted], tx: Transaction) -> None:
        await pages.keep(events, tx)

    async with harness.serve(reacting(keep, batch=True)) as resources:
        yield resources["sample"].database


def noted(person: UUID | None = None, note_id: UUID | None = None) -> ThingNoted:
    return ThingNoted(subject_id=person or uuid4(), note_id=note_id or uuid4())


async def send_all(channel: AbstractChannel, events: list[Event]) -> None:
    await asyncio.gather(*(send(channel, event) for event in events))


@pytest.mark.usefixtures("database")
async def test_a_batch_is_linked_to_the_traces_of_all_its_messages(channel: AbstractChannel, tmp_path: Path) -> None:
    """One span for each batch, in none of the traces; what each message came to stands in its own."""
    traces = {uuid4().hex for _ in range(60)}
    done = handled(NOTED, "done")
    with recorded(tmp_path / "spans") as path:
        told = [{"traceparent": f"00-{trace}-{16 * '1'}-01"} for trace in traces]
        await asyncio.gather(*(send(channel, noted(), headers=headers) for headers in told))
        await until_handled(NOTED, "done", done + len(traces))
        spans = [span for span in trace_file.read(path) if span.name == f"process {NOTED}"]
    batches = [span for span in spans if "messaging.batch.message_count" in span.attributes]
    assert traces == {trace for span in batches for trace in span.linked}
    assert len(batches) < len(traces), "some came together"
    assert traces.isdisjoint(span.trace_id for span in batches)
    assert traces == {span.trace_id for span in spans if span.attributes.get("lethe.outcome") == "done"}


@pytest.mark.usefixtures("database")
async def test_every_message_thrice_and_shuffled_has_one_effect(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection, pages: Pages
) -> None:
    events = {str(uuid4()): noted() for _ in range(100)}
    deliveries = [(message_id, event) for message_id, event in events.items() for _ in range(3)]
    together, apart = deliveries[:150], deliveries[150:]  # copies in one batch, and in many
    random.shuffle(apart)
    done, duplicate = handled(NOTED, "done"), handled(NOTED, "duplicate")
    pages.goes_on.clear()  # the first batch waits until all are there: the others come together
    async with listening(harness, NoteKept.type) as heard:
        sent = (send(channel, event, message_id=message_id) for message_id, event in [*together, *apart])
        await asyncio.gather(*sent)
        pages.goes_on.set()
        await until_handled(NOTED, "done", done + 100)
        await until_handled(NOTED, "duplicate", duplicate + 200)
        assert len(heard) <= 100
    assert await everything.fetchval(COUNT, [event.note_id for event in events.values()]) == 100
    assert sum(pages.sizes) == 100
    assert len(pages.sizes) < 50, "several at a time"
    assert await depth(harness, "sample.dead-letters") == 0


@pytest.mark.usefixtures("database")
async def test_a_message_that_can_never_work_costs_its_batch_nothing_but_time(
    channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """One breaks its contract, one a constraint."""
    taken = noted()
    await everything.execute("INSERT INTO subject VALUES ($1)", taken.subject_id)
    await everything.execute(KEEP, [taken.note_id], [taken.subject_id])
    good = [noted() for _ in range(40)]
    done, given_up = handled(NOTED, "done"), handled(NOTED, "permanent")
    await asyncio.gather(
        *(send(channel, event) for event in good[:20]),
        send(channel, noted(note_id=taken.note_id)),
        send(channel, noted(), body=b'{"subject_id": 7}'),
        *(send(channel, event) for event in good[20:]),
    )
    await until_handled(NOTED, "done", done + 40)
    await until_handled(NOTED, "permanent", given_up + 2)
    assert await everything.fetchval(COUNT, [event.note_id for event in good]) == 40
    reasons = {str((await dead_letter(channel)).headers["x-reason"]) for _ in range(2)}
    assert reasons == {"permanent fault", "contract broken in: note_id, subject_id"}


async def test_a_late_event_among_others_does_not_reach_the_handler(harness: Harness, channel: AbstractChannel) -> None:
    """Nothing would stop a handler that writes no row but tells others."""

    async def tell(events: list[ThingNoted], tx: Transaction) -> None:
        for event in events:
            tx.publish(NoteKept(subject_id=event.subject_id, note_id=event.note_id))

    erased, people = uuid4(), [uuid4() for _ in range(20)]
    async with harness.serve(reacting(tell, batch=True)) as resources, listening(harness, NoteKept.type) as heard:
        await erase_people(resources["sample"].database, erased)
        late = handled(NOTED, "late")
        await send_all(channel, [noted(person) for person in (*people[:10], erased, *people[10:])])
        await until_handled(NOTED, "late", late + 1)

        await eventually(lambda: len(heard) >= 20)
    assert {json.loads(message.body)["subject_id"] for message in heard} == {str(person) for person in people}


@pytest.mark.parametrize("purpose", [Purpose.CONTRACT, Purpose.LEGAL_DUTY])
async def test_a_late_record_of_the_law_is_kept_among_others(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection, purpose: Purpose
) -> None:
    """For a legal duty at once with the others, for any other purpose after going on as one."""

    async def keep(events: list[ReceiptMade], tx: Transaction) -> None:
        for event in events:
            await receipts.keep_receipt(event, tx)

    erased = uuid4()
    async with harness.serve(reacting(keep, ReceiptMade, purpose, batch=True)) as resources:
        await erase_people(resources["sample"].database, erased)
        done = handled(PAID, "done")
        people = [uuid4(), erased, uuid4()]
        await send_all(channel, [ReceiptMade(subject_id=p, receipt_id=uuid4(), amount_cents=5) for p in people])
        await until_handled(PAID, "done", done + 3)
    rows = await everything.fetch("SELECT subject_id, live FROM receipt WHERE subject_id = ANY ($1)", people)
    assert {row["subject_id"]: row["live"] for row in rows} == {people[0]: True, erased: False, people[2]: True}


async def test_a_purge_waits_for_the_batch_that_knows_its_person(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    person = uuid4()
    locked: list[bool] = []

    async def look(events: list[ThingNoted], tx: Transaction) -> None:
        for event in events:
            try:
                await everything.execute(
                    "SELECT FROM subject WHERE subject_id = $1 FOR UPDATE NOWAIT", event.subject_id
                )
                locked.append(False)
            except asyncpg.LockNotAvailableError:
                locked.append(True)

    await everything.execute("INSERT INTO subject VALUES ($1)", person)
    async with harness.serve(reacting(look, batch=True)):
        done = handled(NOTED, "done")
        await send(channel, noted(person))
        await until_handled(NOTED, "done", done + 1)
    assert locked == [True]


async def test_batches_that_meet_the_same_people_wait_in_line(database: Database) -> None:
    """Rounds of two batches and a purge, people and marks in opposite orders, known to nobody yet."""

    async def take(messages: list[UUID], people: list[UUID]) -> list[Standing]:
        async with database.transaction(Purpose.UPKEEP) as tx:
            return await mark_all_received(tx, messages, "race", people)

    for _ in range(60 * DEEPER):
        messages, people = [uuid4() for _ in range(20)], [uuid4() for _ in range(20)]
        first, second, _order = await asyncio.gather(
            take(messages, people), take(messages[::-1], people[::-1]), erase_people(database, *people)
        )
        words = [{a, b} for a, b in zip(first, second[::-1], strict=True)]
        assert all("duplicate" in pair and len(pair) == 2 for pair in words)
