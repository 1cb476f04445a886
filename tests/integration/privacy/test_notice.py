"""The notice and the record of the running system: published once complete, served, kept for good."""

import json
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from typing import Any, get_args
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from deploy.local import mailbox, system
from services.gateway.routes.notice import preferred
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.blocks.store import lift
from services.privacy.data_map import DATA_MAP
from services.privacy.documents.notice.edition import drafted, soonest_day
from services.privacy.jobs.documents import publish_documents
from services.privacy.notices import approval
from services.privacy.notices.drafting import draft
from services.privacy.notices.tellings import hold_back, use
from services.privacy.notices_seen import Surface
from services.privacy.register.loading import load
from services.privacy.register.model import Register
from shared.clock import now, today
from shared.contracts import licensing, marketing, privacy
from shared.personal_data.announced_map import announced
from shared.personal_data.schema_check import gaps
from shared.problems import Refused
from shared.purposes import Purpose
from tests.gateway import bearer, gateway_client, problem, sign_up
from tests.harness import Harness, eventually
from tests.notices import publish_draft

FORBIDDEN = 403
PROFILING = "*profiling"
CONFIRMING = re.compile(r"/newsletter/confirmations\?token=([\w.~-]+)")
EVERYBODY = frozenset(("identity", "licensing", "marketing", "privacy"))


async def versions(harness: Harness, kind: str) -> list[asyncpg.Record]:
    async with harness.superuser("privacy") as db:
        return list(await db.fetch("SELECT * FROM publication WHERE kind = $1 ORDER BY version", kind))


