"""The root of erasure: PostgreSQL itself refuses an incomplete erasure and every resurrection (promises 2, 4, 5)."""

import asyncio
import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.clock import today
from shared.database import Database
from shared.messaging.faults import Fault, classify
from shared.messaging.inbox import mark_received
from shared.messaging.outbox import enqueue
from shared.personal_data.schema_check import gaps
from shared.purposes import Purpose
from tests.harness import DEEPER, Harness
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import erase_people, meet

NOTE = "INSERT INTO note (note_id, subject_id, friend_id, author_id, text) VALUES (gen_random_uuid(), $1, $2, $3, 'x')"
RECEIPT = """
INSERT INTO receipt (receipt_id, subject_id, payer_id, amount_cents, wish, retain_until, review_at, provisions, live)
VALUES (gen_random_uuid(), $1, $2, 100, 'gift wrap', $3, $4, $5, $6)
"""
FLIP = "UPDATE subject SET live = false WHERE subject_id = $1"
NEXT_YEAR = today() + timedelta(days=365)


async def receipt(connection: asyncpg.Connection, person: UUID, payer: UUID | None = None, **more: Any) -> None:
    reason: dict[str, Any] = {"retain_until": NEXT_YEAR, "review_at": None, "provisions": ["VAT Act"]} | more
    await connection.execute(
        RECEIPT,
        person,
        payer,
        reason["retain_until"],
        reason["review_at"],
        reason["provisions"],
        more.get("live", True),
    )


async def test_the_sample_is_covered_by_its_data_map(database: Database) -> None:
    async with database.transaction(Purpose.RIGHTS) as tx:
        assert await gaps(tx, DATA_MAP) == []


async def test_coverage_finds_a_mention_that_could_name_the_dead(
    database: Database, everything: asyncpg.Connection
) -> None:
    await everything.execute("ALTER TABLE note DROP CONSTRAINT note_friend_id_names_a_live_person")
    await everything.execute("ALTER TABLE note ADD CONSTRAINT weak FOREIGN KEY (friend_id) REFERENCES subject")
    try:
        async with database.transaction(Purpose.RIGHTS) as tx:
            assert await gaps(tx, DATA_MAP) == ["note.friend_id: no foreign key to subject (subject_id, live)"]
    finally:
        await everything.execute("ALTER TABLE note DROP CONSTRAINT weak")
        await everything.execute(
            """ALTER TABLE note ADD CONSTRAINT note_friend_id_names_a_live_person
            FOREIGN KEY (friend_id, friend_id_live) REFERENCES subject (subject_id, live)"""
        )


@pytest.mark.parametrize(
    "row",
    [
        "INSERT INTO note (note_id, subject_id, text) VALUES (gen_random_uuid(), $1, 'x')",
        "INSERT INTO permission (subject_id, purpose, allowed, version) VALUES ($1, 'analytics', false, 1)",
    ],
    ids=["note", "permission"],
)
async def test_a_flip_with_a_live_row_left_is_refused(everything: asyncpg.Connection, person: UUID, row: str) -> None:
    await everything.execute(row, person)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="_of_a_live_person"):
        await everything.execute(FLIP, person)


async def test_a_flip_is_refused_while_somebody_elses_row_names_the_person(
    everything: asyncpg.Connection, person: UUID
) -> None:
    owner = uuid4()
    await meet(everything, owner)
    await everything.execute(NOTE, owner, person, None)
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await everything.execute(FLIP, person)
    assert refused.value.constraint_name == "note_friend_id_names_a_live_person"


