"""Legal holds through the gateway: officers alone, and a problem that names the field."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.clock import today
from shared.contracts.actors import Role
from tests import harness as harnesses
from tests.gateway import bearer, problem, sign_up
from tests.harness import Harness, eventually
from tests.staff import enrolled, signed_in

REVIEW = today() + timedelta(days=90)


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with harnesses.serving(servers, IDENTITY, PRIVACY, LICENSING, MARKETING) as served:
        yield served


@pytest.fixture(scope="module")
async def officer(harness: Harness) -> dict[str, str]:
    return await colleague(harness, "officer")


async def colleague(harness: Harness, *roles: Role) -> dict[str, str]:
    """The session of one of the staff."""
    async with harness.asking() as client:
        member = await enrolled(client.request, f"{uuid4().hex[:10]}@example.com", *roles)
        return bearer(await signed_in(client.request, member))


def body_of(person: object, **changed: Any) -> dict[str, Any]:
    """A hold that may be; what is None is left out."""
    facts: dict[str, Any] = {
        "person_id": str(person),
        "scope": ["D9"],
        "ground": "proceedings",
        "owner": "officer",
        "review_on": REVIEW.isoformat(),
        "reason": "Suit IX GC 12/26 is pending.",
    }
    return {name: value for name, value in (facts | changed).items() if value is not None}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"ground": None}, "ground"),
        ({"ground": "we want to keep it"}, "ground"),
        ({"owner": None}, "owner"),
        ({"owner": "nobody"}, "owner"),
        ({"owner": ""}, "owner"),
        ({"review_on": None}, "review_on"),
        ({"review_on": "soon"}, "review_on"),
        ({"review_on": "2020-01-01"}, "review_on"),
        ({"scope": None}, "scope"),
        ({"scope": []}, "scope"),
        ({"scope": ["D99"]}, "scope"),
        ({"reason": None}, "reason"),
        ({"reason": "short"}, "reason"),
        ({"person_id": None}, "person_id"),
        ({"until": "2030-01-01"}, "until"),
    ],
)
async def test_a_hold_that_lacks_something_is_refused_by_its_field(
    client: httpx.AsyncClient, officer: dict[str, str], changed: dict[str, Any], field: str
) -> None:
    person = uuid4()
    refused = problem(await client.post("/staff/holds", json=body_of(person, **changed), headers=officer), 422)
    assert {error["field"].partition(".")[0] for error in refused["errors"]} == {field}
    listed = await client.get("/staff/holds", params={"person_id": str(person)}, headers=officer)
    assert listed.json() == {"holds": []}


async def test_officers_hold_and_nobody_else(
    harness: Harness, client: httpx.AsyncClient, mail: Path, officer: dict[str, str]
) -> None:
    address, token = await sign_up(client, mail)
    async with harness.superuser("identity") as accounts:
        person = await accounts.fetchval("SELECT subject_id FROM account WHERE email = $1", address)
    hold = (await until_known(client, person, officer)).json()["id"]
    review = {"review_on": (REVIEW + timedelta(days=9)).isoformat(), "reason": "The court has adjourned."}
    release = {"reason": "The suit was withdrawn."}
    for staff, status in ((await colleague(harness, "support", "finance"), 403), (bearer(token), 401), ({}, 401)):
        problem(await client.post("/staff/holds", json=body_of(person), headers=staff), status)
        problem(await client.get("/staff/holds", headers=staff), status)
        problem(await client.put(f"/staff/holds/{hold}/review", json=review, headers=staff), status)
        problem(await client.put(f"/staff/holds/{hold}/release", json=release, headers=staff), status)
    assert (await client.put(f"/staff/holds/{hold}/review", json=review, headers=officer)).status_code == 204
    (listed,) = (await client.get("/staff/holds", params={"person_id": str(person)}, headers=officer)).json()["holds"]
    assert (listed["review_on"], listed["erasure_waits"]) == (review["review_on"], False)
    assert (await client.put(f"/staff/holds/{hold}/release", json=release, headers=officer)).status_code == 204
    problem(await client.put(f"/staff/holds/{hold}/release", json=release, headers=officer), 409)
    problem(await client.put(f"/staff/holds/{uuid4()}/release", json=release, headers=officer), 404)
    problem(await client.get("/staff/holds", params={"state": "lost"}, headers=officer), 422)


async def until_known(client: httpx.AsyncClient, person: object, officer: dict[str, str]) -> httpx.Response:
    """A hold on somebody whom privacy may not have heard of yet."""
    key = {"Idempotency-Key": str(uuid4())}

    async def placed() -> httpx.Response | None:
        answer = await client.post("/staff/holds", json=body_of(person), headers=officer | key)
        return answer if answer.status_code == 201 else None

    answer: httpx.Response = await eventually(placed)
    again = await client.post("/staff/holds", json=body_of(person), headers=officer | key)
    assert again.json() == answer.json(), "one hold, however often it is sent"
    return answer