@pytest.fixture(scope="module")
async def scenario(harness: Harness) -> AsyncIterator[Harness]:
    """Everything runs and the first notice is out.

    Tellings leave when a notice is published, and not by the clock as well: in the midst of a test it would tell who
    has just signed up of what the notice of the test before names.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.privacy.app.TELLING_INTERVAL_S", 3600.0)
        async with harness.serve(PRIVACY, IDENTITY, LICENSING, MARKETING), harness.asking() as client:
            await publish_draft(client)
            yield harness


async def announce(harness: Harness, register: Register, days: int = 0) -> None:
    """What a register says is drafted, approved and published to hold in some days."""
    async with harness.database("privacy") as database, harness.asking() as client:
        await publish_documents(database, register, EVERYBODY)
        await publish_draft(client, today() + timedelta(days))


def changed(**parts: Any) -> Register:
    """The register with other parts, and words that no other has."""
    register = load()
    controller = register.controller.model_copy(update={"email": f"{uuid4().hex}@example.com"})
    return type(register)(**(vars(register) | {"controller": controller} | parts))


async def test_the_first_version_is_drafted_once_everybody_has_announced(scenario: Harness) -> None:
    (first,) = await versions(scenario, "notice")
    assert (first["version"], first["effective_on"], first["new_purposes"]) == (1, today(), [])
    (record,) = await versions(scenario, "record")
    assert [a["key"] for a in json.loads(record["content"])["en"]["activities"]] == list(load().purposes)


@pytest.mark.parametrize(
    ("accept", "kind", "start"),
    [
        ("", "text/html; charset=utf-8", "<!doctype html>"),
        ("text/html", "text/html; charset=utf-8", "<!doctype html>"),
        ("text/markdown", "text/markdown; charset=utf-8", "# Informacja"),
        ("application/json", "application/json", "{"),
    ],
)
async def test_the_gateway_serves_what_the_reader_accepts(
    scenario: Harness, accept: str, kind: str, start: str
) -> None:
    async with gateway_client(scenario) as client:
        answer = await client.get("/privacy-notice", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["vary"] == "Accept"
    assert answer.text.startswith(start)
    assert "style-src 'unsafe-inline'" in answer.headers["content-security-policy"]
    assert "GIODO" not in answer.text


async def test_language_and_version_are_chosen(scenario: Harness) -> None:
    async with gateway_client(scenario) as client:
        english = await client.get("/privacy-notice?lang=en&version=1", headers={"Accept": "application/json"})
        assert english.headers["content-language"] == "en"
        assert english.json()["notice"]["title"] == "Privacy notice"
        problem(await client.get("/privacy-notice?version=99"), 404)
        problem(await client.get("/privacy-notice?lang=de"), 422)
        problem(await client.get("/privacy-notice?version=0"), 422)


@pytest.mark.parametrize(
    ("accept", "shape"),
    [
        ("*/*", "html"),
        ("application/json;q=0.5, text/markdown", "markdown"),
        ("text/html;q=0, application/*", "json"),
        ("image/png", "html"),
        ("text/markdown;q=x, application/json;q=0.1", "json"),
    ],
)
def test_what_a_reader_prefers(accept: str, shape: str) -> None:
    assert preferred(accept) == shape


async def test_the_register_is_held_against_everybody_who_announced(scenario: Harness) -> None:
    async with scenario.asking() as client:
        findings: privacy.RegisterHoles = await client.request(privacy.CheckRegister())
    assert set(findings.services) == EVERYBODY
    assert findings.holes == ()


async def test_what_is_published_is_never_changed(scenario: Harness) -> None:
    async with scenario.superuser("privacy") as db:
        for change in ("UPDATE publication SET content = ''", "DELETE FROM publication", "TRUNCATE publication"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await db.execute(change)


async def test_nothing_is_published_twice(scenario: Harness) -> None:
    async with scenario.database("privacy") as database:
        await publish_documents(database, load(), EVERYBODY)
    assert len(await versions(scenario, "notice")) == 1
    assert len(await versions(scenario, "record")) == 1


async def test_example_23_the_version_seen_is_stored_per_person(scenario: Harness) -> None:
    """Wherever data of a person are collected: sign-up, order, newsletter, privacy request."""
    folder = scenario.servers.mailbox_folder
    assert folder is not None
    async with gateway_client(scenario) as client:
        address, token = await sign_up(client, folder)
        person = await person_of(scenario, address)
        asked = await client.post("/me/privacy-requests", json={"right": "access"}, headers=bearer(token))
        assert asked.status_code == 201, asked.text
    async with scenario.database("licensing") as database, database.transaction(Purpose.CONTRACT) as tx:
        tx.publish(licensing.OrderPlaced(subject_id=person, order_id=uuid4()))
    async with scenario.database("marketing") as database, database.transaction(Purpose.UPKEEP) as tx:
        tx.publish(marketing.Subscribed(subject_id=person, decided_at=now(), text_version="T-7", language="pl"))

    async def seen() -> bool:
        async with scenario.superuser("privacy") as db:
            rows = await db.fetch("SELECT surface, version FROM notice_seen WHERE subject_id = $1", person)
        return {(row["surface"], row["version"]) for row in rows} == {(surface, 1) for surface in get_args(Surface)}

    await eventually(seen)


async def test_the_data_map_of_privacy_has_no_holes(scenario: Harness) -> None:
    async with scenario.superuser("privacy") as db:
        tx: Any = Rows(db)
        assert await gaps(tx, DATA_MAP) == []


class Rows:
    """The part of a transaction that the coverage check needs."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def rows(self, sql: str) -> list[asyncpg.Record]:
        return list(await self.connection.fetch(sql))


async def test_the_record_is_kept_with_its_history(scenario: Harness) -> None:
    async with scenario.asking() as client:
        record = await client.request(privacy.ReadRecord(language="en", format="json"))
        page = await client.request(privacy.ReadRecord(format="html"))
        with pytest.raises(Refused):
            await client.request(privacy.ReadRecord(version=99))
    assert [past["version"] for past in json.loads(record.document)["history"]] == [1]
    assert "Rejestr czynności przetwarzania" in page.document


# ── What changes ────────────────────────────────────────────────────────────────────────────────


async def test_example_23_a_new_purpose_is_told_before_its_first_use(scenario: Harness) -> None:
    register = load()
    fewer = {key: purpose for key, purpose in register.purposes.items() if key != "P13"}
    older = type(register)(**(vars(register) | {"purposes": fewer}))
    await announce(scenario, older)
    async with scenario.database("privacy") as database, scenario.asking() as client:
        await publish_documents(database, register, EVERYBODY)
        with pytest.raises(Refused) as too_soon:
            await publish_draft(client, today() + timedelta(register.notice.days_of_notice - 1))
    assert [e.field for e in too_soon.value.problem.errors] == ["effective_on"]
    async with scenario.asking() as client:
        await publish_draft(client, today() + timedelta(register.notice.days_of_notice))
    *_, second, third = await versions(scenario, "notice")
    assert (second["new_purposes"], second["effective_on"]) == ([], today())
    assert third["new_purposes"] == ["P13"]
    assert third["effective_on"] == today() + timedelta(days=register.notice.days_of_notice)
    async with scenario.asking() as client:
        assert (await client.request(privacy.ReadNotice())).version == second["version"]


