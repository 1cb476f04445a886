"""Purpose-bound (promise 8): PostgreSQL decides at the moment of use whose rows a transaction sees."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from shared.contracts.privacy import PermissionChanged
from shared.database import Database
from shared.messaging.faults import Fault, classify
from shared.messaging.outbox import enqueue
from shared.personal_data.fields import map_categories
from shared.personal_data.permissions import apply, hold_permission
from shared.purposes import KINDS, Purpose
from tests.harness import Harness, eventually
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import erase_people, meet

EVERYBODY = ("plain", "consenting", "objecting", "restricted", "lifted", "in part", "disputing")
PEOPLE = {name: uuid4() for name in (*EVERYBODY, "erased")}
NAMES = {person: name for name, person in PEOPLE.items()}
DECISIONS = (
    ("consenting", "direct-marketing.email", True),
    ("objecting", "direct-marketing.email", False),
    ("objecting", "analytics", False),
    ("restricted", "direct-marketing.email", True),
    ("restricted", "*", False),
    ("lifted", "direct-marketing.email", True),
    ("lifted", "*", True),
    ("in part", "direct-marketing.email", True),
    ("in part", "*direct-marketing.email", False),
    ("in part", "*profiling", False),
    ("disputing", "direct-marketing.email", True),
    ("disputing", "*D10", False),
    ("disputing", "*D3", False),
)
NOTE = "INSERT INTO note (note_id, subject_id, text) VALUES (gen_random_uuid(), $1, 'x')"
RECEIPT = """
INSERT INTO receipt (receipt_id, subject_id, amount_cents, retain_until, provisions, live)
VALUES (gen_random_uuid(), $1, 100, '2099-12-31', ARRAY['VAT Act'], $2)
"""
MEMBERSHIP = """
INSERT INTO membership (membership_id, subject_id, review_at, provisions, live)
VALUES (gen_random_uuid(), $1, '2099-12-31', ARRAY['contract'], $2)
"""


@pytest.fixture(scope="module")
async def database(harness: Harness) -> AsyncIterator[Database]:
    """A database with one person of every kind."""
    async with harness.database("sample") as opened, harness.superuser("sample") as connection:
        await meet(connection, *PEOPLE.values())
        for person in PEOPLE.values():
            await connection.execute(NOTE, person)
            await connection.execute(RECEIPT, person, True)
            await connection.execute(MEMBERSHIP, person, True)
        for who, purpose, allowed in DECISIONS:
            await connection.execute(
                "INSERT INTO permission (subject_id, purpose, allowed, version) VALUES ($1, $2, $3, 1)",
                PEOPLE[who],
                purpose,
                allowed,
            )
        async with opened.transaction(Purpose.UPKEEP) as tx:
            await map_categories(tx, DATA_MAP)
        await erase_people(opened, PEOPLE["erased"])
        yield opened


async def seen(connection: Any, table: str) -> list[str]:
    """Whose rows of a table this connection sees now."""
    rows = await connection.fetch(f"SELECT subject_id FROM {table}")  # noqa: S608
    return sorted(NAMES[row["subject_id"]] for row in rows if row["subject_id"] in NAMES)


def all_but(*names: str) -> list[str]:
    return sorted(set(EVERYBODY) - set(names))


VISIBLE = {
    "upkeep": all_but(),
    "security": all_but(),
    "contract": all_but(),
    "direct-marketing.email": ["consenting", "disputing", "lifted"],
    "direct-marketing.sms": [],
    "direct-marketing.phone": [],
    "direct-marketing": all_but("restricted"),
    "profiling": all_but("restricted", "in part"),
    "analytics": all_but("restricted", "objecting"),
    "statistics": all_but("restricted"),
    "export": all_but("restricted"),
    "retention": all_but("restricted"),
    "erasure": all_but(),
    "rights": all_but(),
    "legal-duty": all_but(),
    "claims": all_but(),
}


@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_purpose_sees_whom_it_may(database: Database, purpose: Purpose) -> None:
    """Consent, objection, restriction and its lifting; what the law kept is seen by four purposes alone.

    A category that somebody disputes takes the rows of its tables out of every use, of no other table.
    """
    kept = ["erased"] if KINDS[purpose] == "kept" else []
    refused = ["erased"] if kept or purpose is Purpose.CONTRACT else []
    is_a_use = KINDS[purpose] in ("consent", "interest")
    undisputed = [name for name in VISIBLE[purpose] if name != "disputing" or not is_a_use]
    async with database.transaction(purpose) as tx:
        assert await seen(tx.connection, "note") == undisputed
        assert await seen(tx.connection, "receipt") == sorted(undisputed + kept)
        assert await seen(tx.connection, "membership") == sorted(VISIBLE[purpose] + refused)


@pytest.mark.parametrize("purpose", [None, "", "upkeep ", "UPKEEP", "marketing", "*", "kept"])
async def test_without_a_known_purpose_nothing_is_visible(database: Database, purpose: str | None) -> None:
    async with database.pool.acquire() as connection, rolled_back(connection):
        if purpose is not None:
            await connection.execute("SELECT set_config('lethe.purpose', $1, true)", purpose)
        for table in ("note", "receipt", "membership", "permission"):
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608
            assert await connection.execute(f"DELETE FROM {table}") == "DELETE 0"  # noqa: S608
        with pytest.raises(asyncpg.InsufficientPrivilegeError) as refused:
            await connection.execute(NOTE, PEOPLE["plain"])
        assert classify(refused.value) is Fault.BLOCKED


@contextlib.asynccontextmanager
async def rolled_back(connection: Any) -> AsyncIterator[None]:
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


async def test_a_pooled_connection_keeps_nothing_of_the_last_purpose(harness: Harness, database: Database) -> None:
    """After SET LOCAL the setting is an empty string and no longer missing: that shows nothing either."""
    one = Database(harness.databases["sample"].app, "sample", enqueue, 1)
    await one.open()
    try:
        async with one.transaction(Purpose.UPKEEP) as tx:
            assert await tx.value("SELECT count(*) FROM note")
            backend = await tx.value("SELECT pg_backend_pid()")
            await tx.run("COMMIT")
            assert await tx.value("SELECT current_setting('lethe.purpose', true)") == ""
            await tx.run("BEGIN")
        with pytest.raises(ZeroDivisionError):
            async with one.transaction(Purpose.UPKEEP):
                raise ZeroDivisionError
        async with one.pool.acquire() as connection:
            assert await connection.fetchval("SELECT pg_backend_pid()") == backend
            assert await connection.fetchval("SELECT current_setting('lethe.purpose', true)") == ""
            assert await connection.fetchval("SELECT count(*) FROM note") == 0
    finally:
        await one.close()


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.LEGAL_DUTY])
async def test_only_legal_duty_adds_a_row_for_the_erased(database: Database, purpose: Purpose) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(purpose) as tx:
            await tx.run(RECEIPT, PEOPLE["erased"], False)


async def test_legal_duty_adds_it_and_only_so(database: Database) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with database.transaction(Purpose.LEGAL_DUTY) as tx:
            await tx.run(RECEIPT, PEOPLE["erased"], True)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with database.transaction(Purpose.LEGAL_DUTY) as tx:
            await tx.run(RECEIPT, PEOPLE["plain"], False)
    async with database.pool.acquire() as connection, rolled_back(connection):
        await connection.execute("SET LOCAL lethe.purpose = 'legal-duty'")
        await connection.execute(RECEIPT, PEOPLE["erased"], False)
        assert (await seen(connection, "receipt")).count("erased") == 2


async def test_a_running_contract_may_add_to_what_was_refused(database: Database) -> None:
    """A table of `lethe.kept(..., true)`: rows with a review date stay in use for the contract."""
    async with database.pool.acquire() as connection, rolled_back(connection):
        await connection.execute("SET LOCAL lethe.purpose = 'contract'")
        await connection.execute(MEMBERSHIP, PEOPLE["erased"], False)
        await connection.execute(
            "UPDATE membership SET provisions = ARRAY['contract 2'] WHERE subject_id = $1", PEOPLE["erased"]
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(MEMBERSHIP.replace("review_at", "retain_until"), PEOPLE["erased"], False)


@pytest.mark.parametrize("purpose", [Purpose.ANALYTICS, Purpose.MARKETING_EMAIL])
async def test_a_use_of_a_restricted_person_is_refused_when_writing(database: Database, purpose: Purpose) -> None:
    """A blocked write is an outcome of its own, not an error to repeat."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError) as refused:
        async with database.transaction(purpose) as tx:
            await tx.run(NOTE, PEOPLE["restricted"])
    assert classify(refused.value) is Fault.BLOCKED
    async with database.transaction(purpose) as tx:
        assert await tx.run("UPDATE note SET text = 'y' WHERE subject_id = $1", PEOPLE["restricted"]) == 0
        assert await tx.run("DELETE FROM note WHERE subject_id = $1", PEOPLE["restricted"]) == 0


