"""Requests of authorities in the hands of officers: what is given, what is refused, and when people are told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from deploy.local import mailbox
from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.data_map import DATA_MAP
from services.privacy.jobs.authorities import end_silences
from services.privacy.register.loading import register
from shared.clock import now, today
from tests import harness as harnesses
from tests.gateway import bearer, problem, sign_up
from tests.harness import Harness, eventually
from tests.staff import CHEAP_HASH, staff_client

REQUESTS = "/staff/authority-requests"
POLICE = "Komenda Powiatowa Policji w Zamościu"
WHY = "The demand is signed, names its provision and is about one purchase."
DISCLOSED = """
SELECT recipient, purpose, categories, reference, told_by FROM disclosure WHERE subject_id = $1 AND purpose = 'P11'
"""
TELLINGS = "SELECT count(*) FROM authority_telling WHERE subject_id = $1"
LAST_DAY = "UPDATE authority_request SET silence_until = $2 WHERE request_id = $1"
TITLE = "Udostępniliśmy Twoje dane organowi"
STEPS = "SELECT step, said::jsonb ->> 'silence_until' FROM authority_event WHERE request_id = $1 ORDER BY event_id"
PROLONGED = {
    "reason": "The prosecutor has prolonged it in writing.",
    "silence_by": "KPK art. 218 § 2",
    "silence_until": (today() + timedelta(days=60)).isoformat(),
}
BAN = {"silence_by": "KPK art. 218 § 2", "silence_until": (today() + timedelta(days=30)).isoformat()}


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    settings = CHEAP_HASH | {"recipients_every_s": 0.1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.privacy.app.EVIDENCE_INTERVAL_S", 0.5)
        async with harnesses.serving(servers, PRIVACY, IDENTITY, **settings) as served:
            yield served


@pytest.fixture(scope="module")
async def client(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    async with staff_client(harness, "officer") as officer:
        yield officer


@pytest.fixture(scope="module")
async def rows(harness: Harness) -> AsyncIterator[asyncpg.Connection]:
    async with harness.superuser("privacy") as connection:
        yield connection


@dataclass(frozen=True)
class Person:
    """Somebody with an account, whom privacy knows."""

    id: UUID
    address: str
    token: str
    mail: Path

    def letters(self) -> list[str]:
        found = [each for each in mailbox.messages_for(self.mail, self.address) if str(each["Subject"]) == TITLE]
        return [str(body.get_content()) for each in found if (body := each.get_body(("plain",)))]


@pytest.fixture
async def person(harness: Harness, client: httpx.AsyncClient, rows: asyncpg.Connection, servers: Servers) -> Person:
    assert servers.mailbox_folder is not None
    address, token = await sign_up(client, servers.mailbox_folder)
    async with harness.superuser("identity") as accounts:
        subject_id = await accounts.fetchval("SELECT subject_id FROM account WHERE email = $1", address)
    await eventually(lambda: rows.fetchval("SELECT live FROM subject WHERE subject_id = $1", subject_id))
    return Person(subject_id, address, token, servers.mailbox_folder)


def asked(*people: UUID, **changed: Any) -> dict[str, Any]:
    return {
        "received_at": (now() - timedelta(hours=1)).isoformat(),
        "kind": "prosecution",
        "authority": POLICE,
        "reference": "RSD 12/26",
        "basis": "KPK art. 15 § 3",
        "scope": "Who bought the license with which the program was cracked.",
        "categories": ["D1", "D9"],
        "people": [str(person) for person in people],
    } | changed


async def recorded(client: httpx.AsyncClient, *people: UUID, **changed: Any) -> str:
    answer = await client.post(REQUESTS, json=asked(*people, **changed))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def decide(client: httpx.AsyncClient, request: str, **body: Any) -> httpx.Response:
    granted = {"decision": "granted", "reason": WHY, "handed": ["D1", "D9"]}
    return await client.put(f"{REQUESTS}/{request}/decision", json=granted | body)


async def prolong(client: httpx.AsyncClient, request: str, **body: Any) -> httpx.Response:
    return await client.put(f"{REQUESTS}/{request}/silence", json=PROLONGED | body)


async def shown(client: httpx.AsyncClient, request: str) -> dict[str, Any]:
    listed = (await client.get(REQUESTS)).json()["requests"]
    found: dict[str, Any] = next(each for each in listed if each["request_id"] == request)
    return found


async def until(client: httpx.AsyncClient, request: str, state: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        found = await shown(client, request)
        return found if found["state"] == state else None

    found: dict[str, Any] = await eventually(there)
    return found


def refused(answer: httpx.Response, status: int, field: str) -> None:
    assert field in [error["field"] for error in problem(answer, status)["errors"]]


async def test_what_an_authority_was_given_is_logged_and_told(
    client: httpx.AsyncClient, rows: asyncpg.Connection, person: Person
) -> None:
    request = await recorded(client, person.id)
    assert (await shown(client, request))["state"] == "to decide"
    in_part = {"decision": "granted in part", "ground": "too broad", "handed": ["D1"]}
    assert (await decide(client, request, **in_part)).status_code == 204
    refused(await decide(client, request), 409, "decision")
    after = await until(client, request, "told")
    assert (after["decision"], after["handed"], after["people_to_tell"]) == ("granted in part", ["D1"], 0)
    (logged,) = await rows.fetch(DISCLOSED, person.id)
    assert tuple(logged) == (POLICE, "P11", ["D1"], "RSD 12/26", "privacy")
    (letter,) = person.letters()
    for words in (POLICE, "RSD 12/26", "KPK art. 15 § 3", "- imię i nazwisko", "Moniuszki 1A"):
        assert words in letter
    assert "Dotąd nie wolno" not in letter


async def test_nobody_hears_of_it_while_the_law_forbids_it(
    harness: Harness, client: httpx.AsyncClient, rows: asyncpg.Connection, person: Person
) -> None:
    """No row of the person's shows it, so no copy does; the last day of the silence belongs to it."""
    request = await recorded(client, person.id)
    refused(await prolong(client, request), 409, "silence_until")
    assert (await decide(client, request, **BAN)).status_code == 204
    refused(await prolong(client, request, silence_until=BAN["silence_until"]), 422, "silence_until")
    await rows.execute(LAST_DAY, request, today())
    assert (await prolong(client, request)).status_code == 204
    assert (await shown(client, request))["silence_until"] == PROLONGED["silence_until"]
    last_days = [tuple(row) for row in await rows.fetch(STEPS, request)]
    assert last_days[1:] == [("decided", BAN["silence_until"]), ("silence prolonged", PROLONGED["silence_until"])]
    await rows.execute(LAST_DAY, request, today())
    async with harness.database("privacy") as database:
        await end_silences(database, register())
    assert (await shown(client, request))["state"] == "silent"
    for table in DATA_MAP.tables:
        of_them = f"SELECT t::text FROM {table.name} t WHERE subject_id = $1"  # noqa: S608 of the data map
        said = " ".join(row[0] for row in await rows.fetch(of_them, person.id))
        assert not [words for words in (POLICE, "RSD 12/26", request) if words in said], table.name
    assert person.letters() == []
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.execute("UPDATE authority_request SET told_from = now() WHERE request_id = $1", request)
    await rows.execute(LAST_DAY, request, today() - timedelta(days=1))
    await until(client, request, "told")
    refused(await prolong(client, request), 409, "silence_until")
    assert len(await rows.fetch(DISCLOSED, person.id)) == 1
    (letter,) = person.letters()
    assert "Dotąd nie wolno nam było o tym mówić: KPK art. 218 § 2, do " in letter


