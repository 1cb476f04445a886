"""The register of breaches in the hands of officers: 72 hours, a human's judgment, a report in phases, people told."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local import mailbox
from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.breaches import people_store, scope_store
from services.privacy.jobs import breach_scopes
from services.privacy.jobs.breach_alarms import alarm_of_breaches
from services.privacy.metrics import breaches_nearly_due
from services.privacy.register.loading import register
from services.privacy.settings import PrivacySettings
from shared.clock import now
from shared.contracts.participants import Holders
from shared.mail.mailer import Mailer
from shared.purposes import Purpose
from tests import harness as harnesses
from tests.gateway import gateway_client, problem, sign_up
from tests.harness import Harness, eventually
from tests.staff import CHEAP_HASH, staff_client

BREACHES = "/staff/breaches"
OFFICERS = "breach-officers@example.com"
WHY = "Only hashes were in the file, and it was taken offline within the hour."
REPORT = {"reference": "DKN.1", "contact": "iod@example.com", "consequences": "Spam.", "measures": "Keys were changed."}


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """Without marketing, which a test starts when it is to answer."""
    settings = {"officers_mailbox": OFFICERS} | CHEAP_HASH
    built = await harnesses.build(servers, (PRIVACY, IDENTITY, MARKETING), settings=settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.privacy.app.EVIDENCE_INTERVAL_S", 0.5)
        async with built.serve(PRIVACY, IDENTITY):
            yield built
    await harnesses.tear_down(built)


@pytest.fixture(scope="module")
async def client(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    async with staff_client(harness, "officer") as officer:
        yield officer


def happened(**changed: Any) -> dict[str, Any]:
    return {
        "aware_at": (now() - timedelta(hours=1)).isoformat(),
        "natures": ["confidentiality"],
        "categories": ["D5"],
        "people": 40,
        "was_sealed": False,
        "facts": "A list of addresses was mailed to a wrong recipient.",
    } | changed


async def recorded(client: httpx.AsyncClient, **changed: Any) -> str:
    answer = await client.post(BREACHES, json=happened(**changed))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def judged(client: httpx.AsyncClient, risk: str, **changed: Any) -> str:
    breach = await recorded(client, **changed)
    assert (await put(client, breach, "judgment", risk=risk, reason=WHY)).status_code == 204
    return breach


async def put(client: httpx.AsyncClient, breach: str, act: str, **body: Any) -> httpx.Response:
    return await client.put(f"{BREACHES}/{breach}/{act}", json=body)


async def shown(client: httpx.AsyncClient, breach: str) -> dict[str, Any]:
    listed = (await client.get(BREACHES)).json()["breaches"]
    found: dict[str, Any] = next(each for each in listed if each["breach_id"] == breach)
    return found


def refused(answer: httpx.Response, status: int, field: str) -> None:
    assert field in [error["field"] for error in problem(answer, status)["errors"]]


async def test_22_low_risk_is_recorded_and_not_reported(client: httpx.AsyncClient) -> None:
    """Example 22 of the reference; its two dates across weekend and clock change are pure (unit/law)."""
    breach = await recorded(client)
    before = await shown(client, breach)
    assert (before["state"], before["is_late"]) == ("to judge", False)
    assert datetime.fromisoformat(before["due_at"]) - datetime.fromisoformat(before["aware_at"]) == timedelta(hours=72)
    refused(await put(client, breach, "report", reported_at=now().isoformat(), **REPORT), 409, "state")
    assert (await put(client, breach, "judgment", risk="unlikely", reason=WHY)).status_code == 204
    assert (await shown(client, breach))["state"] == "recorded only"
    refused(await put(client, breach, "report", reported_at=now().isoformat(), **REPORT), 409, "state")
    refused(await put(client, breach, "telling", told="letters", reason=WHY), 409, "risk")


async def test_22_a_late_report_says_why(client: httpx.AsyncClient) -> None:
    breach = await judged(client, "risk", aware_at=(now() - timedelta(hours=73)).isoformat())
    assert (await shown(client, breach))["is_late"] is True
    late = {"reported_at": now().isoformat()} | REPORT
    refused(await put(client, breach, "report", **late), 422, "late_because")
    assert (await shown(client, breach))["state"] == "to report"
    assert (await put(client, breach, "report", **late, late_because="The officer was ill.")).status_code == 204
    after = await shown(client, breach)
    assert (after["state"], after["is_late"]) == ("reported", False)
    refused(await put(client, breach, "judgment", risk="unlikely", reason=WHY), 409, "risk")


async def test_a_report_has_all_parts_or_comes_in_phases(client: httpx.AsyncClient) -> None:
    breach = await judged(client, "risk")
    first = {"reported_at": now().isoformat(), "reference": "DKN.2"}
    refused(await put(client, breach, "report", **first), 422, "contact")
    assert (await put(client, breach, "report", **first, more_follows=True)).status_code == 204
    reported_at = (await shown(client, breach))["reported_at"]
    assert (await shown(client, breach))["state"] == "to complete"
    assert (await put(client, breach, "report", **first | REPORT)).status_code == 204
    after = await shown(client, breach)
    assert (after["state"], after["reported_at"]) == ("reported", reported_at)


async def test_people_are_told_of_a_high_risk(client: httpx.AsyncClient) -> None:
    breach = await judged(client, "high")
    assert (await shown(client, breach))["people_are_to_be_told"] is True
    refused(await put(client, breach, "telling", told="not needed: sealed data", reason=WHY), 422, "told")
    assert (await put(client, breach, "telling", told="letters", reason=WHY)).status_code == 204
    after = await shown(client, breach)
    assert (after["people_are_to_be_told"], after["people_told"]) == (False, "letters")
    sealed = await judged(client, "high", was_sealed=True)
    assert (await put(client, sealed, "telling", told="not needed: sealed data", reason=WHY)).status_code == 204


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"aware_at": "2999-01-01T00:00:00+00:00"}, "aware_at"),
        ({"aware_at": "2026-01-01T00:00:00"}, "aware_at"),
        ({"aware_at": "2018-05-24T21:59:59+00:00"}, "aware_at"),
        ({"natures": []}, "natures"),
        ({"categories": ["D99"]}, "categories.0"),
        ({"people": -1}, "people"),
        ({"records": 10**30}, "records"),
        ({"facts": "short"}, "facts"),
    ],
)
async def test_what_can_not_be_is_refused_and_nothing_is_recorded(
    harness: Harness, client: httpx.AsyncClient, changed: dict[str, Any], field: str
) -> None:
    async with harness.superuser("privacy") as rows:
        before = await rows.fetchval("SELECT count(*) FROM breach")
        refused(await client.post(BREACHES, json=happened(**changed)), 422, field)
        assert await rows.fetchval("SELECT count(*) FROM breach") == before


async def test_officers_alone_keep_the_register(harness: Harness, client: httpx.AsyncClient) -> None:
    breach = await recorded(client)
    async with staff_client(harness, "support") as other:
        for answer in (await other.get(BREACHES), await other.post(BREACHES, json=happened())):
            problem(answer, 403)
        problem(await put(other, breach, "judgment", risk="risk", reason=WHY), 403)
    problem(await put(client, str(uuid4()), "judgment", risk="risk", reason=WHY), 404)


async def test_every_step_is_evidence(harness: Harness, client: httpx.AsyncClient) -> None:
    breach = await judged(client, "risk")
    async with harness.superuser("privacy") as rows:

        async def numbered() -> bool:
            counted = "SELECT count(*) FROM evidence_entry WHERE act = 'breach_event' AND about = $1"
            return bool(await rows.fetchval(counted, breach) == 2)

        await eventually(numbered)


# ── Before the hours end ────────────────────────────────────────────────────────────────────────


async def alarms(harness: Harness, mail: Path, breach: str, expected: int) -> list[str]:
    """The mails to officers about a breach, after the clock has come by twice."""
    values: dict[str, Any] = {
        key.removeprefix("LETHE_").lower(): value for key, value in harness.environment("privacy").items()
    }
    mailer = Mailer(harness.servers.smtp_url, "privacy@example.com")
    async with harness.database("privacy") as database:
        for _ in range(2):
            await alarm_of_breaches(database, mailer, register(), PrivacySettings(**values))

    async def told() -> list[str] | None:
        """The service's own clock may have been at work as well."""
        found = [text for text in texts(mail, OFFICERS) if breach in text]
        return found if len(found) >= expected else None

    found: list[str] = (await eventually(told)) if expected else (await told() or [])
    assert len(found) == expected
    return found


