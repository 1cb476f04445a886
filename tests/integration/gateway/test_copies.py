"""Somebody fetches a copy: as a member who has just proved it, or with the case token and a mailed code."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from deploy.local import mailbox
from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts.privacy import PortableCopy
from shared.law.calendar import WARSAW
from tests import harness as harnesses
from tests.gateway import bearer, fresh_key, mailed_code, problem, sign_up
from tests.harness import Harness, eventually
from tests.staff import CHEAP_HASH

ORDER: dict[str, Any] = {
    "product": "auditor-year",
    "terms_version": "2026-01",
    "accepts_terms": True,
    "wants_immediate_delivery": True,
    "knows_withdrawal_lapses": True,
}
STALE = "UPDATE session SET authenticated_at = now() - interval '1 hour'"
DAMAGE = """
UPDATE copy_chunk SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
WHERE case_id = $1 AND service = 'identity'
"""


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with harnesses.serving(servers, IDENTITY, PRIVACY, LICENSING, MARKETING, **CHEAP_HASH) as served:
        yield served


class Person:
    """Somebody with a session and an order."""

    def __init__(self, client: httpx.AsyncClient, address: str, session: str) -> None:
        self.client, self.address, self.who = client, address, bearer(session)
        self.token, self.place = "", ""

    async def ask(self, right: str, language: str = "en") -> None:
        asked = {"right": right, "language": language}
        answer = await self.client.post("/me/privacy-requests", json=asked, headers=self.who)
        assert answer.status_code == 201, answer.text
        self.token, self.place = answer.json()["token"], answer.headers["location"]

    async def case(self) -> dict[str, Any]:
        answer = await self.client.get(self.place, headers=self.who)
        return dict(answer.json())

    async def until(self, state: str) -> dict[str, Any]:
        async def there() -> dict[str, Any] | None:
            case = await self.case()
            return case if case["state"] == state else None

        reached: dict[str, Any] = await eventually(there)
        return reached

    async def fetch(self, **query: str) -> httpx.Response:
        return await self.client.get(f"{self.place}/copy", headers=self.who, params=query)


@pytest.fixture
async def person(client: httpx.AsyncClient, mail: Path) -> Person:
    address, session = await sign_up(client, mail)
    somebody = Person(client, address, session)
    where = {"street": "Długa 1", "postal_code": "80-001", "city": "Gdańsk"}
    assert (await client.patch("/me", json=where, headers=somebody.who)).status_code == 200
    placed = await client.post("/orders", json=ORDER, headers=somebody.who | fresh_key())
    assert placed.status_code == 201, placed.text
    return somebody


def held(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The rows of a copy by service and table."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for part in document["held"]:
        rows.setdefault(f"{part['service']}.{part['table']}", []).extend(part["rows"])
    return rows


async def mailed(harness: Harness, person: Person) -> None:
    """Somebody got a mail, and privacy knows who carried it."""
    asked = await person.client.post("/password-resets", json={"email": person.address})
    assert asked.status_code == 202, asked.text
    async with harness.superuser("identity") as accounts, harness.superuser("privacy") as rows:
        subject_id = await accounts.fetchval("SELECT subject_id FROM account WHERE email = $1", person.address)
        await eventually(lambda: rows.fetchval("SELECT true FROM disclosure WHERE subject_id = $1", subject_id))


async def test_an_access_copy_holds_everything_with_its_reasons(person: Person, harness: Harness) -> None:
    await mailed(harness, person)  # or its own receipt would have to leave before privacy's part is read
    await person.ask("access")
    ready = await person.until("ready")
    assert ready["copy_until"] is not None
    assert {each["service"]: each["answered"] for each in ready["progress"]} == dict.fromkeys(
        ("identity", "licensing", "marketing", "privacy"), True
    )
    answer = await person.fetch(format="json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    rows = held(document)
    assert (rows["identity.account"][0]["email"], rows["identity.account"][0]["city"]) == (person.address, "Gdańsk")
    assert rows["licensing.purchase"][0]["product"] == "auditor-year"
    assert rows["privacy.disclosure"][0]["recipient"] == "Poczta.example sp. z o.o."
    assert {"identity.session", "identity.activity", "licensing.purchase_origin"} <= rows.keys()
    account = next(part for part in document["held"] if part["table"] == "account")
    assert account["purposes"][0]["basis"] == "GDPR Art. 6(1)(b)"
    assert account["sources"]["email"] == "from you"
    assert account["retention"]
    credential = next(part for part in document["held"] if part["table"] == "credential")
    assert [each["name"] for each in credential["left_out"]] == ["password_hash"]
    assert "password_hash" not in credential["rows"][0]
    assert {"controller", "purposes", "recipients", "retention", "rights", "authority", "decisions"} <= document.keys()


@pytest.mark.parametrize(
    ("right", "language", "subjects"),
    [
        ("access", "pl", ["Otrzymaliśmy Twoje żądanie kopii danych", "Kopia Twoich danych jest gotowa"]),
        ("access", "en", ["We have received your request for a copy of your data", "The copy of your data is ready"]),
        (
            "portability",
            "pl",
            ["Otrzymaliśmy Twoje żądanie przeniesienia danych", "Twoje dane do przeniesienia są gotowe"],
        ),
        (
            "portability",
            "en",
            ["We have received your request for your data to take with you", "Your data to take with you is ready"],
        ),
    ],
)
async def test_the_receipt_comes_first_and_then_that_it_is_ready(
    person: Person, mail: Path, right: str, language: str, subjects: list[str]
) -> None:
    await person.ask(right, language)
    ready = await person.until("ready")

    def letters() -> list[EmailMessage]:
        mails = mailbox.messages_for(mail, person.address)
        return [m for m in mails if str(m["Subject"]) in subjects]

    sent = await eventually(lambda: letters() if len(letters()) == len(subjects) else None)
    assert [str(m["Subject"]) for m in sent] == subjects
    last = str(sent[-1].get_body(("plain",)).get_content())
    assert f"{person.place}/copy" in last
    assert datetime.fromisoformat(ready["copy_until"]).astimezone(WARSAW).date().isoformat() in last


@pytest.mark.parametrize(("language", "title"), [("pl", "Kopia Twoich danych"), ("en", "A copy of your data")])
async def test_an_access_copy_is_a_page_that_runs_nothing(
    person: Person, client: httpx.AsyncClient, language: str, title: str
) -> None:
    hostile = {"street": "<script>alert(1)</script>"}
    assert (await client.patch("/me", json=hostile, headers=person.who)).status_code == 200
    await person.ask("access", language)
    await person.until("ready")
    answer = await person.fetch()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert title in answer.text
    assert answer.text.rstrip().endswith("</html>")
    assert person.address in answer.text
    assert "<script>" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_portable_copy_follows_its_schema_and_holds_no_more_than_it_may(
    person: Person, client: httpx.AsyncClient
) -> None:
    await person.ask("portability")
    await person.until("ready")
    document = (await person.fetch()).json()
    schema = (await client.get("/schemas/portable-copy")).json()
    jsonschema_rs.validate(schema, document)
    assert not jsonschema_rs.is_valid(schema, document | {"held": [{"service": "identity"}]})
    rows = held(document)
    assert {"identity.account", "licensing.purchase"} <= rows.keys()
    assert rows.keys().isdisjoint({"licensing.invoice", "identity.session", "identity.activity", "marketing.interest"})
    answer = await person.fetch(format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    cells = {(line["service"], line["table"], line["field"]): line["value"] for line in lines}
    assert cells["identity", "account", "email"] == person.address
    assert len(lines) == sum(len(row) for all_rows in rows.values() for row in all_rows)
    problem(await person.fetch(format="html"), 422)


async def test_nobody_else_gets_it_and_no_session_of_yesterday(
    person: Person, client: httpx.AsyncClient, harness: Harness, mail: Path
) -> None:
    await person.ask("access")
    await person.until("ready")
    stranger = bearer((await sign_up(client, mail))[1])
    problem(await client.get(f"{person.place}/copy", headers=stranger), 404)
    problem(await client.get(f"{person.place}/copy"), 401)
    async with harness.superuser("identity") as rows:
        await rows.execute(STALE)

    async def refused() -> bool:
        return (await person.fetch()).status_code in (401, 403)

    await eventually(refused)


async def test_with_the_case_token_it_takes_a_mailed_code(
    person: Person, client: httpx.AsyncClient, mail: Path
) -> None:
    await person.ask("access")
    await person.until("ready")
    problem(await client.post(f"/privacy-requests/{'x' * 30}/copy-codes"), 404)
    asked = await client.post(f"/privacy-requests/{person.token}/copy-codes")
    assert asked.status_code == 202, asked.text
    code = await eventually(lambda: copy_code(mail, person.address, asked.json()["id"]))
    proof = {"request_id": asked.json()["id"], "code": code}
    place = f"/privacy-requests/{person.token}/copy"
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    problem(await client.post(place, json=proof | {"code": wrong}), 422)
    problem(await client.post(f"/privacy-requests/{'x' * 30}/copy", json=proof), 404)
    answer = await client.post(place, json=proof, params={"format": "json"})
    assert held(answer.json())["identity.account"][0]["email"] == person.address


async def test_a_code_that_was_mailed_elsewhere_opens_nothing(
    person: Person, client: httpx.AsyncClient, mail: Path
) -> None:
    address, session = await sign_up(client, mail)
    other = Person(client, address, session)
    for each in (person, other):
        await each.ask("access")
        await each.until("ready")
    asked = await client.post(f"/privacy-requests/{other.token}/copy-codes")
    code = await eventually(lambda: copy_code(mail, other.address, asked.json()["id"]))
    proof = {"request_id": asked.json()["id"], "code": code}
    problem(await client.post(f"/privacy-requests/{person.token}/copy", json=proof), 422)
    assert (await client.post(f"/privacy-requests/{other.token}/copy", json=proof)).status_code == 200


async def copy_code(mail: Path, address: str, request_id: str) -> str:
    """The code of this request, once its mail is there."""
    bodies = [str(m.get_body(("plain",))) for m in mailbox.messages_for(mail, address)]
    return await mailed_code(mail, address) if any(request_id in body for body in bodies) else ""


async def test_until_it_is_ready_and_when_it_is_gone_the_answer_says_so(
    person: Person, client: httpx.AsyncClient, harness: Harness
) -> None:
    await person.ask("access")
    case_id = person.place.rpartition("/")[2]
    await person.until("ready")
    async with harness.superuser("privacy") as rows:
        async with rows.transaction():  # or it is found whole in between
            parts = "UPDATE copy_part SET done_at = NULL, next_try_at = 'infinity' WHERE case_id = $1"
            await rows.execute(parts, case_id)
            await rows.execute("UPDATE privacy_case SET state = 'gathering' WHERE case_id = $1", case_id)
        problem(await person.fetch(), 409)
        await rows.execute("UPDATE copy_part SET done_at = now() WHERE case_id = $1", case_id)
    assert (await client.delete(person.place, headers=person.who)).status_code == 204
    problem(await person.fetch(), 410)
    problem(await client.post(f"/privacy-requests/{person.token}/copy-codes"), 410)
    problem(await client.get(f"/privacy-requests/{person.token}/certificate"), 404)


async def test_a_copy_with_a_changed_byte_is_not_handed_over_but_gathered_anew(
    person: Person, harness: Harness
) -> None:
    await person.ask("access")
    await person.until("ready")
    async with harness.superuser("privacy") as rows:
        await rows.execute(DAMAGE, person.place.rpartition("/")[2])
    assert problem(await person.fetch(), 409)["title"] == "the copy was damaged"
    await person.until("ready")
    assert person.address in (await person.fetch()).text


async def test_a_copy_asks_for_nothing_that_ends_contracts(person: Person, client: httpx.AsyncClient) -> None:
    asked = {"right": "access", "terminate_contract": True}
    problem(await client.post("/me/privacy-requests", json=asked, headers=person.who), 422)
    await person.ask("access")
    problem(await client.post("/me/privacy-requests", json={"right": "access"}, headers=person.who), 409)


def test_the_schema_is_a_schema() -> None:
    assert jsonschema_rs.meta.is_valid(PortableCopy.model_json_schema())