async def test_an_erased_person_does_not_come_back(everything: asyncpg.Connection, person: UUID) -> None:
    await everything.execute(FLIP, person)
    for attack in (
        "UPDATE subject SET live = true WHERE subject_id = $1",
        "DELETE FROM subject WHERE subject_id = $1",
        "UPDATE subject SET subject_id = gen_random_uuid() WHERE subject_id = $1",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await everything.execute(attack, person)
        assert refused.value.constraint_name == "subject_stays_erased"
        assert classify(refused.value) is Fault.LATE
    await everything.execute("INSERT INTO subject VALUES ($1) ON CONFLICT DO NOTHING", person)
    assert await everything.fetchval("SELECT live FROM subject WHERE subject_id = $1", person) is False


async def test_no_live_row_after_the_tombstone(everything: asyncpg.Connection, person: UUID) -> None:
    friend = uuid4()
    await meet(everything, friend)
    await everything.execute(FLIP, person)
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await everything.execute(NOTE, person, None, None)
    assert classify(refused.value) is Fault.LATE
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await receipt(everything, person)
    assert classify(refused.value) is Fault.LATE
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await everything.execute(NOTE, friend, person, None)
    assert classify(refused.value) is Fault.CONFLICT, "done again, the friend is found erased and not named"
    with pytest.raises(asyncpg.GeneratedAlwaysError):
        await everything.execute(
            NOTE.replace("text)", "text, live)").replace("'x')", "'x', false)"), person, None, None
        )


@pytest.mark.parametrize(
    "reason",
    [
        {"retain_until": None, "review_at": None},
        {"provisions": None},
        {"provisions": []},
    ],
    ids=["no date", "no provision", "an empty list of provisions"],
)
async def test_a_kept_row_needs_a_date_and_a_provision(
    everything: asyncpg.Connection, person: UUID, reason: dict[str, Any]
) -> None:
    """The flip fails with it: nothing half-done."""
    await receipt(everything, person, **reason)
    with pytest.raises(asyncpg.CheckViolationError):
        await everything.execute(FLIP, person)
    await everything.execute("DELETE FROM receipt WHERE subject_id = $1", person)
    await everything.execute(FLIP, person)
    with pytest.raises(asyncpg.CheckViolationError):
        await receipt(everything, person, live=False, **reason)


async def test_kept_rows_become_retained_ones(everything: asyncpg.Connection, person: UUID) -> None:
    await receipt(everything, person)
    await everything.execute(FLIP, person)
    assert await everything.fetchval("SELECT live FROM receipt WHERE subject_id = $1", person) is False
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await everything.execute("UPDATE receipt SET live = true WHERE subject_id = $1", person)


@pytest.mark.parametrize(
    "attack",
    [
        "TRUNCATE subject CASCADE",
        "DELETE FROM subject",
        "UPDATE subject SET subject_id = gen_random_uuid()",
        "ALTER TABLE subject DISABLE TRIGGER subject_stays_erased",
        "ALTER TABLE note DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE note DROP CONSTRAINT note_of_a_live_person",
        "DROP TABLE note",
        "TRUNCATE note",
        "CREATE TABLE shadow (name text)",
        "CREATE TABLE lethe.shadow (name text)",
        "CREATE SCHEMA shadow",
        "CREATE TEMPORARY TABLE shadow (name text)",
        "CREATE POLICY everything ON note USING (true)",
        "DROP POLICY seen_for_purpose ON note",
        "UPDATE lethe.purpose SET kind = 'upkeep'",
        "INSERT INTO lethe.purpose VALUES ('anything', 'upkeep')",
        "SET session_replication_role = replica",
        "SET ROLE sample_owner",
        "CREATE OR REPLACE FUNCTION lethe.purpose_kind() RETURNS text LANGUAGE sql AS $$ SELECT 'kept' $$",
        "CREATE FUNCTION purpose_kind() RETURNS text LANGUAGE sql AS $$ SELECT 'kept' $$",
        "CALL lethe.personal('outbox')",
    ],
)
async def test_the_working_role_can_neither_empty_nor_register(database: Database, attack: str) -> None:
    async with database.pool.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(attack)


async def test_row_level_security_cannot_be_switched_off(database: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _read_without_security(database)


async def _read_without_security(database: Database) -> None:
    async with database.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL row_security = off")
        await connection.fetch("SELECT * FROM note")


async def test_an_erasure_deletes_empties_flips_and_reports(database: Database, everything: asyncpg.Connection) -> None:
    """One transaction leaves no live row, keeps what the law keeps and says so (promises 2 and 5)."""
    person, other = uuid4(), uuid4()
    await meet(everything, person, other)
    await everything.execute(NOTE, person, None, None)
    await everything.execute(NOTE, other, person, person)
    await receipt(everything, person)
    await receipt(everything, person, retain_until=today() - timedelta(days=1))
    await receipt(everything, person, retain_until=None, review_at=NEXT_YEAR)
    await receipt(everything, other, payer=person)
    order = await erase_people(database, person)
    assert await everything.fetchval("SELECT count(*) FROM note WHERE subject_id = $1", person) == 0
    kept = await everything.fetch("SELECT live, wish, retain_until FROM receipt WHERE subject_id = $1", person)
    assert {(row["live"], row["wish"]) for row in kept} == {(False, None)}
    assert {row["retain_until"] for row in kept} == {NEXT_YEAR, None}
    named = "SELECT friend_id, author_id, text FROM note WHERE subject_id = $1"
    assert [tuple(row) for row in await everything.fetch(named, other)] == [(None, None, "x")]
    assert await everything.fetchval("SELECT wish FROM receipt WHERE subject_id = $1", other) == "gift wrap"
    assert await reported(everything, order) == {
        ("note", None): ("purged", 1),
        ("note", "friend_id"): ("anonymized", 1),
        ("note", "author_id"): ("anonymized", 1),
        ("receipt", None): ("refused", 2),
        ("receipt", "wish"): ("purged", 2),
        ("receipt", "payer_id"): ("anonymized", 1),
        ("membership", None): ("nothing_held", 0),
        ("permission", None): ("nothing_held", 0),
        ("hold", None): ("nothing_held", 0),
    }


async def reported(connection: asyncpg.Connection, order: UUID) -> dict[tuple[str, str | None], tuple[str, int]]:
    """The stored report on the first person of an order."""
    rows = await connection.fetch(
        """SELECT t ->> 'table' AS name, t ->> 'columns' AS columns, t #>> '{outcome,0}' AS outcome,
          (t #>> '{rows,0}')::int AS rows
        FROM erasure_report, json_array_elements(body::json -> 'tables') t WHERE order_id = $1 AND part = 0""",
        order,
    )
    return {(r["name"], r["columns"]): (r["outcome"], r["rows"]) for r in rows}


async def test_friends_are_erased_together(database: Database, everything: asyncpg.Connection) -> None:
    """Rows that name the people of the same batch, or their own owner: each is touched once.

    That mentions in the batch's own rows are left to their deletion rests on the manual (7.8.4): which wins is
    undefined.
    """
    anna, ben, carl = uuid4(), uuid4(), uuid4()
    await meet(everything, anna, ben, carl)
    for owner, friend, author in ((anna, ben, anna), (ben, anna, anna), (anna, anna, ben), (carl, anna, ben)):
        await everything.execute(NOTE, owner, friend, author)
    for owner, payer in ((anna, ben), (anna, anna), (ben, anna), (carl, anna)):
        await receipt(everything, owner, payer)
    order = await erase_people(database, anna, ben)
    assert await everything.fetchval("SELECT count(*) FROM erasure_report WHERE order_id = $1", order) == 1
    notes = await everything.fetch(
        "SELECT subject_id, friend_id, author_id FROM note WHERE subject_id = ANY ($1)", [anna, ben, carl]
    )
    assert [tuple(row) for row in notes] == [(carl, None, None)]
    receipts = await everything.fetch(
        "SELECT subject_id, payer_id, wish, live FROM receipt WHERE subject_id = ANY ($1)", [anna, ben, carl]
    )
    assert sorted((r["subject_id"] == carl, r["payer_id"], r["wish"], r["live"]) for r in receipts) == [
        (False, None, None, False),
        (False, None, None, False),
        (False, None, None, False),
        (True, None, "gift wrap", True),
    ]


async def test_one_person_who_fails_does_not_hold_up_the_others(
    database: Database, everything: asyncpg.Connection
) -> None:
    """Savepoints halve the batch down to the one whose data breaks a rule: that one is reported as failed."""
    people = [uuid4() for _ in range(7)]
    await meet(everything, *people)
    for person in people:
        await everything.execute(NOTE, person, None, None)
    await receipt(everything, people[3], provisions=None)  # kept by date, but without a reason
    order = await erase_people(database, *people)
    live = await everything.fetch("SELECT subject_id FROM subject WHERE subject_id = ANY ($1) AND live", people)
    assert [row["subject_id"] for row in live] == [people[3]]
    assert await everything.fetchval("SELECT count(*) FROM note WHERE subject_id = ANY ($1)", people) == 1
    failure = await everything.fetchval(
        "SELECT max(body::json -> 'failure' ->> 'constraint') FROM erasure_report WHERE order_id = $1", order
    )
    assert failure == "receipt_kept_for_a_reason"


ROUNDS, WRITERS, BATCH = 160 * DEEPER, 6, 16


async def test_writers_racing_the_purge_never_resurrect_nor_deadlock(
    harness: Harness, everything: asyncpg.Connection
) -> None:
    """Concurrent writers and purges of the same people, half of them unknown to the service before."""
    racing = Database(harness.databases["sample"].app, "sample", enqueue, 14)
    await racing.open()
    people = [uuid4() for _ in range(ROUNDS)]
    await meet(everything, *people[::2])
    outcomes: list[str] = []
    orders: list[UUID] = []
    try:
        for start in range(0, ROUNDS, BATCH):
            batch = people[start : start + BATCH]
            purging = [purge(racing, orders, batch), purge(racing, orders, batch[::-1])]
            writing = [write(racing, person, outcomes) for person in batch for _ in range(WRITERS)]
            rogues = [write_without_asking(racing, person, outcomes) for person in batch]
            together = [*writing, *rogues, *purging]
            random.shuffle(together)
            await asyncio.gather(*together)
    finally:
        await racing.close()
    assert {"live", "erased", "written", "refused"} <= set(outcomes), "the race was not a race"
    for left in (
        "SELECT count(*) FROM subject WHERE subject_id = ANY ($1) AND live",
        "SELECT count(*) FROM note WHERE subject_id = ANY ($1)",
        "SELECT count(*) FROM receipt WHERE subject_id = ANY ($1) AND live",
    ):
        assert await everything.fetchval(left, people) == 0, left
    failed = "SELECT count(*) FROM erasure_report WHERE order_id = ANY ($1) AND body LIKE '%failure%'"
    assert await everything.fetchval(failed, orders) == 0


async def test_orders_on_the_same_strangers_in_another_sequence_do_not_deadlock(harness: Harness) -> None:
    both = [Database(harness.databases["sample"].app, "sample", enqueue, 2) for _ in range(2)]
    await asyncio.gather(*(each.open() for each in both))
    try:
        for _ in range(10):
            people = [uuid4() for _ in range(1000)]
            await asyncio.gather(*(lock(each, order) for each, order in zip(both, (people, people[::-1]), strict=True)))
    finally:
        await asyncio.gather(*(each.close() for each in both))


async def lock(database: Database, people: list[UUID]) -> None:
    async with database.transaction(Purpose.ERASURE) as tx:
        await tx.run("SELECT lethe.lock_people($1)", people)


async def purge(database: Database, orders: list[UUID], people: list[UUID]) -> None:
    orders.append(await erase_people(database, *people))


async def write(database: Database, person: UUID, outcomes: list[str]) -> None:
    """A handler's way: the person first, then rows."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        outcome = await mark_received(tx, uuid4(), "race", person)
        outcomes.append(outcome)
        if outcome == "live":
            # Its own row alone: two that change several rows of one person meet them in different orders.
            noted = await tx.value(f"{NOTE} RETURNING note_id", person, None, None)
            await tx.run(RECEIPT, person, None, date(2099, 12, 31), None, ["VAT Act"], True)
            await tx.run("UPDATE note SET text = 'y' WHERE note_id = $1", noted)


async def write_without_asking(database: Database, person: UUID, outcomes: list[str]) -> None:
    """Code that forgot the lock: it may succeed before the purge, and is refused after it."""
    try:
        async with database.transaction(Purpose.UPKEEP) as tx:
            await tx.run(NOTE, person, None, None)
        outcomes.append("written")
    except asyncpg.ForeignKeyViolationError:
        outcomes.append("refused")
