"""Objections and contested decisions through the gateway: what is refused names its field, an officer decides."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts.actors import Role
from tests import harness as harnesses
from tests.gateway import bearer, problem, sign_up
from tests.harness import Harness, eventually
from tests.staff import CHEAP_HASH, enrolled, signed_in

REQUESTS = "/me/privacy-requests"
REVIEW = {"right": "human-review", "about": "suspected-abuse", "statement": "Nobody else has the key."}
DECISION = {"decision": "changed", "reason": "The activations were of one computer."}


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with harnesses.serving(servers, IDENTITY, PRIVACY, **CHEAP_HASH) as served:
        yield served


async def colleague(harness: Harness, role: Role) -> dict[str, str]:
    async with harness.asking() as client:
        member = await enrolled(client.request, f"{uuid4().hex[:10]}@example.com", role)
        return bearer(await signed_in(client.request, member))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"right": "objection"}, "about"),
        ({"right": "objection", "about": "direct-marketing"}, "about"),
        ({"right": "objection", "about": "suspected-abuse"}, "about"),
        ({"right": "human-review"}, "about"),
        ({"right": "human-review", "about": "profiling"}, "about"),
        ({"right": "rectification", "statement": "It is wrong."}, "about"),
        ({"right": "rectification", "about": "D99", "statement": "It is wrong."}, "about"),
        ({"right": "rectification", "about": "D3"}, "statement"),
        ({"right": "access", "about": "profiling"}, "about"),
        ({"right": "access", "statement": "because"}, "statement"),
        ({"right": "objection", "about": "profiling", "statement": ""}, "statement"),
        ({"right": "objection", "about": "profiling", "statement": "x" * 2001}, "statement"),
        ({"right": "objection", "about": "profiling", "ground": "objection pending"}, "ground"),
    ],
)
async def test_a_request_that_cannot_be_is_refused_by_its_field(
    client: httpx.AsyncClient, mail: Path, body: dict[str, Any], field: str
) -> None:
    _, token = await sign_up(client, mail)
    answer = problem(await client.post(REQUESTS, json=body, headers=bearer(token)), 422)
    assert [error["field"] for error in answer["errors"]] == [field]
    assert (await client.get(REQUESTS, headers=bearer(token))).json() == {"cases": []}


async def test_an_officer_decides_and_nobody_else(harness: Harness, client: httpx.AsyncClient, mail: Path) -> None:
    _, token = await sign_up(client, mail)
    who = bearer(token)
    case_id = (await client.post(REQUESTS, json=REVIEW, headers=who)).json()["id"]
    second = problem(await client.post(REQUESTS, json=REVIEW, headers=who), 409)
    assert [error["field"] for error in second["errors"]] == ["right"]
    other = {**REVIEW, "about": "interests"}
    assert (await client.post(REQUESTS, json=other, headers=who)).status_code == 201, "another decision is another case"
    place = f"/staff/privacy-requests/{case_id}/review"
    officer, support = await colleague(harness, "officer"), await colleague(harness, "support")
    for staff, status in ((support, 403), (who, 401), ({}, 401)):
        problem(await client.put(place, json=DECISION, headers=staff), status)
    for wrong, field in (
        ({"reason": "short"}, "reason"),
        ({"decision": "upheld"}, "decision"),
        ({"decision": "no"}, "decision"),
    ):
        answer = problem(await client.put(place, json=DECISION | wrong, headers=officer), 422)
        assert [error["field"] for error in answer["errors"]] == [field]
    assert (await client.put(place, json=DECISION, headers=officer)).status_code == 204
    answer = problem(await client.put(place, json=DECISION, headers=officer), 409)
    assert [error["field"] for error in answer["errors"]] == ["state"]
    problem(await client.put(f"/staff/privacy-requests/{uuid4()}/review", json=DECISION, headers=officer), 404)
    case = (await client.get(f"{REQUESTS}/{case_id}", headers=who)).json()
    assert (case["state"], case["about"]) == ("changed", "suspected-abuse")


async def test_a_correction_that_cannot_be_is_refused_by_its_field(
    harness: Harness, client: httpx.AsyncClient, mail: Path
) -> None:
    _, token = await sign_up(client, mail)
    officer, who = await colleague(harness, "officer"), bearer(token)
    wrong_address = {"right": "rectification", "about": "D3", "statement": "I moved to Kraków."}
    case_id = (await client.post(REQUESTS, json=wrong_address, headers=who)).json()["id"]
    place = f"/staff/privacy-requests/{case_id}/review"
    decision = {"decision": "corrected", "reason": "The letter of the town says so."}
    city = {"city": "Kraków", "country": "SK"}
    for body, field in (
        ({"correction": {}}, "correction"),
        ({"correction": {"full_name": "Anna Nowicka"}}, "correction.full_name"),
        ({"correction": {"city": ""}}, "correction.city"),
        ({"correction": {"nip": "1234563218"}}, "correction.nip"),
        ({"correction": {"country": "EL"}}, "correction.country"),
        ({"correction": {"country": "SK", "invoices": True}}, "correction.invoices"),
        ({"decision": "declined", "correction": city}, "correction"),
    ):
        answer = problem(await client.put(place, json=decision | body, headers=officer), 422)
        assert [error["field"] for error in answer["errors"]] == [field]
    assert (await client.get(f"{REQUESTS}/{case_id}", headers=who)).json()["state"] == "under review"
    assert (await client.put(place, json=decision | {"correction": city}, headers=officer)).status_code == 204

    async def corrected() -> bool:
        profile = (await client.get("/me", headers=who)).json()
        return (profile["city"], profile["country"]) == ("Kraków", "SK")

    await eventually(corrected)
    firm = {"right": "rectification", "about": "D2", "statement": "The NIP is another."}
    other = (await client.post(REQUESTS, json=firm, headers=who)).json()["id"]
    bad = decision | {"correction": {"nip": "1234563219"}}
    answer = problem(await client.put(f"/staff/privacy-requests/{other}/review", json=bad, headers=officer), 422)
    assert [error["field"] for error in answer["errors"]] == ["correction.nip"]