@pytest.fixture
def changed() -> dict[str, Any]:
    """What somebody who has not decided yet decides upon."""
    return {"subject_id": PEOPLE["plain"], "purpose": "direct-marketing.email"}


async def decide(database: Database, change: dict[str, Any], version: int, *, allowed: bool) -> int:
    async with database.transaction(Purpose.RIGHTS) as tx:
        return await apply(tx, [PermissionChanged(**change, allowed=allowed, version=version)])


async def test_a_decision_counts_from_the_next_statement_on(database: Database, changed: dict[str, Any]) -> None:
    """Also within a transaction that began before it: the moment of use decides."""
    async with database.transaction(Purpose.MARKETING_EMAIL) as tx:
        assert "plain" not in await seen(tx.connection, "note")
        assert await decide(database, changed, 10, allowed=True) == 1
        assert "plain" in await seen(tx.connection, "note")
        assert await decide(database, changed, 11, allowed=False) == 1
        assert "plain" not in await seen(tx.connection, "note")


async def test_an_older_decision_never_replaces_a_newer_one(database: Database, changed: dict[str, Any]) -> None:
    assert await decide(database, changed, 20, allowed=False) == 1
    for stale in (19, 20):
        assert await decide(database, changed, stale, allowed=True) == 0
    async with database.transaction(Purpose.MARKETING_EMAIL) as tx:
        assert "plain" not in await seen(tx.connection, "note")


