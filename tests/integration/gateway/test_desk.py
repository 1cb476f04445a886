"""The desk through the gateway: staff find a case, look, see to it; its person reads when and why somebody looked."""

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local.servers import Servers
from tests.desk import DESK, MINE, Desk, Member, desk_at_work
from tests.gateway import bearer, problem
from tests.harness import eventually
from tests.staff import colleague


@pytest.fixture(scope="module")
async def desk(servers: Servers) -> AsyncIterator[Desk]:
    async with desk_at_work(servers) as at_work:
        yield at_work


async def staff_id(desk: Desk, role: str) -> str:
    async with desk.harness.superuser("identity") as rows:
        return str(await rows.fetchval("SELECT staff_id FROM staff WHERE $1 = ANY (roles)", role))


async def test_a_case_is_found_looked_at_and_seen_to(desk: Desk) -> None:
    member = await desk.opened("erasure")
    case_id, support = member.case_id, desk.support
    (case,) = [c for c in (await desk.client.get(DESK, headers=support)).json()["cases"] if c["case_id"] == case_id]
    assert (case["right"], case["state"], case["clock"], case["assignee"]) == ("erasure", "waiting", "on time", None)
    me = await staff_id(desk, "officer")
    nobody = problem(await desk.put(case_id, "assignee", {"assignee": str(uuid4())}), 422)
    assert [error["field"] for error in nobody["errors"]] == ["assignee"]
    answer = await desk.put(case_id, "assignee", {"assignee": me})
    assert answer.status_code == 204, answer.text
    noted = await desk.client.post(f"{DESK}/{case_id}/notes", json={"text": "Called, nobody there."}, headers=support)
    assert noted.status_code == 201
    (mine,) = (await desk.client.get(DESK, params={"assignee": me}, headers=support)).json()["cases"]
    assert mine["case_id"] == case_id
    assert member.address not in (await desk.client.get(DESK, headers=desk.officer)).text
    file = await desk.file(case_id)
    assert [(e["actor"], e["after"], e["reason"]) for e in file["events"]] == [
        ("person", "waiting", ""),
        ("staff", "waiting", "assigned"),
    ]
    assert [bool(e["by"]) for e in file["events"]] == [False, True]
    assert [n["text"] for n in file["notes"]] == ["Called, nobody there."]
    assert (await desk.client.delete(f"{MINE}/{case_id}", headers=member.session)).status_code == 204
    ended = problem(await desk.put(case_id, "assignee", {"assignee": me}), 409)
    assert [error["field"] for error in ended["errors"]] == ["state"]
    assert (await desk.client.get(f"{MINE}/{case_id}", headers=member.session)).json()["clock"] == "ended"


async def test_the_list_is_filtered_and_paged(desk: Desk) -> None:
    cases = [(await desk.opened("erasure")).case_id for _ in range(3)]
    me, due = await staff_id(desk, "support"), date(2026, 1, 5)
    for case_id in cases:
        await desk.put(case_id, "assignee", {"assignee": me})
    await desk.rows.execute("UPDATE privacy_case SET due_on = $2 WHERE case_id = $1", cases[1], due)

    async def asked(**filters: Any) -> dict[str, Any]:
        answer = await desk.client.get(DESK, params={"assignee": me, **filters}, headers=desk.officer)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    async def ids(**filters: Any) -> list[str]:
        return [case["case_id"] for case in (await asked(**filters))["cases"]]

    everything = [cases[1], *sorted((cases[0], cases[2]))]
    assert await ids() == everything
    assert await ids(overdue=True) == [cases[1]]
    assert await ids(overdue=False) == everything[1:]
    assert await ids(due_before=due) == []
    assert await ids(due_before=due + timedelta(days=1)) == [cases[1]]
    assert await ids(right="access") == []
    assert await ids(state="waiting") == everything
    assert await ids(state="closed") == []
    pages, after = [], ""
    while True:
        page = await asked(limit=1, after=after)
        pages += [case["case_id"] for case in page["cases"]]
        after = page["next"]
        if not after:
            break
    assert pages == everything
    for wrong in (
        {"state": "nowhere"},
        {"after": "2026-99-99_" + cases[0]},
        {"limit": 0},
        {"due_before": "0"},
        {"right": "all"},
    ):
        refused = problem(await desk.client.get(DESK, params=wrong, headers=desk.officer), 422)
        assert [error["field"] for error in refused["errors"]] == list(wrong)