async def drafts(harness: Harness) -> list[asyncpg.Record]:
    async with harness.superuser("privacy") as db:
        return list(await db.fetch("SELECT * FROM notice ORDER BY drafted_at"))


async def test_nothing_is_drafted_while_a_service_is_missing_or_the_register_has_a_hole(scenario: Harness) -> None:
    before = len(await drafts(scenario))
    async with scenario.database("privacy") as database:
        newer = changed()
        await publish_documents(database, newer, EVERYBODY | {"helpdesk"})
        await publish_documents(database, changed(purposes={"P1": newer.purposes["P1"]}), EVERYBODY)
        assert len(await drafts(scenario)) == before
        await publish_documents(database, newer, EVERYBODY)
    assert len(await drafts(scenario)) == before + 1


async def test_example_24_no_publication_while_a_connector_is_not_registered(scenario: Harness) -> None:
    before = len(await versions(scenario, "record")), await drafts(scenario)
    async with scenario.database("privacy") as database:
        unknown = {key: entry for key, entry in load().recipients.items() if key != "payments"}
        await publish_documents(database, changed(recipients=unknown), EVERYBODY)
    assert (len(await versions(scenario, "record")), await drafts(scenario)) == before


async def test_an_incomplete_record_keeps_the_notice_back_too(scenario: Harness) -> None:
    before = len(await versions(scenario, "record")), await drafts(scenario)
    async with scenario.database("privacy") as database:
        await publish_documents(database, changed(measures={}), EVERYBODY)
    assert (len(await versions(scenario, "record")), await drafts(scenario)) == before


async def published(harness: Harness, register: Register, day: date) -> tuple[int, list[str]]:
    """Publish on a day, as soon as may be; the days until that version holds, and what it names as new."""
    maps = {name: announced(system.service(name).data_map) for name in system.SERVICES}
    officer = uuid4()
    async with harness.database("privacy") as database, database.transaction(Purpose.UPKEEP) as tx:
        notice_id = await draft(tx, register, maps, day)
        assert notice_id
        await approval.approve(tx, notice_id, (await approval.read(tx, notice_id, "pl", day)).digest, officer)
        notice = drafted(register, maps, day)["pl"]
        _, soonest = await soonest_day(tx, notice, day, register.notice.days_of_notice)
        request = privacy.PublishNotice(notice_id=notice_id, effective_on=soonest)
        await approval.publish_from(tx, request, officer, register, day)
    row = (await versions(harness, "notice"))[-1]
    return (row["effective_on"] - day).days, row["new_purposes"]


async def test_a_correction_brings_no_purpose_forward(scenario: Harness) -> None:
    register, start, notice = load(), today() + timedelta(days=100), load().notice.days_of_notice

    def without(*keys: str, email: str = "first@example.com") -> Register:
        kept = {key: purpose for key, purpose in register.purposes.items() if key not in keys}
        controller = register.controller.model_copy(update={"email": email})
        return Register(**(vars(register) | {"purposes": kept, "controller": controller}))

    assert await published(scenario, without("P13", "P18"), start) == (0, [])
    assert await published(scenario, without("P18"), start + timedelta(1)) == (notice, ["P13"])
    corrected = without("P18", email="second@example.com")
    assert await published(scenario, corrected, start + timedelta(2)) == (notice - 1, ["P13"])
    more = without(email="second@example.com")
    assert await published(scenario, more, start + timedelta(3)) == (notice, ["P13", "P18"])
    withdrawn = without("P13", "P18", email="second@example.com")
    assert await published(scenario, withdrawn, start + timedelta(4)) == (0, [])
    assert await published(scenario, more, start + timedelta(5)) == (notice, ["P13", "P18"])


# ── Who was told ────────────────────────────────────────────────────────────────────────────────


async def person_of(harness: Harness, address: str) -> UUID:
    async with harness.superuser("identity") as db:
        found: UUID = await db.fetchval("SELECT subject_id FROM account WHERE email = $1", address)
    return found


