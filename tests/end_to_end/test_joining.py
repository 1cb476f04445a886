"""A service that joins later, was restored, or grew: it knows who is gone before its first event (promises 1 and 4)."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy import broker, databases
from deploy.local.servers import Servers
from shared.clock import today
from shared.contracts import identity, licensing, privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data import catch_up
from shared.personal_data.data_map import OWNER, Category, DataMap, RetentionClass, Table, fact
from shared.personal_data.erasure import Eraser
from shared.personal_data.participant import announce
from shared.purposes import ProcessingPurpose, Purpose
from shared.service import Service
from tests.harness import SECRET, SHORT_WAITS_MS, Harness, eventually
from tests.sample.app import SERVICE as SAMPLE
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import MIGRATIONS
from tests.scenario import SERVICES, Customer, Scenario, entry, running_scenario, scenario_harness

NOTE = "INSERT INTO note (note_id, subject_id, text) VALUES (gen_random_uuid(), $1, 'licensed')"
MEMBER = """
INSERT INTO membership (membership_id, subject_id, review_at, provisions, exemptions)
VALUES (gen_random_uuid(), $1, $2, ARRAY['contract'], ARRAY['GDPR Art. 17(1)(a) not met'])
"""
# What a participant of its own decides by `terminate_contract`.
END = "UPDATE membership SET review_at = NULL WHERE subject_id = ANY ($1)"

router = ServiceRouter("sample")
router.include(SAMPLE.router)


@router.event(licensing.LicenseIssued, purpose=Purpose.UPKEEP)
async def congratulate(event: licensing.LicenseIssued, tx: Transaction) -> None:
    """Write a note about it."""
    await tx.run(NOTE, event.subject_id)


async def settle(tx: Transaction, people: Any) -> None:
    """End the memberships of those who end their contracts."""
    await tx.run(END, [p.subject_id for p in people if p.terminate_contract])


JOINER = replace(SAMPLE, router=router, eraser=Eraser(DATA_MAP, settle))


@pytest.fixture
async def scenario(servers: Servers) -> AsyncIterator[Scenario]:
    async with scenario_harness(servers) as harness, running_scenario(harness) as fresh_scenario:
        yield fresh_scenario


async def prepare(harness: Harness, service: Service) -> None:
    """What an operator does before a new service starts: database, user, queues."""
    harness.databases[service.name] = await databases.create(
        harness.servers.postgres_admin_url,
        service.name,
        secret=SECRET,
        database=f"{service.name}_{harness.name}",
        migrations_folder=MIGRATIONS,
    )
    everybody = (*SERVICES, service)
    reactions = [reaction for each in everybody for reaction in each.complete_router().event_handlers]
    names = [each.name for each in everybody]
    urls = (harness.servers.amqp_url, harness.servers.management_url)
    harness.amqp |= await broker.prepare(*urls, harness.name, names, reactions, secret=SECRET, waits_ms=SHORT_WAITS_MS)


@contextlib.asynccontextmanager
async def joined(
    scenario: Scenario, service: Service = JOINER, *, announced: bool = True
) -> AsyncIterator[asyncpg.Connection]:
    """The service at work in the scenario; what is really in its database."""
    async with scenario.harness.serve(service), scenario.harness.superuser(service.name) as rows:
        if announced:
            await eventually(lambda: counted_in(scenario, service))
        yield rows


async def counted_in(scenario: Scenario, service: Service) -> bool:
    sql = "SELECT map_version FROM participant WHERE service = $1"
    return bool(await scenario.rows["privacy"].fetchval(sql, service.name) == service.data_map.version)


async def hold(scenario: Scenario, person: Customer, ground: str) -> UUID:
    """An officer holds what licensing has of somebody's orders."""
    review_on, reason = today() + timedelta(days=90), "The limitation is suspended."
    how = {"scope": ("D9",), "ground": ground, "owner": "officer", "review_on": review_on, "reason": reason}
    placed = await scenario.ask(privacy.PlaceHold(person_id=person.id, **how))
    return UUID(str(placed.id))


async def is_gone(rows: asyncpg.Connection, person: UUID) -> bool:
    return await rows.fetchval("SELECT live FROM subject WHERE subject_id = $1", person) is False


