"""The notice in the hands of officers, through the gateway: no step without the one before it, all of it evidence."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.jobs.documents import publish_documents
from services.privacy.register.loading import load
from services.privacy.register.model import Register
from shared.clock import today
from tests import harness as harnesses
from tests.gateway import bearer, problem
from tests.harness import Harness, eventually
from tests.staff import CHEAP_HASH, colleague, staff_client

SERVICES = (PRIVACY, IDENTITY, LICENSING, MARKETING)
NOTICES = "/staff/notices"
NOT_FOUND = 404
WHY = {"reason": "The sentence on cookies is wrong."}


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with harnesses.serving(servers, *SERVICES, **CHEAP_HASH) as served:
        yield served


@pytest.fixture(scope="module")
async def client(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    async with staff_client(harness, "officer") as officer:
        yield officer


async def newest(client: httpx.AsyncClient) -> dict[str, Any]:
    """The newest notice, once there is one."""

    async def listed() -> Any:
        return (await client.get(NOTICES)).json()["notices"][:1]

    (found,) = await eventually(listed)
    notice: dict[str, Any] = (await client.get(f"{NOTICES}/{found['notice_id']}?lang=en")).json()
    return notice | {"id": found["notice_id"]}


async def put(client: httpx.AsyncClient, notice: dict[str, Any], act: str, **body: Any) -> httpx.Response:
    return await client.put(f"{NOTICES}/{notice['id']}/{act}", json=body)


async def redrafted(harness: Harness, register: Register) -> None:
    async with harness.database("privacy") as database:
        await publish_documents(database, register, frozenset(s.name for s in SERVICES))


def reworded() -> Register:
    register = load()
    controller = register.controller.model_copy(update={"email": f"{uuid4().hex}@example.com"})
    return type(register)(**(vars(register) | {"controller": controller}))


async def test_a_notice_is_a_draft_until_an_officer_approves_it(harness: Harness, client: httpx.AsyncClient) -> None:
    notice, day = await newest(client), today().isoformat()
    assert notice["summary"]["state"] == "drafted"
    assert notice["compared_with"] is None
    assert notice["difference"].startswith("# Privacy notice")
    problem(await client.get("/privacy-notice"), 404)
    unapproved = problem(await put(client, notice, "publication", effective_on=day), 409)
    assert unapproved["title"] == "a notice that is drafted can't be published"
    for role in ("support", "administrator"):
        other = bearer(await colleague(harness, role))
        approval = {"digest": notice["digest"]}
        problem(await client.put(f"{NOTICES}/{notice['id']}/approval", json=approval, headers=other), 403)
    refused = problem(await put(client, notice, "approval", digest="0" * 64), 409)
    assert [error["field"] for error in refused["errors"]] == ["digest"]
    assert (await put(client, notice, "approval", digest=notice["digest"])).status_code == 204
    problem(await put(client, notice, "approval", digest=notice["digest"]), 409)
    yesterday = (today() - timedelta(1)).isoformat()
    refused = problem(await put(client, notice, "publication", effective_on=yesterday), 422)
    assert [error["field"] for error in refused["errors"]] == ["effective_on"]
    assert refused["title"] == "the day is over"
    assert (await put(client, notice, "publication", effective_on=day)).status_code == 204
    assert (await client.get("/privacy-notice")).status_code == 200
    problem(await put(client, notice, "withdrawal", **WHY), 409)  # it holds


@pytest.fixture
async def first(harness: Harness, client: httpx.AsyncClient) -> None:
    """A notice holds."""
    if (await client.get("/privacy-notice")).status_code == NOT_FOUND:
        notice = await newest(client)
        await put(client, notice, "approval", digest=notice["digest"])
        await put(client, notice, "publication", effective_on=today().isoformat())


@pytest.mark.usefixtures("first")
async def test_what_has_changed_since_is_approved_anew(harness: Harness, client: httpx.AsyncClient) -> None:
    await redrafted(harness, reworded())
    first = await newest(client)
    assert (first["compared_with"], first["summary"]["state"]) == (1, "drafted")
    assert {line[:2] for line in first["difference"].splitlines() if "@example.com" in line} == {"+ "}
    assert (await put(client, first, "approval", digest=first["digest"])).status_code == 204
    await redrafted(harness, reworded())
    second = await newest(client)
    assert (second["id"], second["summary"]["state"]) == (first["id"], "drafted")
    problem(await put(client, second, "publication", effective_on=today().isoformat()), 409)
    problem(await put(client, second, "approval", digest=first["digest"]), 409)
    assert (await put(client, second, "withdrawal", **WHY)).status_code == 204
    problem(await put(client, second, "withdrawal", **WHY), 409)


@pytest.mark.usefixtures("first")
async def test_a_version_is_withdrawn_before_its_day_and_never_holds(
    harness: Harness, client: httpx.AsyncClient
) -> None:
    await redrafted(harness, reworded())
    notice = await newest(client)
    await put(client, notice, "approval", digest=notice["digest"])
    tomorrow = (today() + timedelta(1)).isoformat()
    assert (await put(client, notice, "publication", effective_on=tomorrow)).status_code == 204
    await redrafted(harness, reworded())
    following = await newest(client)
    assert following["compared_with"] == 2
    assert (await put(client, following, "approval", digest=following["digest"])).status_code == 204
    assert (await put(client, notice, "withdrawal", **WHY)).status_code == 204
    # what was approved is a difference to a version that is no more
    problem(await put(client, following, "publication", effective_on=tomorrow), 409)
    assert (await newest(client))["compared_with"] == 1
    async with harness.superuser("privacy") as db:
        held = "SELECT max(version) FROM standing_publication WHERE kind = 'notice' AND effective_on <= $1"
        assert await db.fetchval(held, today() + timedelta(2)) == 1


@pytest.mark.usefixtures("first")
async def test_what_was_withdrawn_is_drafted_again_by_an_officer_alone(
    harness: Harness, client: httpx.AsyncClient
) -> None:
    await redrafted(harness, reworded())
    notice = await newest(client)
    problem(await put(client, notice, "withdrawal", reason="short"), 422)
    await put(client, notice, "withdrawal", **WHY)
    refused = problem(await client.post(NOTICES), 409)
    assert refused["title"] == "the register says what is published"
    other = reworded()
    await redrafted(harness, other)
    notice = await newest(client)
    await put(client, notice, "approval", digest=notice["digest"])
    await put(client, notice, "publication", effective_on=today().isoformat())
    drafted = await client.post(NOTICES)  # the register of the service itself differs from that now
    assert drafted.status_code == 201, drafted.text
    assert (await client.post(NOTICES)).json() == drafted.json()
    await put(client, await newest(client), "withdrawal", **WHY)
    await redrafted(harness, load())
    assert (await newest(client))["id"] == drafted.json()["id"]
    assert (await client.post(NOTICES)).json()["id"] != drafted.json()["id"]


@pytest.mark.usefixtures("first")
async def test_every_step_is_an_entry_of_the_evidence(harness: Harness, client: httpx.AsyncClient) -> None:
    await redrafted(harness, reworded())
    notice = await newest(client)
    await put(client, notice, "approval", digest=notice["digest"])
    await put(client, notice, "publication", effective_on=today().isoformat())
    assert (await client.post(NOTICES)).status_code == 201
    await put(client, await newest(client), "withdrawal", **WHY)
    async with harness.superuser("privacy") as db:
        steps = await db.fetch("SELECT notice_id, state, by FROM notice_event ORDER BY event_id")
        noted = await db.fetch(
            "SELECT about FROM evidence_opening WHERE act = 'notice_event' ORDER BY opening_id",
        )
    assert [row["about"] for row in noted] == [str(row["notice_id"]) for row in steps]
    assert {row["state"] for row in steps} == {"drafted", "approved", "published", "withdrawn"}
    assert {row["by"] == "register" for row in steps if row["state"] == "drafted"} == {True, False}
    assert {row["by"] == "register" for row in steps if row["state"] != "drafted"} == {False}


@pytest.mark.usefixtures("first")
async def test_nothing_but_an_approved_notice_gets_into_the_publications(harness: Harness) -> None:
    copied = """INSERT INTO publication (kind, version, content, content_hash, effective_on)
        SELECT kind, 99, content, sha256('other'), effective_on FROM publication WHERE kind = 'notice' LIMIT 1"""
    async with harness.superuser("privacy") as db:
        with pytest.raises(Exception, match="nobody has approved this notice"):
            await db.execute(copied)