async def test_of_whom_was_erased_the_log_has_it_and_nobody_is_written_to(
    client: httpx.AsyncClient, rows: asyncpg.Connection, person: Person
) -> None:
    """During the silence; the authority still has the data, and somebody has to tell it (GDPR Art. 19)."""
    request = await recorded(client, person.id)
    assert (await decide(client, request, **BAN)).status_code == 204
    asked_for = await client.post("/me/privacy-requests", json={"right": "erasure"}, headers=bearer(person.token))
    case_id = asked_for.json()["id"]
    await eventually(lambda: rows.fetchval("SELECT state = 'closed' FROM privacy_case WHERE case_id = $1", case_id))
    await rows.execute(LAST_DAY, request, today() - timedelta(days=1))
    await until(client, request, "told")
    assert len(await rows.fetch(DISCLOSED, person.id)) == 1
    assert await rows.fetchval(TELLINGS, person.id) == 0
    notices = (await client.get("/staff/recipient-notices")).json()["notices"]
    assert [each["recipient"] for each in notices if each["case_id"] == case_id] == [POLICE]


async def test_of_a_refusal_nobody_is_told(
    client: httpx.AsyncClient, rows: asyncpg.Connection, harness: Harness, person: Person
) -> None:
    request = await recorded(client, person.id)
    assert (await decide(client, request, decision="refused", ground="no basis", handed=[])).status_code == 204
    async with harness.database("privacy") as database:
        await end_silences(database, register())
    assert (await shown(client, request))["state"] == "refused"
    assert await rows.fetch(DISCLOSED, person.id) == []
    assert await rows.fetchval(TELLINGS, person.id) == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"handed": ["D1"]}, "handed"),
        ({"handed": []}, "handed"),
        ({"handed": ["D1", "D9", "D5"]}, "handed"),
        ({"decision": "granted in part", "ground": "too broad"}, "handed"),
        ({"decision": "granted in part", "ground": "too broad", "handed": []}, "handed"),
        ({"decision": "granted in part", "ground": "too broad", "handed": ["D5"]}, "handed"),
        ({"decision": "granted in part", "handed": ["D1"]}, "ground"),
        ({"decision": "refused", "ground": "no basis"}, "handed"),
        ({"decision": "refused", "handed": []}, "ground"),
        ({"ground": "too broad"}, "ground"),
        ({"ground": "we like the police"}, "ground"),
        ({"reason": "so"}, "reason"),
        ({"silence_by": "KPK art. 218 § 2"}, "silence_until"),
        ({"silence_until": "2999-01-01"}, "silence_by"),
        ({**BAN, "silence_until": (today() - timedelta(days=1)).isoformat()}, "silence_until"),
        ({**BAN, "decision": "refused", "ground": "no basis", "handed": []}, "silence_by"),
    ],
)
async def test_what_does_not_go_together_is_not_decided(
    client: httpx.AsyncClient, rows: asyncpg.Connection, changed: dict[str, Any], field: str
) -> None:
    somebody = uuid4()
    await rows.execute("INSERT INTO subject (subject_id) VALUES ($1)", somebody)
    request = await recorded(client, somebody)
    refused(await decide(client, request, **changed), 422, field)
    assert (await shown(client, request))["state"] == "to decide"
    await rows.execute("DELETE FROM authority_request WHERE request_id = $1", request)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"received_at": "2999-01-01T00:00:00+00:00"}, "received_at"),
        ({"kind": "neighbor"}, "kind"),
        ({"categories": ["D99"]}, "categories.0"),
        ({"categories": []}, "categories"),
        ({"people": []}, "people"),
        ({"people": [str(uuid4())]}, "people.0"),
        ({"basis": ""}, "basis"),
        ({"authority": ""}, "authority"),
        ({"scope": "all"}, "scope"),
    ],
)
async def test_what_can_not_be_is_refused_and_nothing_is_recorded(
    client: httpx.AsyncClient, rows: asyncpg.Connection, changed: dict[str, Any], field: str
) -> None:
    somebody = uuid4()
    await rows.execute("INSERT INTO subject (subject_id) VALUES ($1)", somebody)
    before = await rows.fetchval("SELECT count(*) FROM authority_request")
    refused(await client.post(REQUESTS, json=asked(somebody, **changed)), 422, field)
    refused(await client.post(REQUESTS, json=asked(somebody, somebody)), 422, "people.1")
    assert await rows.fetchval("SELECT count(*) FROM authority_request") == before


async def test_officers_alone_see_and_decide(
    harness: Harness, client: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    somebody = uuid4()
    await rows.execute("INSERT INTO subject (subject_id) VALUES ($1)", somebody)
    request = await recorded(client, somebody)
    async with staff_client(harness, "support") as other:
        for answer in (await other.get(REQUESTS), await other.post(REQUESTS, json=asked(somebody))):
            problem(answer, 403)
        problem(await decide(other, request), 403)
    problem(await decide(client, str(uuid4())), 404)
    refusal = {"decision": "refused", "ground": "no basis", "handed": []}
    assert (await decide(client, request, **refusal)).status_code == 204

    async def is_evidence() -> bool:
        counted = "SELECT count(*) FROM evidence_entry WHERE act = 'authority_event' AND about = $1"
        return bool(await rows.fetchval(counted, request) == 2)

    await eventually(is_evidence)