async def told_of_a_license(scenario: Scenario, rows: asyncpg.Connection, person: UUID) -> int:
    """Let licensing tell of a license; answers how many notes the sample has of it once it has heard."""
    heard = await rows.fetchval("SELECT count(*) FROM inbox WHERE consumer LIKE '%license-issued'")
    async with scenario.resources["licensing"].database.transaction(Purpose.UPKEEP) as tx:
        tx.publish(licensing.LicenseIssued(subject_id=person, license_id=uuid4(), order_id=uuid4()))

    async def has_heard() -> bool:
        now = await rows.fetchval("SELECT count(*) FROM inbox WHERE consumer LIKE '%license-issued'")
        return bool(now > heard)

    await eventually(has_heard)
    return int(await rows.fetchval("SELECT count(*) FROM note WHERE subject_id = $1", person))


async def test_a_service_that_joins_knows_who_is_gone_and_who_allows_what(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "PAGE", 2)
    gone = [await scenario.register_customer() for _ in range(5)]
    for person in gone:
        await person.erase(terminate=True)
    allowing, leaving = await scenario.customer(), await scenario.customer()
    await leave(scenario, leaving)
    held = [await hold(scenario, person, "tax hold") for person in (gone[0], gone[1], allowing)]
    await prepare(scenario.harness, JOINER)
    async with scenario.resources["licensing"].database.transaction(Purpose.UPKEEP) as tx:  # waits for the joiner
        for person in (*gone, allowing):
            tx.publish(licensing.LicenseIssued(subject_id=person.id, license_id=uuid4(), order_id=uuid4()))
    async with joined(scenario) as rows:
        assert [await is_gone(rows, person.id) for person in gone] == [True] * 5
        permission = "SELECT allowed FROM permission WHERE subject_id = $1 AND purpose = 'direct-marketing.email'"
        assert await rows.fetchval(permission, allowing.id) is True
        assert await rows.fetchval(permission, leaving.id) is False
        known = "SELECT hold_id FROM hold WHERE review_at IS NOT NULL ORDER BY live, hold_id"
        assert [row["hold_id"] for row in await rows.fetch(known)] == [*sorted(held[:2]), held[2]]
        note = "SELECT count(*) FROM note WHERE subject_id = $1"
        await eventually(lambda: rows.fetchval(note, allowing.id))
        heard = "SELECT count(*) = 6 FROM inbox WHERE consumer LIKE '%license-issued'"
        await eventually(lambda: rows.fetchval(heard))
        assert [await rows.fetchval(note, person.id) for person in gone] == [0] * 5
        certificate = await allowing.erase(terminate=True)
        assert entry(certificate, "sample", "note")["outcome"] == "purged"
        assert {t["table"] for p in certificate["participants"] for t in p["tables"] if p["service"] == "sample"} == {
            table.name for table in DATA_MAP.everything
        }
        assert await is_gone(rows, allowing.id)


async def leave(scenario: Scenario, person: Customer) -> None:
    await scenario.ask(
        privacy.ChooseConsent(
            subject_id=person.id,
            purpose="direct-marketing.email",
            given=False,
            text_version="",
            surface="account",
            method="switch",
        )
    )


async def test_who_is_being_erased_while_a_service_joins_does_not_live_on_in_it(scenario: Scenario) -> None:
    person = await scenario.register_customer()
    async with scenario.harness.superuser("marketing") as busy, busy.transaction():
        await busy.execute("SELECT lethe.lock_people($1)", [person.id])
        await person.ask_for_erasure(terminate=True)
        await person.until("ordered")
        await scenario.quiet()  # the order is out, and the joiner's queue is not there yet
        await prepare(scenario.harness, JOINER)
        async with joined(scenario) as rows:
            assert await is_gone(rows, person.id)
            await busy.execute("ROLLBACK")
            await person.until("closed")
            certificate = await person.certificate()
            assert "sample" not in {p["service"] for p in certificate["participants"]}, "it was not asked"
            assert await told_of_a_license(scenario, rows, person.id) == 0
            await busy.execute("BEGIN")


