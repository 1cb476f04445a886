"""Staff enter a letter or an e-mail: its clock began when it came, and nothing starts before it is certain who asks."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from deploy.local.servers import Servers
from services.privacy.desk.templates import LETTERS
from shared.clock import now
from shared.law.case_clock import Clock
from tests.desk import DESK, MINE, Desk, Member, days_ago, desk_at_work
from tests.gateway import mailed_code, problem
from tests.harness import eventually
from tests.integration.gateway.test_desk_decisions import WHOLE, fields

CERTAIN = {"identified_by": "callback"}
PARTS = "SELECT count(*) FROM copy_part WHERE case_id = $1"
BLOCKS = "SELECT count(*) FROM block WHERE case_id = $1"
KNOWN = "SELECT (SELECT count(*) FROM subject), (SELECT count(*) FROM privacy_case), (SELECT count(*) FROM case_note)"


@pytest.fixture(scope="module")
async def desk(servers: Servers) -> AsyncIterator[Desk]:
    async with desk_at_work(servers) as at_work:
        yield at_work


def made(answer: httpx.Response) -> str:
    """The id of the case."""
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_letter_is_entered_acknowledged_and_goes_on_when_it_is_certain(desk: Desk) -> None:
    """Example 1 of the reference: dated when it came, acknowledged, and no form is demanded."""
    member = await desk.member()
    came = days_ago(3)
    letter = {"received_at": came.isoformat(), "channel": "e-mail", "note": "From her usual address."}
    answer = await desk.entered(member, "access", **letter)
    case_id = made(answer)
    assert answer.headers["location"] == f"{DESK}/{case_id}"
    file = await desk.file(case_id)
    case = file["case"]
    assert (case["state"], case["channel"], case["due_on"]) == ("identity pending", "e-mail", f"{Clock(came).due}")
    assert [(e["actor"], e["after"], bool(e["by"])) for e in file["events"]] == [("staff", "identity pending", True)]
    assert [note["text"] for note in file["notes"]] == ["From her usual address."]
    assert f"{Clock(came).due}" in await desk.letter(member.address, LETTERS["entered", "pl"][0])
    assert await desk.rows.fetchval(PARTS, case_id) == 0
    assert (await desk.put(case_id, "approval", CERTAIN)).status_code == 204
    await desk.until(case_id, "ready")
    assert (await desk.file(case_id))["case"]["due_on"] == f"{Clock(came).due}"


async def test_an_erasure_forbids_nothing_and_runs_never_before_it_is_certain(desk: Desk) -> None:
    member = await desk.member()
    case_id = made(await desk.entered(member, "erasure"))
    assert await desk.rows.fetchval(BLOCKS, case_id) == 0
    assert (await desk.put(case_id, "approval", CERTAIN)).status_code == 204
    (row,) = await desk.rows.fetch("SELECT state, verified_by, run_at FROM privacy_case WHERE case_id = $1", case_id)
    assert (row["state"], row["verified_by"]) == ("waiting", "callback")
    assert row["run_at"] > now() + timedelta(hours=23), "its cooling-off begins when it is certain"
    assert await desk.rows.fetchval(BLOCKS, case_id) == 1
    await desk.letter(member.address, "Otrzymaliśmy Twoje żądanie usunięcia danych")


async def test_a_restriction_that_was_entered_holds_from_then_on(desk: Desk) -> None:
    member = await desk.member()
    assert fields(problem(await desk.entered(member, "restriction"), 422)) == ["ground"]
    case_id = made(await desk.entered(member, "restriction", ground="accuracy contested"))
    assert await desk.rows.fetchval(BLOCKS, case_id) == 0
    assert (await desk.put(case_id, "approval", CERTAIN)).status_code == 204
    await desk.until(case_id, "in force")


async def test_an_objection_to_marketing_counts_at_once(desk: Desk) -> None:
    """Art. 21(2) is absolute: a mail that says so is enough."""
    member = await desk.member()
    case_id = made(await desk.entered(member, "marketing-objection", channel="e-mail"))
    await desk.until(case_id, "closed")
    opened = (await desk.file(case_id))["events"][0]
    assert (opened["after"], opened["reason"], bool(opened["by"])) == ("applying", "e-mail", True)


async def test_the_person_gets_a_token_by_proving_the_address_and_can_stop_it(desk: Desk) -> None:
    """Somebody else wrote the letter."""
    member = await desk.member()
    case_id = made(await desk.entered(member, "erasure"))
    asked = await desk.client.post("/privacy-requests/tokens", json={"email": member.address})
    code = await desk.letter(member.address, "Kod potwierdzający prośbę o nowy kod sprawy")
    assert code
    proof = {"request_id": asked.json()["id"], "code": await mailed_code(desk.mail, member.address)}
    answer = await desk.client.post("/privacy-requests/tokens/confirmations", json=proof)
    assert answer.json()["id"] == case_id
    token = answer.json()["token"]
    assert (await desk.client.get(f"/privacy-requests/{token}")).json()["state"] == "identity pending"
    assert (await desk.client.delete(f"/privacy-requests/{token}")).status_code == 204
    assert fields(problem(await desk.put(case_id, "approval", CERTAIN), 409)) == ["state"]


async def test_a_request_that_is_open_already_is_joined_and_its_person_told(desk: Desk) -> None:
    member = await desk.opened("access")
    await desk.until(member.case_id, "ready")
    assert made(await desk.entered(member, "access", note="A second letter.")) == member.case_id
    file = await desk.file(member.case_id)
    assert (file["case"]["state"], file["events"][-1]["reason"]) == ("ready", "asked again: letter")
    assert [note["text"] for note in file["notes"]] == ["A second letter."]
    assert member.case_id in await desk.letter(member.address, LETTERS["joined", "pl"][0])
    own = problem(await desk.client.post(MINE, json={"right": "access"}, headers=member.session), 409)
    assert member.case_id in own["detail"]


async def test_who_is_not_known_leaves_nothing(desk: Desk) -> None:
    (before,) = await desk.rows.fetch(KNOWN)
    nobody = Member(f"{uuid4().hex}@example.com", {})
    problem(await desk.entered(nobody, "erasure", note="Whose is it?"), 404)
    problem(await desk.entered(nobody, "erasure", email=None, subject_id=str(uuid4())), 404)
    assert await desk.rows.fetch(KNOWN) == [before]
    async with desk.harness.superuser("identity") as identity:
        mint = "SELECT count(*) FROM confirmed_address"
        known = await identity.fetchval(mint)
        problem(await desk.entered(nobody, "erasure"), 404)
        assert await identity.fetchval(mint) == known, "no id was minted for it"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"received_at": (now() + timedelta(days=1)).isoformat()}, "received_at"),
        ({"received_at": "2018-05-24T12:00:00Z"}, "received_at"),
        ({"received_at": "2026-01-01T12:00:00"}, "received_at"),
        ({"email": None}, "email"),
        ({"subject_id": str(UUID(int=5))}, "email"),
        ({"channel": "telepathy"}, "channel"),
        ({"right": "everything"}, "right"),
        ({"right": "access", "terminate_contract": True}, "terminate_contract"),
        ({"right": "access", "ground": "accuracy contested"}, "ground"),
    ],
)
async def test_what_cannot_be_entered_is_refused_by_its_field(desk: Desk, changes: dict[str, Any], field: str) -> None:
    member = await desk.member()
    before = await desk.rows.fetchval("SELECT count(*) FROM privacy_case")
    right = changes.pop("right", "erasure")
    assert fields(problem(await desk.entered(member, right, **changes), 422)) == [field]
    assert await desk.rows.fetchval("SELECT count(*) FROM privacy_case") == before


async def test_an_erasure_takes_notes_and_looks_and_keeps_letters_until_a_day(desk: Desk) -> None:
    """The file of a refused case is proof (GDPR Art. 17(3)(e)); what staff noted by the way is not."""
    member = await desk.opened("erasure")
    note = await desk.client.post(f"{DESK}/{member.case_id}/notes", json={"text": "Angry."}, headers=desk.support)
    assert note.status_code == 201
    assert (await desk.put(member.case_id, "refusal", WHOLE)).status_code == 204
    await desk.file(member.case_id)
    again = made(await desk.client.post(MINE, json={"right": "erasure"}, headers=member.session))
    await desk.rows.execute("UPDATE privacy_case SET run_at = now() WHERE case_id = $1", again)
    await eventually(lambda: desk.rows.fetchval("SELECT state = 'closed' FROM privacy_case WHERE case_id = $1", again))
    for table in ("staff_look", "case_note"):
        count = f"SELECT count(*) FROM {table} WHERE case_id = $1"  # noqa: S608 a name of this test
        assert await desk.rows.fetchval(count, member.case_id) == 0
    for table in ("case_letter", "case_refusal"):
        kept = f"SELECT live, retain_until > now() FROM {table} WHERE case_id = $1"  # noqa: S608 likewise
        assert [tuple(row) for row in await desk.rows.fetch(kept, member.case_id)] == [(False, True)]
    file = await desk.client.get(f"{DESK}/{member.case_id}", params={"purpose": "handling"}, headers=desk.officer)
    assert file.json()["case"]["state"] == "refused"
    refused = problem(
        await desk.client.post(f"{DESK}/{member.case_id}/notes", json={"text": "Later."}, headers=desk.support), 410
    )
    assert refused["title"]


async def test_what_nobody_was_proved_to_ask_for_holds_up_no_erasure(desk: Desk) -> None:
    """And ends with it."""
    member = await desk.opened("erasure")
    case_id = made(await desk.entered(member, "access"))
    await desk.rows.execute("UPDATE privacy_case SET run_at = now() WHERE case_id = $1", member.case_id)

    async def closed() -> bool:
        state = "SELECT state FROM privacy_case WHERE case_id = $1"
        return [await desk.rows.fetchval(state, each) for each in (member.case_id, case_id)] == ["closed", "closed"]

    await eventually(closed)
    problem(await desk.entered(member, "access"), 404)