def tellings(harness: Harness, address: str) -> list[str]:
    """The texts of the mails that told somebody of profiling."""
    folder = harness.servers.mailbox_folder
    assert folder is not None
    mails = [m for m in mailbox.messages_for(folder, address) if str(m["Subject"]).startswith("Nowy cel")]
    texts = [body.get_content() for m in mails if (body := m.get_body(("plain",)))]
    return [text for text in texts if "profilowanie" in text]


async def profiled(harness: Harness, person: UUID) -> bool:
    """Whether marketing may note what somebody is interested in."""
    async with harness.asking() as client:
        try:
            await client.request(marketing.NoteInterest(subject_id=person, topic="seo", source="observed"))
        except Refused as refused:
            if refused.problem.status != FORBIDDEN:
                raise
            return False
    return True


async def not_profiled(harness: Harness, person: UUID) -> bool:
    return not await profiled(harness, person)


async def is_allowed(harness: Harness, person: UUID) -> bool:
    """What privacy has ruled, before any service has heard of it."""
    async with harness.superuser("privacy") as db:
        ruled = "SELECT allowed FROM permission WHERE subject_id = $1 AND purpose = $2"
        return bool(await db.fetchval(ruled, person, PROFILING))


async def told(harness: Harness, *people: UUID) -> bool:
    async with harness.superuser("privacy") as db:
        left = "SELECT count(*) FROM notice_told WHERE subject_id = ANY ($1) AND told_at IS NULL"
        return not await db.fetchval(left, list(people))


async def without_profiling(harness: Harness) -> None:
    """The notice in force names no profiling; what the service itself knows of, it does."""
    older = {key: purpose for key, purpose in load().purposes.items() if key not in ("P13", "P23")}
    await published(harness, changed(purposes=older), today())
    async with harness.database("privacy") as database:
        await hold_back(database, load(), today())


async def publish_profiling(harness: Harness) -> UUID:
    """An officer publishes a notice that names it, from the first day that may be."""
    async with harness.asking() as client:
        await client.request(privacy.DraftNotice())
        return await publish_draft(client, today() + timedelta(load().notice.days_of_notice))


async def test_example_23_a_new_purpose_is_used_of_nobody_who_was_not_told(scenario: Harness) -> None:
    folder, register = scenario.servers.mailbox_folder, load()
    assert folder is not None
    async with gateway_client(scenario) as client:
        before, _ = await sign_up(client, folder)
        person = await person_of(scenario, before)
        assert await profiled(scenario, person)
        await without_profiling(scenario)
        later, _ = await sign_up(client, folder)  # the notice that is shown does not name it yet
    newcomer = await person_of(scenario, later)
    await eventually(lambda: not_profiled(scenario, person))
    await eventually(lambda: not_profiled(scenario, newcomer))
    assert tellings(scenario, before) == []  # nothing names it that is published
    days = register.notice.days_of_notice
    await publish_profiling(scenario)
    for address in (before, later):
        (text,) = await eventually(partial(tellings, scenario, address))
        assert f"Od {(today() + timedelta(days)).isoformat()}" in text
    await eventually(lambda: told(scenario, person, newcomer))
    assert not await profiled(scenario, person)  # told, but the day has not come
    async with scenario.database("privacy") as database:
        await use(database, register, today())
        assert not await is_allowed(scenario, person)
        await use(database, register, today() + timedelta(days))
        await eventually(lambda: profiled(scenario, person))
        await eventually(lambda: profiled(scenario, newcomer))
        assert not await hold_back(database, register, today() + timedelta(days))  # nothing is new on that day
    assert [len(tellings(scenario, address)) for address in (before, later)] == [1, 1]


async def member(harness: Harness, client: httpx.AsyncClient) -> tuple[str, UUID]:
    """Somebody new with an account."""
    assert harness.servers.mailbox_folder is not None
    address, _ = await sign_up(client, harness.servers.mailbox_folder)
    return address, await person_of(harness, address)