async def test_an_order_that_did_not_ask_a_joiner_is_obeyed_by_it(scenario: Scenario) -> None:
    """It has caught up, and its announcement is still on its way when the order leaves."""
    person = await scenario.register_customer()
    await prepare(scenario.harness, JOINER)
    async with scenario.harness.superuser("privacy") as slow, slow.transaction():
        await slow.execute("INSERT INTO participant (service, map_version, tables) VALUES ('sample', 0, '[]')")
        async with joined(scenario, announced=False) as rows:
            assert await told_of_a_license(scenario, rows, person.id) == 1
            certificate = await person.erase(terminate=True)
            assert "sample" not in {p["service"] for p in certificate["participants"]}
            await eventually(lambda: is_gone(rows, person.id))
            assert await told_of_a_license(scenario, rows, person.id) == 0
            assert await rows.fetchval("SELECT count(*) FROM outbox") == 0
            await slow.execute("ROLLBACK")
            await eventually(lambda: counted_in(scenario, JOINER))
            second = await (await scenario.register_customer()).erase(terminate=True)
            assert "sample" in {p["service"] for p in second["participants"]}
            await slow.execute("BEGIN")


@pytest.mark.parametrize(
    "sign", ["the dump says nothing", pytest.param("catch_up was emptied", marks=pytest.mark.deep)]
)
async def test_a_restored_service_erases_again_who_was_erased_since_its_dump(scenario: Scenario, sign: str) -> None:
    await prepare(scenario.harness, JOINER)
    ending, keeping, linked, staying = [await scenario.register_customer() for _ in range(4)]
    await link(scenario, ending, linked)
    async with joined(scenario) as rows:
        for person in (ending, keeping, linked, staying):
            assert await told_of_a_license(scenario, rows, person.id) == 1
            await rows.execute(MEMBER, person.id, date(2099, 1, 1))
    dump = await dumped(scenario.harness)
    async with joined(scenario) as rows:
        await ending.erase(terminate=True)
        await keeping.erase(terminate=False)
        await leave(scenario, staying)
        before = await shape(rows)
    await restored(scenario.harness, dump)
    if sign == "catch_up was emptied":
        async with scenario.harness.superuser("sample") as rows:
            await rows.execute("DELETE FROM catch_up")
    async with joined(scenario) as rows:
        assert await shape(rows) == before
        for person in (ending, keeping, linked):
            assert await is_gone(rows, person.id)
            assert await told_of_a_license(scenario, rows, person.id) == 0
        memberships = "SELECT count(*) FROM membership WHERE subject_id = $1"
        assert await rows.fetchval(memberships, ending.id) == 0
        assert await rows.fetchval(memberships, linked.id) == 0, "the case was opened under the other id"
        assert await rows.fetchval(memberships, keeping.id) == 1, "a contract that was not ended goes on"
        assert await told_of_a_license(scenario, rows, staying.id) == 2
        permission = "SELECT allowed FROM permission WHERE subject_id = $1 AND purpose = 'direct-marketing.email'"
        assert await rows.fetchval(permission, staying.id) is False
        certificate = await staying.erase(terminate=True)
        assert entry(certificate, "sample", "note")["rows"] == 2


async def test_a_service_restored_while_its_order_is_open_erases_again_too(scenario: Scenario) -> None:
    """It has answered, licensing has not: what the certificate will say must still be true."""
    await prepare(scenario.harness, JOINER)
    person = await scenario.register_customer()
    async with joined(scenario) as rows:
        await (await scenario.register_customer()).erase(terminate=True)
        await told_of_a_license(scenario, rows, person.id)
    dump = await dumped(scenario.harness)
    async with scenario.harness.superuser("licensing") as slow:
        await slow.execute("BEGIN")
        await slow.execute("INSERT INTO subject VALUES ($1)", person.id)
        async with joined(scenario):
            await person.ask_for_erasure(terminate=True)
            await eventually(lambda: scenario.rows["privacy"].fetchval(ANSWERED, person.id))
        await restored(scenario.harness, dump)
        async with joined(scenario) as rows:
            assert await is_gone(rows, person.id)
            caught_up = await rows.fetchval("SELECT done_at FROM catch_up WHERE topic = 'tombstones'")
        await slow.execute("ROLLBACK")
    async with joined(scenario) as rows:
        await person.until("closed")
        assert entry(await person.certificate(), "sample", "note")["outcome"] == "purged"
        assert await told_of_a_license(scenario, rows, person.id) == 0
        assert await rows.fetchval("SELECT done_at FROM catch_up WHERE topic = 'tombstones'") == caught_up


