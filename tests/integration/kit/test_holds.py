"""Legal holds in a participant: what is held outlives its date and its person, and goes when the hold is released."""

import asyncio
import json
import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aio_pika.abc import AbstractChannel

from shared.clock import today
from shared.contracts.participants import ErasureReported, RetentionEnded
from shared.contracts.privacy import HoldChanged, KnownHold
from shared.database import Database
from shared.personal_data import holds
from shared.personal_data.erasure import erase
from shared.personal_data.retention_run import end_retention
from shared.purposes import Purpose
from tests.harness import DEEPER, Harness, eventually
from tests.sample.app import ERASER
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import alone, erase_people, listening, meet, metric, ordered, send

YESTERDAY, NEXT_YEAR = today() - timedelta(days=1), today() + timedelta(days=365)
REVIEW = today() + timedelta(days=180)
CLAIM, EXEMPTION = "KC art. 118", "GDPR Art. 17(3)(e)"
NOTE = "INSERT INTO note (note_id, subject_id, text) VALUES (gen_random_uuid(), $1, 'x')"
MEMBERSHIP = "INSERT INTO membership (membership_id, subject_id) VALUES (gen_random_uuid(), $1)"
RECEIPT = """
INSERT INTO receipt (receipt_id, subject_id, amount_cents, wish, retain_until, provisions)
VALUES (gen_random_uuid(), $1, 100, 'gift wrap', $2, '{VAT Act art. 112}')
"""


@pytest.fixture
async def person(everything: asyncpg.Connection) -> UUID:
    """Somebody with a note, a membership, and a receipt that tax law does not want any more."""
    subject_id = uuid4()
    await meet(everything, subject_id)
    await everything.execute(NOTE, subject_id)
    await everything.execute(MEMBERSHIP, subject_id)
    await everything.execute(RECEIPT, subject_id, YESTERDAY)
    return subject_id


def known(person: UUID, *scope: str, version: int = 1, hold_id: UUID | None = None, **changed: Any) -> KnownHold:
    facts: dict[str, Any] = {"provision": CLAIM, "exemption": EXEMPTION, "review_on": REVIEW} | changed
    return KnownHold(hold_id=hold_id or uuid4(), subject_id=person, scope=scope, version=version, **facts)


def changed(hold: KnownHold, **facts: Any) -> HoldChanged:
    return HoldChanged(**(hold.model_dump() | facts))


async def place(database: Database, *placed: KnownHold | HoldChanged) -> int:
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        return await holds.apply(tx, placed)


async def release(database: Database, hold: KnownHold) -> None:
    assert await place(database, hold.model_copy(update={"review_on": None, "version": hold.version + 1}))


async def there(everything: asyncpg.Connection, person: UUID) -> dict[str, int]:
    """How many rows are left in each table."""
    tables = ("note", "membership", "receipt", "hold")
    counts = {
        table: await everything.fetchval(f"SELECT count(*) FROM {table} WHERE subject_id = $1", person)  # noqa: S608
        for table in tables
    }
    return {table: count for table, count in counts.items() if count}


async def reported(everything: asyncpg.Connection, order_id: UUID, table: str) -> dict[str, Any]:
    """What the report says of one person's rows of a table."""
    body = await everything.fetchval("SELECT body FROM erasure_report WHERE order_id = $1", order_id)
    ErasureReported.model_validate_json(body)
    (entry,) = (t for t in json.loads(body)["tables"] if t["table"] == table and "columns" not in t)
    return {
        name: entry[name][0]
        for name in ("outcome", "rows", "retain_until", "review_at", "provision", "exception", "holds")
        if name in entry
    }