async def test_a_look_is_in_the_persons_copy_without_a_name(desk: Desk) -> None:
    """Example 8 of the reference: date and purpose, not who of the staff; the note is theirs to read."""
    member = await desk.opened("erasure")
    erasure, client, who = member.case_id, desk.client, member.session
    await desk.file(erasure)
    note = {"text": "Writes very politely."}
    await client.post(f"{DESK}/{erasure}/notes", json=note, headers=desk.officer)
    by = await desk.rows.fetchval("SELECT by FROM staff_look WHERE case_id = $1", erasure)
    assert by is not None
    assert (await client.delete(f"{MINE}/{erasure}", headers=who)).status_code == 204
    case_id = (await client.post(MINE, json={"right": "access"}, headers=who)).json()["id"]

    async def copy() -> httpx.Response | None:
        answer = await client.get(f"{MINE}/{case_id}/copy", params={"format": "json"}, headers=who)
        return answer if answer.status_code == 200 else None

    document = (await eventually(copy)).text
    assert str(by) not in document
    tables = {part["table"]: part["rows"] for part in rows_of(json.loads(document))}
    assert [row["purpose"] for row in tables["staff_look"]] == ["handling"]
    assert [row["text"] for row in tables["case_note"]] == ["Writes very politely."]


def rows_of(document: Any) -> list[dict[str, Any]]:
    """Every table of a copy, wherever it stands in the document."""
    if isinstance(document, dict):
        return [document] if "rows" in document else [t for part in document.values() for t in rows_of(part)]
    return [table for part in document for table in rows_of(part)] if isinstance(document, list) else []


GIVEN = """
INSERT INTO disclosure (subject_id, recipient, purpose, categories, disclosed_at, told_by)
SELECT subject_id, 'Okręgowa Izba', 'P17', '{D1}', now(), 'licensing' FROM subject WHERE subject_id = (
  SELECT subject_id FROM privacy_case WHERE case_id = $1)
"""
NOTICES = "/staff/recipient-notices"


async def test_whom_no_mail_tells_somebody_tells_or_says_why_not(desk: Desk) -> None:
    """GDPR Art. 19: a recipient without an address in the register, and data that it was given under no number."""
    member, client, officer = await desk.opened("erasure"), desk.client, desk.officer
    await desk.rows.execute(GIVEN, member.case_id)
    assert (await client.delete(f"{MINE}/{member.case_id}", headers=member.session)).status_code == 204
    wish = {"right": "restriction", "ground": "accuracy contested"}
    case_id = (await client.post(MINE, json=wish, headers=member.session)).json()["id"]
    await desk.until(case_id, "in force")
    assert "- Okręgowa Izba" in await desk.letter(member.address, "Przetwarzanie Twoich danych jest ograniczone")
    listed = (await client.get(NOTICES, headers=desk.support)).json()["notices"]
    (notice,) = [each for each in listed if each["case_id"] == case_id]
    for id_, those in ((case_id, [notice]), (uuid4(), [])):
        assert (await client.get(f"{NOTICES}?case_id={id_}", headers=officer)).json()["notices"] == those
    assert (notice["recipient"], notice["about"]) == ("Okręgowa Izba", "restriction")
    assert [(each["reference"], each["categories"]) for each in notice["disclosures"]] == [("", ["D1"])]
    place, why = f"{NOTICES}/{notice['notice_id']}", "Izba została zlikwidowana w marcu."
    for body, field in (({"how": "mail"}, "how"), ({"how": "impossible"}, "reason"), ({"reason": why}, "how")):
        refused = problem(await client.put(place, json=body, headers=officer), 422)
        assert [error["field"] for error in refused["errors"]] == [field]
    settled = {"how": "impossible", "reason": why}
    problem(await client.put(place, json=settled, headers=desk.support), 403)
    problem(await client.put(f"{NOTICES}/{uuid4()}", json=settled, headers=officer), 404)
    assert (await client.put(place, json=settled, headers=officer)).status_code == 204
    refused = problem(await client.put(place, json=settled, headers=officer), 409)
    assert [error["field"] for error in refused["errors"]] == ["how"]
    assert notice not in (await client.get(NOTICES, headers=officer)).json()["notices"]
    case = (await client.get(f"{MINE}/{case_id}", headers=member.session)).json()
    (shown,) = [each for each in case["recipients"] if each["recipient"] == "Okręgowa Izba"]
    assert (shown["how"], shown["reason"]) == ("impossible", why)
    assert (await desk.put(case_id, "recipients-answer")).status_code == 204
    assert why in " ".join((await desk.letter(member.address, "Kogo zawiadomiliśmy")).split())
    problem(await desk.put(member.case_id, "recipients-answer"), 409)
    problem(await desk.put(str(uuid4()), "recipients-answer"), 404)
    assert (await client.delete(f"{MINE}/{case_id}", headers=member.session)).status_code == 204
    listed = (await client.get(NOTICES, headers=officer)).json()["notices"]
    assert case_id not in [each["case_id"] for each in listed], "who was not told of it hears of no end"