ANSWERED = """
SELECT p.answered > 0 FROM order_participant p JOIN privacy_case c USING (order_id)
WHERE c.subject_id = $1 AND p.service = 'sample'
"""


async def link(scenario: Scenario, one: Customer, other: Customer) -> None:
    await scenario.ask(identity.LinkPersons(subject_id=one.id, other_id=other.id))
    both = "SELECT count(*) = 2 FROM subject_link WHERE subject_id = ANY ($1)"
    await eventually(lambda: scenario.rows["privacy"].fetchval(both, [one.id, other.id]))


async def shape(rows: asyncpg.Connection) -> list[tuple[Any, ...]]:
    """Who lives here and what hangs on everybody."""
    subjects = await rows.fetch(
        "SELECT subject_id, s.live, (SELECT count(*) FROM note n WHERE n.subject_id = s.subject_id),"
        " (SELECT count(*) FROM membership m WHERE m.subject_id = s.subject_id) FROM subject s ORDER BY 1"
    )
    return [tuple(row) for row in subjects]


async def dumped(harness: Harness) -> str:
    """A copy of the sample's database as it is now, like a dump; answers its name."""
    name = f"dump_{harness.name}"
    await administer(harness, f"CREATE DATABASE {name} TEMPLATE sample_{harness.name}")
    return name


async def restored(harness: Harness, dump: str) -> None:
    """The copy in the place of the database."""
    owner = "OWNER TO sample_owner"
    await administer(
        harness,
        f"DROP DATABASE sample_{harness.name} WITH (FORCE)",
        f"ALTER DATABASE {dump} RENAME TO sample_{harness.name}",
        f"ALTER DATABASE sample_{harness.name} {owner}",
        f"GRANT CONNECT ON DATABASE sample_{harness.name} TO sample_app",
    )


async def administer(harness: Harness, *statements: str) -> None:
    admin = await asyncpg.connect(harness.servers.postgres_admin_url, timeout=60)
    try:
        for statement in statements:
            await admin.execute(statement)
    finally:
        await admin.close()


BADGE = Table(
    "badge",
    Category.ACTIVITY,
    purposes=(ProcessingPurpose.ACTIVITY_LOG,),
    retention=RetentionClass.ACTIVITY,
    columns=(OWNER, *fact("badge_id")),
)
GROWN = DataMap("sample", 2, (*DATA_MAP.tables, BADGE))


async def test_a_grown_data_map_counts_from_the_next_order_on(scenario: Scenario) -> None:
    await prepare(scenario.harness, JOINER)
    async with joined(scenario):
        first = await (await scenario.register_customer()).erase(terminate=True)
        assert {p["map_version"] for p in first["participants"] if p["service"] == "sample"} == {1}
    owner = await asyncpg.connect(scenario.harness.databases["sample"].owner, timeout=60)
    try:
        await owner.execute("CREATE TABLE badge (badge_id int, subject_id uuid NOT NULL); CALL lethe.personal('badge')")
    finally:
        await owner.close()
    grown = replace(JOINER, eraser=Eraser(GROWN, settle))
    async with joined(scenario, grown) as rows:
        person = await scenario.register_customer()
        await told_of_a_license(scenario, rows, person.id)
        await rows.execute("INSERT INTO badge VALUES (1, $1)", person.id)
        heard = await announcements(scenario)
        async with scenario.harness.database("sample") as database:
            await announce(database, DATA_MAP)  # an instance of the old version still starts somewhere

        async def has_heard() -> bool:
            return await announcements(scenario) > heard

        await eventually(has_heard)
        certificate = await person.erase(terminate=True)
        frozen = """SELECT p.map_version FROM order_participant p JOIN privacy_case c USING (order_id)
            WHERE c.subject_id = $1 AND p.service = 'sample'"""
        assert await scenario.rows["privacy"].fetchval(frozen, person.id) == 2
        assert entry(certificate, "sample", "badge") == {
            "table": "badge",
            "categories": ["D11"],
            "outcome": "purged",
            "rows": 1,
        }
        assert {p["map_version"] for p in certificate["participants"] if p["service"] == "sample"} == {2}


async def announcements(scenario: Scenario) -> int:
    """How many data maps privacy has heard of so far."""
    sql = "SELECT count(*) FROM inbox WHERE consumer LIKE '%data-map-announced'"
    return int(await scenario.rows["privacy"].fetchval(sql))
