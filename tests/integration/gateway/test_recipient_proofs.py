"""What shows that a recipient was told by hand: put in, looked at, kept with the case, its hash in the evidence."""

from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local.servers import Servers
from shared.contracts.privacy.recipients import MOST_PROOF_BYTES
from tests.desk import MINE, Desk, Member, desk_at_work
from tests.gateway import problem
from tests.harness import eventually
from tests.integration.gateway.test_desk import GIVEN, NOTICES

PDF, PNG = b"%PDF-1.7\nreceipt", b"\x89PNG\r\n\x1a\nreceipt"
AT_ONCE = "UPDATE privacy_case SET run_at = now() WHERE case_id = $1"
CLOSED = "SELECT closed_at FROM privacy_case WHERE case_id = $1"
HASHES = "SELECT reason FROM case_event WHERE case_id = $1 AND reason LIKE 'recipient: proof %' ORDER BY event_id"
EVIDENCE = """
SELECT count(*) FROM evidence_opening o JOIN case_event e ON o.source = 'case_event' AND o.source_key = e.event_id::text
WHERE e.case_id = $1 AND e.reason LIKE 'recipient: proof %'
"""
LOOKS = "SELECT purpose FROM staff_look WHERE case_id = $1 AND purpose <> 'handling'"


@pytest.fixture(scope="module")
async def desk(servers: Servers) -> AsyncIterator[Desk]:
    async with desk_at_work(servers) as at_work:
        yield at_work


@pytest.fixture(scope="module")
async def member(desk: Desk) -> Member:
    """Somebody whose restriction an officer has to tell a recipient of."""
    before = await desk.opened("access")
    await desk.rows.execute(GIVEN, before.case_id)
    wish = {"right": "restriction", "ground": "accuracy contested"}
    case_id = (await desk.client.post(MINE, json=wish, headers=before.session)).json()["id"]
    await desk.until(case_id, "in force")
    return Member(before.address, before.session, case_id)


async def notices(desk: Desk, member: Member, **query: Any) -> list[dict[str, Any]]:
    """To the recipient whom somebody tells; others are told by mail meanwhile."""
    answer = await desk.client.get(NOTICES, params={"case_id": member.case_id, **query}, headers=desk.support)
    return [each for each in answer.json()["notices"] if each["recipient"] == "Okręgowa Izba"]


@pytest.fixture
async def place(desk: Desk, member: Member) -> str:
    (notice,) = await notices(desk, member) or await notices(desk, member, settled=True)
    return f"{NOTICES}/{notice['notice_id']}/proof"


def proof(content: bytes = PDF, media_type: str = "application/pdf") -> dict[str, str]:
    return {"media_type": media_type, "content": b64encode(content).decode()}


async def put(desk: Desk, place: str, body: dict[str, str]) -> httpx.Response:
    return await desk.client.put(place, json=body, headers=desk.officer)


async def test_a_proof_is_kept_and_shown(desk: Desk, member: Member, place: str) -> None:
    client = desk.client
    problem(await client.get(place, headers=desk.support), 404)
    assert (await put(desk, place, proof())).status_code == 204
    assert [each["proof"] for each in await notices(desk, member)] == ["application/pdf"]
    told = await client.put(place.removesuffix("/proof"), json={"how": "letter"}, headers=desk.officer)
    assert told.status_code == 204
    assert await notices(desk, member) == []
    assert [(each["how"], each["proof"]) for each in await notices(desk, member, settled=True)] == [
        ("letter", "application/pdf")
    ]
    assert (await put(desk, place, proof(PNG, "image/png"))).status_code == 204, "in place of the first one"
    shown = await client.get(place, headers=desk.support)
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    assert shown.headers["content-disposition"] == "attachment"
    assert [row["purpose"] for row in await desk.rows.fetch(LOOKS, member.case_id)] == [
        "proof that a recipient was told"
    ]
    hashes = [row["reason"].split()[-1] for row in await desk.rows.fetch(HASHES, member.case_id)]
    assert hashes == [sha256(each).hexdigest() for each in (PDF, PNG)]
    assert await desk.rows.fetchval(EVIDENCE, member.case_id) == 2


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no such kind": (proof(media_type="text/html"), "media_type"),
    "no kind": ({"content": "JVBERi0="}, "media_type"),
    "another kind": (proof(PNG), "content"),
    "no Base64": ({"media_type": "application/pdf", "content": "%PDF-1.7"}, "content"),
    "empty": (proof(b""), "content"),
    "a byte too many": (proof(PDF.ljust(MOST_PROOF_BYTES + 1, b" ")), "content"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_no_proof_is_refused_by_its_field(desk: Desk, member: Member, place: str, name: str) -> None:
    body, field = WRONG[name]
    before = await desk.rows.fetch(HASHES, member.case_id)
    refused = problem(await put(desk, place, body), 422)
    assert [error["field"] for error in refused["errors"]] == [field]
    assert await desk.rows.fetch(HASHES, member.case_id) == before


async def test_who_may_not_and_what_is_not_there(desk: Desk, member: Member, place: str) -> None:
    client, nowhere = desk.client, f"{NOTICES}/{uuid4()}/proof"
    problem(await client.put(place, json=proof(), headers=desk.support), 403)
    problem(await client.get(place, headers=member.session), 401)
    problem(await put(desk, nowhere, proof()), 404)
    problem(await client.get(nowhere, headers=desk.officer), 404)


async def test_a_scan_may_be_larger_than_other_bodies_and_not_endless(desk: Desk, place: str) -> None:
    largest = PDF.ljust(MOST_PROOF_BYTES, b" ")
    assert (await put(desk, place, proof(largest))).status_code == 204
    assert (await desk.client.get(place, headers=desk.officer)).content == largest
    problem(await put(desk, place, proof(PDF.ljust(MOST_PROOF_BYTES + 100_000, b" "))), 413)


async def test_a_proof_outlives_the_erasure_that_it_is_about(desk: Desk) -> None:
    """As the row does, until its last day."""
    erased = await desk.opened("erasure")
    await desk.rows.execute(GIVEN, erased.case_id)
    await desk.rows.execute(AT_ONCE, erased.case_id)
    await eventually(lambda: desk.rows.fetchval(CLOSED, erased.case_id))
    (notice,) = await notices(desk, erased)
    place = f"{NOTICES}/{notice['notice_id']}/proof"
    assert (await put(desk, place, proof())).status_code == 204
    assert (await desk.client.get(place, headers=desk.support)).content == PDF
    assert await desk.rows.fetch(LOOKS, erased.case_id) == [], "nobody who was erased gets a new row"