async def reader(harness: Harness, client: httpx.AsyncClient) -> tuple[str, UUID]:
    """Somebody new who reads the newsletter and has no account."""
    address = f"{uuid4().hex[:12]}@example.com"
    asked = await client.post("/newsletter/subscriptions", json={"email": address, "text_version": "T-7"})
    assert asked.status_code == 202, asked.text

    def link() -> str:
        mails = mailbox.messages_for(harness.servers.mailbox_folder, address)  # type: ignore[arg-type]
        texts = [body.get_content() for m in mails if (body := m.get_body(("plain",)))]
        return next((match[1] for text in texts if (match := CONFIRMING.search(text))), "")

    token = await eventually(link)
    assert (await client.post("/newsletter/confirmations", json={"token": token})).status_code == 204
    async with harness.superuser("marketing") as db:
        person: UUID = await db.fetchval("SELECT subject_id FROM subscriber WHERE email = $1", address)

    async def known() -> bool:
        async with harness.superuser("privacy") as db:
            return bool(await db.fetchval("SELECT true FROM subject WHERE subject_id = $1", person))

    await eventually(known)
    return address, person


async def test_one_mail_per_person_and_none_is_used_whom_no_mail_reaches(
    scenario: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.privacy.notices.tellings.PEOPLE_AT_ONCE", 2)
    nobody, register = uuid4(), load()
    async with gateway_client(scenario) as client:
        first, one = await member(scenario, client)
        second, other = await member(scenario, client)
        newsletter, subscriber = await reader(scenario, client)
    async with scenario.superuser("privacy") as db:
        await db.execute("INSERT INTO subject (subject_id) VALUES ($1)", nobody)
        link = "INSERT INTO subject_link (subject_id, person) VALUES ($1, $2), ($3, $2)"
        await db.execute(link, one, uuid4(), other)
    await without_profiling(scenario)
    await publish_profiling(scenario)
    await eventually(lambda: told(scenario, one, other, subscriber))
    assert len(tellings(scenario, first) + tellings(scenario, second)) == 1
    assert len(tellings(scenario, newsletter)) == 1
    async with scenario.database("privacy") as database:
        async with database.transaction(Purpose.RIGHTS) as tx:
            assert await lift(tx, [one], [PROFILING]) == []  # no end of a restriction frees what was not told of
        while await use(database, register, today() + timedelta(register.notice.days_of_notice)):
            pass  # two people at a time, of whom each was told of two purposes
    async with scenario.superuser("privacy") as db:
        ruled = await db.fetch("SELECT subject_id, allowed FROM permission WHERE purpose = $1", PROFILING)
    allowed = {row["subject_id"]: row["allowed"] for row in ruled}
    assert [allowed[each] for each in (one, other, subscriber, nobody)] == [True, True, True, False]

    async def waits() -> bool:
        later = "SELECT told_at IS NULL AND attempts > 0 AND due_at > now() FROM notice_told WHERE subject_id = $1"
        async with scenario.superuser("privacy") as db:
            return bool(await db.fetchval(later, nobody))

    await eventually(waits)


async def test_being_told_ends_no_restriction_of_the_same_use(scenario: Harness) -> None:
    folder, register = scenario.servers.mailbox_folder, load()
    assert folder is not None
    wish = {"right": "restriction", "ground": "accuracy contested", "purposes": ["profiling"]}
    async with gateway_client(scenario) as client:
        address, token = await sign_up(client, folder)
        asked = await client.post("/me/privacy-requests", json=wish, headers=bearer(token))
        assert asked.status_code == 201, asked.text
        person = await person_of(scenario, address)
        await without_profiling(scenario)
        await publish_profiling(scenario)
        await eventually(lambda: told(scenario, person))
        async with scenario.database("privacy") as database:
            await use(database, register, today() + timedelta(register.notice.days_of_notice))
        assert not await is_allowed(scenario, person)
        case = f"/me/privacy-requests/{asked.json()['id']}"
        assert (await client.delete(case, headers=bearer(token))).status_code == 204
    assert await is_allowed(scenario, person)


async def test_what_a_withdrawn_version_told_is_told_anew(scenario: Harness) -> None:
    async with gateway_client(scenario) as client:
        address, person = await member(scenario, client)
    await without_profiling(scenario)
    notice_id = await publish_profiling(scenario)
    await eventually(lambda: told(scenario, person))
    async with scenario.asking() as client:
        await client.request(privacy.WithdrawNotice(notice_id=notice_id, reason="It begins a month later."))
    assert not await told(scenario, person)
    await publish_profiling(scenario)
    await eventually(lambda: told(scenario, person))
    assert len(tellings(scenario, address)) == 2