async def test_what_is_held_outlives_the_erasure_with_its_hold(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    hold = known(person, "D8", "D9")
    await place(database, hold)
    order_id = await erase_people(database, person)
    assert await there(everything, person) == {"membership": 1, "receipt": 1, "hold": 1}
    kept = {
        "outcome": "refused",
        "rows": 1,
        "retain_until": None,
        "review_at": REVIEW.isoformat(),
        "exception": EXEMPTION,
        "holds": [str(hold.hold_id)],
    }
    assert await reported(everything, order_id, "membership") == kept | {"provision": CLAIM}
    assert await reported(everything, order_id, "receipt") == kept | {"provision": f"{CLAIM}; VAT Act art. 112"}
    assert await reported(everything, order_id, "hold") == kept | {"provision": CLAIM}
    assert (await reported(everything, order_id, "note"))["outcome"] == "purged"
    assert not await everything.fetchval("SELECT bool_or(live) FROM membership WHERE subject_id = $1", person)


async def test_a_hold_keeps_its_scope_and_nothing_else(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    bystander = uuid4()
    await meet(everything, bystander)
    await everything.execute(MEMBERSHIP, bystander)
    await place(database, known(person, "D8"))
    order_id = await erase_people(database, person, bystander)
    assert await there(everything, person) == {"membership": 1, "hold": 1}
    assert await there(everything, bystander) == {}
    assert (await reported(everything, order_id, "receipt"))["holds"] is None


async def test_a_hold_and_a_date_of_the_law_are_told_together(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    await everything.execute(RECEIPT, person, NEXT_YEAR)
    hold = known(person, "*")
    await place(database, hold)
    order_id = await erase_people(database, person)
    receipt = await reported(everything, order_id, "receipt")
    assert receipt["rows"] == 2
    assert receipt["retain_until"] == NEXT_YEAR.isoformat()
    assert receipt["review_at"] == REVIEW.isoformat()
    await release(database, hold)
    await end_retention(database, DATA_MAP)
    assert await there(everything, person) == {"receipt": 1, "hold": 1}, "the law's date is its own"


async def test_the_retention_run_leaves_what_is_held_and_says_so(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    hold = known(person, "D9")
    await place(database, hold)
    await erase_people(database, person)
    before = await there(everything, person)
    for day in (today(), today() + timedelta(days=4000)):
        await end_retention(database, DATA_MAP, day)
        assert await there(everything, person) == before
    assert metric("lethe_rows_kept_by_hold", service="sample", table="receipt") >= 1
    await release(database, hold)
    await end_retention(database, DATA_MAP)
    assert await there(everything, person) == {"hold": 1}
    await end_retention(database, DATA_MAP, today() + holds.RELEASED_FOR)
    assert await there(everything, person) == {"hold": 1}, "an older word of it may still come"
    await end_retention(database, DATA_MAP, today() + holds.RELEASED_FOR + timedelta(days=1))
    assert await there(everything, person) == {}


async def test_two_holds_keep_until_both_are_released(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    first, second = known(person, "D8"), known(person, "*", review_on=NEXT_YEAR)
    await place(database, first, second)
    order_id = await erase_people(database, person)
    told = await reported(everything, order_id, "membership")
    assert sorted(told["holds"]) == sorted((str(first.hold_id), str(second.hold_id)))
    assert told["review_at"] == REVIEW.isoformat(), "who looks first"
    await release(database, first)
    await end_retention(database, DATA_MAP)
    assert (await there(everything, person))["membership"] == 1
    await release(database, second)
    await end_retention(database, DATA_MAP)
    assert "membership" not in await there(everything, person)


async def test_the_newest_word_wins_in_whatever_order_it_comes(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    hold = known(person, "D8", version=3)
    assert await place(database, hold) == 1
    await release(database, hold)
    assert await place(database, hold) == 0
    assert await place(database, hold.model_copy(update={"version": 4})) == 0
    await erase_people(database, person)
    assert "membership" not in await there(everything, person)
    both = [hold.model_copy(update={"version": 7, "review_on": None}), hold.model_copy(update={"version": 6})]
    assert await place(database, *both) == 1


async def test_an_order_tells_what_is_held_before_anything_is_purged(
    harness: Harness, everything: asyncpg.Connection, channel: AbstractChannel, person: UUID
) -> None:
    """Its event has not come: the order has overtaken it."""
    hold = known(person, "D8")
    order = ordered(person).model_copy(update={"holds": (hold,)})
    async with harness.serve(alone()):
        await send(channel, order, sender="privacy")
        await eventually(lambda: everything.fetchval("SELECT NOT live FROM subject WHERE subject_id = $1", person))
        assert await there(everything, person) == {"membership": 1, "hold": 1}
        assert (await reported(everything, order.order_id, "membership"))["holds"] == [str(hold.hold_id)]
        async with listening(harness, RetentionEnded.type_from("sample")) as heard:
            await send(channel, changed(hold, review_on=None, version=2), sender="privacy")
            await eventually(lambda: heard)
        (table,) = RetentionEnded.model_validate_json(heard[0].body).tables
        assert (table.table, table.subjects, table.rows) == ("membership", (person,), (1,))


async def test_an_order_does_not_bring_back_what_was_released(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    hold = known(person, "D8")
    await place(database, hold)
    await release(database, hold)
    async with database.transaction(Purpose.ERASURE) as tx:
        await erase(tx, ERASER, uuid4(), ordered(person).subjects, held=(hold,))
    assert "membership" not in await there(everything, person)


async def test_what_the_law_kept_of_the_erased_can_be_held_later(
    harness: Harness, database: Database, everything: asyncpg.Connection, channel: AbstractChannel
) -> None:
    """The limitation of a tax is suspended years after the erasure."""
    person = uuid4()
    await meet(everything, person)
    await everything.execute(RECEIPT, person, NEXT_YEAR)
    await erase_people(database, person)
    hold = known(person, "D9", provision="Ordynacja podatkowa art. 86 § 1, art. 70 §§ 2-7")
    async with harness.serve(alone()):
        await send(channel, changed(hold), sender="privacy")
        await eventually(lambda: everything.fetchval("SELECT NOT live FROM hold WHERE subject_id = $1", person))
    late = NEXT_YEAR + timedelta(days=1)
    await end_retention(database, DATA_MAP, late)
    assert await there(everything, person) == {"receipt": 1, "hold": 1}
    await release(database, hold)
    await end_retention(database, DATA_MAP, late)
    assert "receipt" not in await there(everything, person)


async def test_a_released_hold_on_the_living_is_forgotten(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    hold = known(person, "*")
    await place(database, hold)
    await end_retention(database, DATA_MAP, today() + timedelta(days=4000))
    assert (await there(everything, person))["hold"] == 1
    await release(database, hold)
    await end_retention(database, DATA_MAP, today() + holds.RELEASED_FOR + timedelta(days=1))
    assert await there(everything, person) == {"note": 1, "membership": 1, "receipt": 1}


@pytest.mark.parametrize("first", ["placed", "released"])
async def test_a_purge_and_a_change_at_the_same_instant_agree(
    database: Database, everything: asyncpg.Connection, first: str
) -> None:
    """Either the purge has seen it, and the report tells so, or it has not, and the rows are gone."""

    async def change(hold: KnownHold) -> None:
        async with database.transaction(Purpose.LEGAL_DUTY) as tx:
            await tx.value("SELECT lethe.enter(NULL, NULL, $1)", hold.subject_id)
            await holds.apply(tx, [hold])

    for _ in range(20 * DEEPER):
        person = uuid4()
        await meet(everything, person)
        await everything.execute(MEMBERSHIP, person)
        hold = known(person, "D8")
        if first == "released":
            await place(database, hold)
            hold = hold.model_copy(update={"version": 2, "review_on": None})
        order_id, _ = await asyncio.gather(erase_people(database, person), change(hold))
        outcome = (await reported(everything, order_id, "membership"))["outcome"]
        assert (await there(everything, person)).get("membership", 0) == (outcome == "refused")
        await end_retention(database, DATA_MAP)
        kept = (await there(everything, person)).get("membership", 0)
        assert kept == (outcome == "refused" and first == "placed")


class Model:
    """What should be there of one person, after whatever was done and heard in whatever order."""

    def __init__(self, receipt_until: date) -> None:
        self.versions: dict[UUID, tuple[int, tuple[str, ...], bool]] = {}
        self.rows = {"note": "D10", "membership": "D8", "receipt": "D9"}
        self.ends = {"membership": YESTERDAY, "receipt": receipt_until}
        self.erased = False

    def heard(self, hold: KnownHold) -> None:
        version, _, _ = self.versions.get(hold.hold_id, (0, (), False))
        if hold.version > version:
            self.versions[hold.hold_id] = (hold.version, hold.scope, hold.review_on is not None)

    def held(self, table: str) -> bool:
        scopes = [set(scope) for _, scope, in_force in self.versions.values() if in_force]
        return any(scope & {"*", self.rows[table]} for scope in scopes)

    def erase(self) -> None:
        self.erased = True
        self.rows.pop("note", None)
        self.end(today())

    def end(self, day: date) -> None:
        over = [table for table in self.rows if self.erased and self.ends[table] < day and not self.held(table)]
        for table in over:
            del self.rows[table]


async def act(database: Database, model: Model, person: UUID, told: list[KnownHold], chance: random.Random) -> None:
    """One thing that may happen: an officer decides, a message comes (late, or once more), the clock, the erasure."""
    what = chance.choice(["place", "release", "hear", "hear", "end", "erase"])
    if what == "place":
        told.append(known(person, chance.choice(["D8", "D9", "D10", "*"]), version=len(told) + 1))
    elif what == "release" and told:
        told.append(chance.choice(told).model_copy(update={"review_on": None, "version": len(told) + 1}))
    elif what == "hear" and told:
        hold = chance.choice(told)
        await place(database, hold)
        model.heard(hold)
    elif what == "end":
        day = today() + timedelta(days=chance.choice([0, 400]))
        await end_retention(database, DATA_MAP, day)
        model.end(day)
    elif what == "erase" and not model.erased:
        await erase_people(database, person)
        model.erase()


@pytest.mark.parametrize("seed", range(12 * DEEPER))
async def test_whatever_happens_in_whatever_order_what_is_held_is_there(
    database: Database, everything: asyncpg.Connection, seed: int
) -> None:
    chance, person = random.Random(seed), uuid4()
    until = chance.choice([YESTERDAY, NEXT_YEAR])
    await meet(everything, person)
    await everything.execute(NOTE, person)
    await everything.execute(MEMBERSHIP, person)
    await everything.execute(RECEIPT, person, until)
    model, told = Model(until), list[KnownHold]()
    for _ in range(25):
        await act(database, model, person, told, chance)
        left = await there(everything, person)
        assert {table for table in left if table != "hold"} == set(model.rows)