async def test_of_several_decisions_at_once_the_newest_counts(database: Database, changed: dict[str, Any]) -> None:
    """A batch may hold several of one person and purpose, in any order."""
    versions = {24: False, 26: True, 25: False}
    decisions = [PermissionChanged(**changed, allowed=allowed, version=v) for v, allowed in versions.items()]
    async with database.transaction(Purpose.RIGHTS) as tx:
        assert await apply(tx, decisions) == 1
        sql = "SELECT allowed, version FROM permission WHERE subject_id = $1 AND purpose = $2"
        (row,) = await tx.rows(sql, changed["subject_id"], changed["purpose"])
    assert tuple(row) == (True, 26)


async def test_nothing_is_noted_about_the_erased(database: Database) -> None:
    assert await decide(database, {"subject_id": PEOPLE["erased"], "purpose": "analytics"}, 1, allowed=False) == 0


async def test_a_withdrawal_waits_for_the_mail_that_is_leaving(
    harness: Harness, database: Database, changed: dict[str, Any]
) -> None:
    """An acknowledged withdrawal means that no mail leaves afterwards."""
    await decide(database, changed, 30, allowed=True)
    async with harness.superuser("sample") as watching:

        async def waiting() -> bool:
            sql = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return bool(await watching.fetchval(sql))

        async with database.transaction(Purpose.MARKETING_EMAIL) as sender:
            assert await hold_permission(sender, changed["subject_id"], "direct-marketing.email")
            withdrawal = asyncio.create_task(decide(database, changed, 31, allowed=False))
            await eventually(waiting)
            assert not withdrawal.done()
        assert await withdrawal == 1
    async with database.transaction(Purpose.MARKETING_EMAIL) as sender:
        assert not await hold_permission(sender, changed["subject_id"], "direct-marketing.email")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


@pytest.mark.parametrize("table", ["note", "receipt", "membership"])
@pytest.mark.parametrize("purpose", [Purpose.UPKEEP, Purpose.MARKETING_EMAIL, Purpose.ANALYTICS, Purpose.RIGHTS])
@pytest.mark.parametrize("one", [True, False], ids=["one person", "everybody"])
async def test_the_purpose_is_decided_once_and_not_per_row(
    database: Database, harness: Harness, table: str, purpose: Purpose, one: bool
) -> None:
    """The setting is read in init plans; permissions are hashed once or probed by index."""
    await crowd(harness)
    condition = " WHERE subject_id = $1" if one else ""
    sql = f"EXPLAIN (ANALYZE, FORMAT JSON, VERBOSE, BUFFERS OFF) SELECT * FROM {table}{condition}"  # noqa: S608
    async with database.transaction(purpose) as tx:
        plan = json.loads(await tx.value(sql, *([PEOPLE["plain"]] if one else [])))[0]["Plan"]
    assert any(node.get("Parent Relationship") == "InitPlan" for node in nodes(plan))
    for node in nodes(plan):
        words = json.dumps({key: node.get(key) for key in ("Filter", "Index Cond", "Recheck Cond")})
        assert "current_setting" not in words
        assert "purpose_kind" not in words
        if node.get("Parent Relationship") == "InitPlan":
            assert node["Actual Loops"] <= 1
        if node.get("Parent Relationship") == "SubPlan":
            by_index = one and "subject_id" in node.get("Index Cond", "")
            assert node["Actual Loops"] <= 1 or by_index, "the permissions are read once per row"


async def crowd(harness: Harness) -> None:
    """Enough rows that a plan matters."""
    async with harness.superuser("sample") as connection:
        if await connection.fetchval("SELECT count(*) FROM note") > 1000:
            return
        people = [uuid4() for _ in range(2000)]
        await meet(connection, *people)
        for sql in (
            "INSERT INTO note (note_id, subject_id, text) SELECT gen_random_uuid(), unnest($1::uuid[]), 'x'",
            """INSERT INTO receipt (receipt_id, subject_id, amount_cents)
            SELECT gen_random_uuid(), unnest($1::uuid[]), 1""",
            "INSERT INTO membership (membership_id, subject_id) SELECT gen_random_uuid(), unnest($1::uuid[])",
            """INSERT INTO permission (subject_id, purpose, allowed, version)
            SELECT unnest($1::uuid[]), 'direct-marketing.email', true, 1""",
        ):
            await connection.execute(sql, people)
        await connection.execute("ANALYZE")


def test_every_purpose_has_its_expectation() -> None:
    assert set(VISIBLE) == {purpose.value for purpose in Purpose}