def texts(mail: Path, address: str) -> list[str]:
    bodies = [message.get_body(("plain",)) for message in mailbox.messages_for(mail, address)]
    return [body.get_content() for body in bodies if body is not None]


async def test_22_officers_are_written_to_a_day_and_six_hours_before_the_end(
    harness: Harness, client: httpx.AsyncClient, mail: Path
) -> None:
    breach = await recorded(client, aware_at=(now() - timedelta(hours=47, minutes=50)).isoformat())
    await alarms(harness, mail, breach, 0)
    before = breaches_nearly_due._value.get()
    later = "UPDATE breach SET aware_at = aware_at - $2::interval WHERE breach_id = $1"
    async with harness.superuser("privacy") as rows:
        await rows.execute(later, breach, timedelta(minutes=20))
        (first,) = await alarms(harness, mail, breach, 1)
        assert "judge the risk" in first
        assert happened()["facts"] not in first
        await put(client, breach, "judgment", risk="risk", reason=WHY)
        await rows.execute(later, breach, timedelta(hours=18))
        told = await alarms(harness, mail, breach, 2)
    assert [text for text in told if text != first and "report to the authority" in text]
    assert breaches_nearly_due._value.get() == before + 1


async def test_what_is_entered_late_is_one_alarm_and_what_needs_none_is_none(
    harness: Harness, client: httpx.AsyncClient, mail: Path
) -> None:
    long_ago = (now() - timedelta(hours=80)).isoformat()
    late, unlikely, reported = [await judged(client, risk, aware_at=long_ago) for risk in ("risk", "unlikely", "risk")]
    report = REPORT | {"reported_at": now().isoformat(), "late_because": "The officer was ill."}
    assert (await put(client, reported, "report", **report)).status_code == 204
    for breach, expected in ((late, 1), (unlikely, 0), (reported, 0)):
        await alarms(harness, mail, breach, expected)