async def test_who_was_told_by_letter_is_told_of_the_end_by_hand(desk: Desk) -> None:
    before, client = await desk.opened("access"), desk.client
    await desk.rows.execute(GIVEN, before.case_id)
    wish = {"right": "restriction", "ground": "accuracy contested"}
    case_id = (await client.post(MINE, json=wish, headers=before.session)).json()["id"]
    member = Member(before.address, before.session, case_id)
    await desk.until(case_id, "in force")

    async def listed() -> list[tuple[str, bool]]:
        shown = (await client.get(NOTICES, headers=desk.officer)).json()["notices"]
        return [(each["notice_id"], each["lifted"]) for each in shown if each["case_id"] == member.case_id]

    ((notice, lifted),) = await listed()
    assert not lifted
    assert (await client.put(f"{NOTICES}/{notice}", json={"how": "letter"}, headers=desk.officer)).status_code == 204
    assert await listed() == []
    assert (await client.delete(f"{MINE}/{member.case_id}", headers=member.session)).status_code == 204
    ((notice, lifted),) = await listed()
    assert lifted
    assert (await client.put(f"{NOTICES}/{notice}", json={"how": "letter"}, headers=desk.officer)).status_code == 204
    case = (await client.get(f"{MINE}/{member.case_id}", headers=member.session)).json()
    by_hand = [each for each in case["recipients"] if each["recipient"] == "Okręgowa Izba"]  # others are told by mail
    assert [(each["how"], each["lifted"]) for each in by_hand] == [("letter", True)]


async def test_whoever_may_not_look_changes_nothing(desk: Desk) -> None:
    member, client, officer = await desk.opened("erasure"), desk.client, desk.officer
    case_id, marketer = member.case_id, bearer(await colleague(desk.harness, "marketer"))
    routes: list[tuple[str, str, Any]] = [
        ("GET", DESK, None),
        ("GET", f"{DESK}/{case_id}?purpose=handling", None),
        ("PUT", f"{DESK}/{case_id}/assignee", {"assignee": None}),
        ("POST", f"{DESK}/{case_id}/notes", {"text": "Mine."}),
    ]
    for method, path, body in routes:
        problem(await client.request(method, path, json=body, headers=marketer), 403)
        problem(await client.request(method, path, json=body, headers=member.session), 401)
    problem(await client.get(f"{DESK}/{case_id}", headers=officer), 422)
    problem(await client.get(f"{DESK}/{case_id}?purpose=curiosity", headers=officer), 422)
    problem(await client.get(f"{DESK}/{uuid4()}?purpose=handling", headers=officer), 404)
    problem(await client.post(f"{DESK}/{uuid4()}/notes", json={"text": "Whose?"}, headers=officer), 404)
    for table in ("staff_look", "case_note"):
        count = f"SELECT count(*) FROM {table} WHERE case_id = $1"  # noqa: S608 a name of this test
        assert await desk.rows.fetchval(count, case_id) == 0
