"""Restrictions and objections through the gateway, every right by address, and the link that stops a case."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local import mailbox
from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts.actors import Role
from shared.contracts.identity import RecognizePerson
from tests import harness as harnesses
from tests.gateway import bearer, mailed_code, problem, sign_up
from tests.harness import Harness, eventually
from tests.mail_server import text_of
from tests.staff import CHEAP_HASH, enrolled, signed_in

REQUESTS = "/me/privacy-requests"
RESTRICTION = {"right": "restriction", "ground": "unlawful processing"}
WHY = {"reason": "The processing has been put right."}


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with harnesses.serving(servers, IDENTITY, PRIVACY, LICENSING, MARKETING, **CHEAP_HASH) as served:
        yield served


async def colleague(harness: Harness, *roles: Role) -> dict[str, str]:
    """The session of one of the staff."""
    async with harness.asking() as client:
        member = await enrolled(client.request, f"{uuid4().hex[:10]}@example.com", *roles)
        return bearer(await signed_in(client.request, member))


async def until(client: httpx.AsyncClient, who: dict[str, str], case_id: str, field: str, value: Any) -> dict[str, Any]:
    """The case once a field of it has this value; anything but None for ..."""

    async def there() -> dict[str, Any] | None:
        case: dict[str, Any] = (await client.get(f"{REQUESTS}/{case_id}", headers=who)).json()
        return case if (case[field] is not None if value is ... else case[field] == value) else None

    case: dict[str, Any] = await eventually(there)
    return case


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"right": "restriction"}, 422, "ground"),
        ({"right": "restriction", "ground": None}, 422, "ground"),
        ({"right": "restriction", "ground": "because"}, 422, "ground"),
        ({"right": "marketing-objection", "ground": "objection pending"}, 422, "ground"),
        ({"right": "lifting"}, 422, "right"),
        (RESTRICTION | {"purposes": ["profiling", "retention"]}, 422, "purposes"),
        (RESTRICTION | {"purposes": ["contract"]}, 422, "purposes"),
        (RESTRICTION | {"field": "D99"}, 422, "field"),
        (RESTRICTION | {"field": "D3", "purposes": ["profiling"]}, 422, "field"),
        (RESTRICTION | {"about": "D3"}, 422, "about"),
        ({"right": "access", "field": "D3"}, 422, "field"),
        ({"right": "marketing-objection", "purposes": ["profiling"]}, 422, "purposes"),
    ],
)
async def test_a_request_that_cannot_be_is_refused_by_its_field(
    client: httpx.AsyncClient, mail: Path, body: dict[str, Any], status: int, field: str
) -> None:
    _, token = await sign_up(client, mail)
    answer = problem(await client.post(REQUESTS, json=body, headers=bearer(token)), status)
    assert [error["field"] for error in answer["errors"]] == [field]
    assert (await client.get(REQUESTS, headers=bearer(token))).json() == {"cases": []}


async def test_a_member_restricts_and_an_officer_lifts(harness: Harness, client: httpx.AsyncClient, mail: Path) -> None:
    _, token = await sign_up(client, mail)
    who, officer, support = bearer(token), await colleague(harness, "officer"), await colleague(harness, "support")
    case_id = (await client.post(REQUESTS, json=RESTRICTION, headers=who)).json()["id"]
    second = problem(await client.post(REQUESTS, json=RESTRICTION, headers=who), 409)
    assert [error["field"] for error in second["errors"]] == ["right"]
    await until(client, who, case_id, "state", "in force")
    notice, lifting = (f"/staff/privacy-requests/{case_id}/{act}" for act in ("lifting-notice", "lifting"))
    for staff in (support, who, {}):
        status = 403 if staff == support else 401
        problem(await client.put(notice, json=WHY, headers=staff), status)
        problem(await client.put(lifting, headers=staff), status)
    refused = problem(await client.put(lifting, headers=officer), 409)
    assert [error["field"] for error in refused["errors"]] == ["notified_at"]
    problem(await client.put(notice, json={"reason": "short"}, headers=officer), 422)
    assert (await client.put(notice, json=WHY, headers=officer)).status_code == 204
    await until(client, who, case_id, "notified_at", ...)
    assert (await client.put(lifting, headers=officer)).status_code == 204
    assert (await until(client, who, case_id, "state", "lifted"))["closed_at"]
    again = problem(await client.put(lifting, headers=officer), 409)
    assert [error["field"] for error in again["errors"]] == ["state"]


async def test_a_member_restricts_a_part_beside_everything(client: httpx.AsyncClient, mail: Path) -> None:
    _, token = await sign_up(client, mail)
    who = bearer(token)
    for part, about in (({"field": "D3"}, "D3"), ({"purposes": ["profiling", "analytics"]}, "analytics, profiling")):
        asked = await client.post(REQUESTS, json=RESTRICTION | part, headers=who)
        problem(await client.post(REQUESTS, json=RESTRICTION | part, headers=who), 409)
        assert (await until(client, who, asked.json()["id"], "state", "in force"))["about"] == about
    asked = await client.post(REQUESTS, json=RESTRICTION, headers=who)
    assert (await until(client, who, asked.json()["id"], "state", "in force"))["about"] is None


async def test_a_member_objects_once_at_a_time_and_can_not_take_it_back(client: httpx.AsyncClient, mail: Path) -> None:
    """Whoever wants marketing again consents anew."""
    _, token = await sign_up(client, mail)
    who = bearer(token)
    answer = await client.post(REQUESTS, json={"right": "marketing-objection"}, headers=who)
    assert answer.status_code == 201
    case = await until(client, who, answer.json()["id"], "state", "closed")
    assert {one["service"] for one in case["progress"] if one["answered"]} == {"identity", "licensing", "marketing"}
    problem(await client.delete(f"{REQUESTS}/{case['case_id']}", headers=who), 409)
    consents = (await client.get("/consents", headers=who)).json()["consents"]
    assert {consent["purpose"]: consent["given"] for consent in consents} == dict.fromkeys(
        ("direct-marketing", "direct-marketing.email", "direct-marketing.phone", "direct-marketing.sms", "profiling"),
        False,
    )


# ── By address ──────────────────────────────────────────────────────────────────────────────────

FORM = "/privacy-requests"
WISHES: dict[str, dict[str, Any]] = {
    "erasure": {"terminate_contract": True},
    "access": {},
    "portability": {},
    "restriction": {"ground": "accuracy contested", "field": "D3"},
    "marketing-objection": {},
    "objection": {"about": "profiling", "statement": "I am a competitor's counsel."},
    "human-review": {"about": "device-limit"},
    "rectification": {"about": "D3", "statement": "I have moved to Sopot."},
}
KEPT = "SELECT count(*) FROM unconfirmed_request WHERE request_id = $1"


async def known_address(harness: Harness) -> str:
    """The address of somebody without an account, such as a reader."""
    address = f"{uuid4().hex[:10]}@example.com"
    async with harness.asking() as asking:
        await asking.request(RecognizePerson(email=address))
    return address


async def proof(client: httpx.AsyncClient, mail: Path, address: str, wish: dict[str, Any]) -> dict[str, str]:
    """What the form and the mail say to whoever asks for an address."""
    asked = await client.post(FORM, json={"email": address, "language": "en"} | wish)
    assert (asked.status_code, asked.json().keys()) == (202, {"id"})
    return {"request_id": asked.json()["id"], "code": await mailed_code(mail, address)}


async def opened(client: httpx.AsyncClient, mail: Path, address: str, wish: dict[str, Any]) -> str:
    """The token of a case that was asked for by address."""
    proved = await proof(client, mail, address, wish)
    answer = await client.post(f"{FORM}/confirmations", json=proved)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


@pytest.mark.parametrize("right", WISHES)
async def test_every_right_is_asked_for_by_address(
    harness: Harness, client: httpx.AsyncClient, mail: Path, right: str
) -> None:
    address, wish = await known_address(harness), WISHES[right]
    token = await opened(client, mail, address, {"right": right} | wish)
    case = (await client.get(f"{FORM}/{token}")).json()
    expected = {"right": right, "about": wish.get("field"), "ground": None, "terminate_contract": False} | wish
    expected.pop("field", None)
    assert {name: case[name] for name in expected} == expected


async def test_a_copy_that_was_asked_for_by_address_takes_another_code(
    harness: Harness, client: httpx.AsyncClient, mail: Path
) -> None:
    address = await known_address(harness)
    token = await opened(client, mail, address, {"right": "access"})
    first = await mailed_code(mail, address)

    async def ready() -> bool:
        return bool((await client.get(f"{FORM}/{token}")).json()["state"] == "ready")

    await eventually(ready)
    asked = (await client.post(f"{FORM}/{token}/copy-codes")).json()["id"]
    problem(await client.post(f"{FORM}/{token}/copy", json={"request_id": asked, "code": first}), 422)

    async def another() -> str | None:
        code = await mailed_code(mail, address)
        return code if code != first else None

    proved = {"request_id": asked, "code": await eventually(another)}
    copy = await client.post(f"{FORM}/{token}/copy", json=proved, params={"format": "json"})
    assert copy.status_code == 200, copy.text
    assert "privacy_case" in {part["table"] for part in copy.json()["held"]}


async def test_about_an_unknown_address_the_answer_is_alike_and_nothing_is_kept(
    harness: Harness, client: httpx.AsyncClient, mail: Path
) -> None:
    """Only whoever proved it learns that nothing is held."""
    proved = await proof(client, mail, f"{uuid4().hex[:10]}@example.com", {"right": "access"})
    async with harness.superuser("privacy") as rows:
        before = await rows.fetchval("SELECT count(*) FROM subject")
        answer = problem(await client.post(f"{FORM}/confirmations", json=proved), 404)
        assert [error["field"] for error in answer["errors"]] == ["email"]
        assert await rows.fetchval(KEPT, proved["request_id"]) == 0
        assert await rows.fetchval("SELECT count(*) FROM subject") == before
    problem(await client.post(f"{FORM}/confirmations", json=proved), 422)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"right": "restriction"}, "ground"),
        (RESTRICTION | {"field": "D99"}, "field"),
        ({"right": "rectification", "about": "D3"}, "statement"),
        ({"right": "objection"}, "about"),
        ({"right": "access", "ground": "objection pending"}, "ground"),
        ({"right": "lifting"}, "right"),
    ],
)
async def test_what_does_not_go_with_a_right_is_refused_before_a_code_leaves(
    client: httpx.AsyncClient, wish: dict[str, Any], field: str
) -> None:
    answer = problem(await client.post(FORM, json={"email": f"{uuid4().hex[:10]}@example.com"} | wish), 422)
    assert [error["field"] for error in answer["errors"]] == [field]


# ── The link in a receipt ───────────────────────────────────────────────────────────────────────

LINK = re.compile(r"https?://[^/]+(/privacy-requests/stops/\S+)")


async def stop_link(mail: Path, address: str) -> str:
    """The path of the link in the newest receipt, which stands in the text and on its page."""

    async def mailed() -> str | None:
        for message in reversed(mailbox.messages_for(mail, address)):
            if in_text := LINK.search(text_of(message)):
                page = message.get_body(("html",))
                assert page is not None
                assert f'href="{in_text[0]}"' in page.get_content()
                return in_text[1]
        return None

    return str(await eventually(mailed))


@pytest.mark.parametrize("language", ["pl", "en"])
async def test_whoever_has_the_mailbox_stops_a_case_by_the_link_in_its_receipt(
    client: httpx.AsyncClient, mail: Path, language: str
) -> None:
    """A session was stolen: the receipt goes to the owner, and looking at the link does nothing."""
    address, token = await sign_up(client, mail)
    thief = bearer(token)
    asked = await client.post(REQUESTS, json=RESTRICTION | {"language": language}, headers=thief)
    link = await stop_link(mail, address)
    await until(client, thief, asked.json()["id"], "state", "in force")
    for _ in range(2):
        shown = await client.get(link)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert '<form method="post">' in shown.text
    await until(client, thief, asked.json()["id"], "state", "in force")
    for _ in range(2):
        stopped = await client.post(link)
        assert (stopped.status_code, "Sprawa jest zatrzymana" in stopped.text) == (200, True)
        assert "<form" not in stopped.text
    await until(client, thief, asked.json()["id"], "state", "withdrawn")


async def test_a_link_that_is_none_of_ours_or_comes_too_late_stops_nothing(
    harness: Harness, client: httpx.AsyncClient, mail: Path
) -> None:
    address = await known_address(harness)
    token = await opened(client, mail, address, {"right": "access"})
    link = await stop_link(mail, address)
    changed = link[:-1] + ("A" if link[-1] != "A" else "Q")
    for path in (changed, f"{FORM}/stops/{token}", f"{FORM}/stops/{'A' * 64}"):
        problem(await client.get(path), 404)
        problem(await client.post(path), 404)
    async with harness.superuser("privacy") as rows:

        async def ready() -> bool:
            return bool((await client.get(f"{FORM}/{token}")).json()["state"] == "ready")

        await eventually(ready)
        case_id = (await client.get(f"{FORM}/{token}")).json()["case_id"]
        await rows.execute("UPDATE privacy_case SET state = 'closed', closed_at = now() WHERE case_id = $1", case_id)
    assert "nie da się już zatrzymać" in (await client.post(link)).text
    assert (await client.get(f"{FORM}/{token}")).json()["state"] == "closed"


async def test_an_objection_to_marketing_needs_no_link(harness: Harness, client: httpx.AsyncClient, mail: Path) -> None:
    address = await known_address(harness)
    await opened(client, mail, address, {"right": "marketing-objection"})
    await eventually(lambda: len(mailbox.messages_for(mail, address)) > 1)
    assert [message for message in mailbox.messages_for(mail, address) if LINK.search(text_of(message))] == []