# ── Letters to people ───────────────────────────────────────────────────────────────────────────

WORDS = {
    "nature": "A list of addresses was mailed to a wrong recipient.",
    "consequences": "You may get unwanted mail that claims to be ours.",
    "measures": "The recipient has deleted it. Do not follow links in such mail.",
}
POLISH = {name: f"Po polsku: {said}" for name, said in WORDS.items()}
LETTER = {"contact": "iod@example.com", "pl": POLISH, "en": WORDS}


async def known(harness: Harness, mail: Path) -> tuple[str, str]:
    """Somebody with an account of whom privacy knows: id and address."""
    async with gateway_client(harness) as anybody:
        address, _ = await sign_up(anybody, mail)
    async with harness.superuser("identity") as accounts, harness.superuser("privacy") as rows:
        person = await accounts.fetchval("SELECT subject_id FROM account WHERE email = $1", address)
        await eventually(lambda: rows.fetchval("SELECT live FROM subject WHERE subject_id = $1", person))
    return str(person), address


async def name(client: httpx.AsyncClient, breach: str, *people: str) -> httpx.Response:
    return await client.post(f"{BREACHES}/{breach}/people", json={"subject_ids": people})


async def counted(client: httpx.AsyncClient, breach: str) -> tuple[int, int, int]:
    found = await shown(client, breach)
    return found["people_named"], found["people_written_to"], found["people_not_reached"]


async def reached(client: httpx.AsyncClient, breach: str, *expected: int) -> None:
    async def all_ended() -> bool:
        return await counted(client, breach) == expected

    await eventually(all_ended)


async def nothing_is_due(harness: Harness) -> None:
    async with harness.database("privacy") as database, database.transaction(Purpose.RIGHTS) as tx:
        assert await people_store.lease(tx, 10) == []


async def test_each_person_whom_a_breach_concerns_gets_one_letter(
    harness: Harness, client: httpx.AsyncClient, mail: Path
) -> None:
    (first, address), (later, later_address) = await known(harness, mail), await known(harness, mail)
    nowhere, erased = str(uuid4()), str(uuid4())
    async with harness.superuser("privacy") as rows:
        await rows.execute("INSERT INTO subject (subject_id, live) VALUES ($1, true), ($2, false)", nowhere, erased)
    breach = await judged(client, "high")
    assert (await name(client, breach, first, nowhere, erased)).json() == {"named": 2, "erased": 1}
    assert await counted(client, breach) == (2, 0, 0)
    assert (await put(client, breach, "letters", **LETTER)).status_code == 204
    await reached(client, breach, 2, 1, 0)  # nobody answers for the other one yet, who holds up nobody
    async with harness.serve(MARKETING), harness.superuser("privacy") as rows:
        await rows.execute("UPDATE breach_person SET due_at = now() WHERE breach_id = $1", breach)
        await reached(client, breach, 2, 1, 1)
    assert (await shown(client, breach))["people_told"] == "letters"
    refused(await put(client, breach, "letters", **LETTER), 409, "breach_id")
    assert (await name(client, breach, later, first)).json() == {"named": 1, "erased": 0}
    await reached(client, breach, 3, 2, 1)
    for each in (address, later_address):
        (letter,) = [text for text in texts(mail, each) if "art. 34" in text]
        assert [said for said in (*POLISH.values(), LETTER["contact"], "adres e-mail") if str(said) not in letter] == []
    async with harness.superuser("privacy") as rows:
        steps = await rows.fetch("SELECT step FROM breach_event WHERE breach_id = $1 ORDER BY event_id", breach)
        logged = "SELECT count(*) FROM disclosure WHERE told_by = 'privacy' AND subject_id = ANY ($1)"

        async def provider_is_logged() -> bool:
            return bool(await rows.fetchval(logged, [first, later]) == 2)

        await eventually(provider_is_logged)
        await rows.execute("UPDATE breach_person SET due_at = now() WHERE breach_id = $1", breach)
        await nothing_is_due(harness)
    assert [row["step"] for row in steps][2:] == ["people named", "letters issued", "people named"]


async def test_people_are_named_by_what_a_service_holds_of_them(
    harness: Harness, client: httpx.AsyncClient, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted first, for an officer to see; while a service has not told all, nobody is named."""
    monkeypatch.setattr(breach_scopes, "PAGE", 1)
    person, _ = await known(harness, mail)
    breach = await judged(client, "risk")
    lost = {"services": ["privacy", "identity"], "categories": ["D5"]}
    refused(await scope(client, breach, lost | {"services": ["identity", "helpdesk"]}), 422, "services.1")
    refused(await scope(client, breach, lost | {"categories": ["D5", "D17"]}), 422, "categories.1")
    begun = await scope(client, breach, lost)
    assert begun.status_code == 201, begun.text
    url = f"{BREACHES}/{breach}/scopes/{begun.json()['id']}/people"
    async with harness.superuser("identity") as accounts, harness.superuser("privacy") as rows:
        everybody = await accounts.fetchval("SELECT count(*) FROM account WHERE live")
        await eventually(lambda: rows.fetchval("SELECT left_to_ask = '{}' FROM breach_scope"))
        await rows.execute("UPDATE breach_scope SET left_to_ask = '{marketing}', due_at = 'infinity'")
        refused(await client.post(url, json={"people": everybody}), 409, "scope_id")
        late = scope_store.DueScope(begun.json()["id"], "identity", ("D5",), None, 1)
        async with harness.database("privacy") as database, database.transaction(Purpose.RIGHTS) as tx:
            await scope_store.count_in(tx, late, Holders(subjects=(uuid4(),), next=None))
        await rows.execute("UPDATE breach_scope SET left_to_ask = '{}'")
    found = await shown(client, breach)
    assert [(each["state"], each["people"]) for each in found["scopes"]] == [("counted", everybody)]
    assert (found["people_named"], everybody >= 1) == (0, True)
    refused(await client.post(url, json={"people": everybody - 1}), 409, "people")
    assert (await client.post(url, json={"people": everybody})).json() == {"named": everybody, "erased": 0}
    refused(await client.post(url, json={"people": everybody}), 409, "scope_id")
    assert await counted(client, breach) == (everybody, 0, 0)
    assert (await name(client, breach, person)).json()["named"] == 0, "who was counted is named"
    problem(await client.post(url.replace(breach, str(uuid4())), json={"people": everybody}), 404)


async def scope(client: httpx.AsyncClient, breach: str, lost: dict[str, Any]) -> httpx.Response:
    return await client.post(f"{BREACHES}/{breach}/scopes", json=lost)


async def test_no_letter_leaves_where_people_are_told_otherwise(
    harness: Harness, client: httpx.AsyncClient, mail: Path
) -> None:
    person, address = await known(harness, mail)
    low, sealed = await judged(client, "risk"), await judged(client, "high", was_sealed=True)
    refused(await put(client, low, "letters", **LETTER), 409, "risk")
    assert (await put(client, sealed, "telling", told="not needed: sealed data", reason=WHY)).status_code == 204
    refused(await put(client, sealed, "letters", **LETTER), 409, "told")
    stopped = await judged(client, "high")
    assert (await put(client, stopped, "letters", **LETTER)).status_code == 204
    assert (await put(client, stopped, "telling", told="public notice", reason=WHY)).status_code == 204
    await name(client, stopped, person)
    await nothing_is_due(harness)
    async with harness.superuser("privacy") as rows:
        assert await rows.fetchval("SELECT tries FROM breach_person WHERE subject_id = $1", person) == 0
    assert [text for text in texts(mail, address) if "art. 34" in text] == []


async def test_nobody_is_named_by_an_id_that_nobody_has(
    harness: Harness, client: httpx.AsyncClient, mail: Path
) -> None:
    person, _ = await known(harness, mail)
    breach = await judged(client, "high")
    refused(await name(client, breach, person, str(uuid4())), 422, "subject_ids.1")
    refused(await name(client, breach), 422, "subject_ids")
    refused(await put(client, breach, "letters", **LETTER | {"pl": {"nature": WHY}}), 422, "pl.consequences")
    assert await counted(client, breach) == (0, 0, 0)
    problem(await name(client, str(uuid4()), person), 404)
    async with staff_client(harness, "support") as other:
        problem(await name(other, breach, person), 403)
        problem(await put(other, breach, "letters", **LETTER), 403)
