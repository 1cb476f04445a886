"""What an officer decides through the gateway: who is asking, longer time, refusal; what cannot be changes nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.servers import Servers
from services.privacy.desk import templates
from shared.clock import now, today
from shared.law.case_clock import Clock
from tests.desk import MINE, Desk, Member, desk_at_work
from tests.gateway import bearer, problem
from tests.harness import eventually
from tests.staff import colleague

QUESTION = {"question": "Jaki był numer ostatniej faktury i kiedy ją wystawiliśmy?"}
EXTENSION = {"reason": "complexity", "explanation": "Dane są w trzech systemach, z których jeden jest w naprawie."}
CLAIMS = {"category": "D9", "ground": "legal claims", "retain_until": "2099-12-31"}
REFUSAL = {"refused": [CLAIMS], "reasons": "Faktura jest niezapłacona, a sprawa jest w sądzie od marca."}
WHOLE = REFUSAL | {"refused": [{"ground": "excessive"}]}
ROW = "SELECT state, due_on, target_on, asked_on, paused_from, paused_days, extended_on, closed_at FROM privacy_case "
ROW += "WHERE case_id = $1"
GATHERED = "INSERT INTO trace_search (case_id, gathered_at, sought) VALUES ($1, now(), 3)"
SOUGHT = "SELECT count(*) FROM trace_search WHERE case_id = $1"
PERMISSION = (
    "SELECT allowed FROM permission p JOIN privacy_case USING (subject_id) WHERE case_id = $1 AND purpose = '*'"
)


@pytest.fixture(scope="module")
async def desk(servers: Servers) -> AsyncIterator[Desk]:
    async with desk_at_work(servers) as at_work:
        yield at_work


async def stored(desk: Desk, member: Member) -> dict[str, Any]:
    """The case as it is stored, with how much happened to it."""
    (row,) = [dict(each) for each in await desk.rows.fetch(ROW, member.case_id)]
    events = await desk.rows.fetchval("SELECT count(*) FROM case_event WHERE case_id = $1", member.case_id)
    letters = await desk.rows.fetchval("SELECT count(*) FROM case_letter WHERE case_id = $1", member.case_id)
    return row | {"events": events, "letters": letters}


def fields(refused: dict[str, Any]) -> list[str]:
    return [error["field"] for error in refused["errors"]]


async def test_a_case_is_refused_by_a_letter_with_all_of_its_parts(desk: Desk) -> None:
    """Example 4 of the reference."""
    member = await desk.opened("erasure")
    assert await desk.rows.fetchval(PERMISSION, member.case_id) is False
    assert (await desk.put(member.case_id, "refusal", REFUSAL)).status_code == 204
    letter = await desk.letter(member.address, "Odmawiamy Twojemu żądaniu")
    for words in (
        member.case_id,
        "RODO art. 17 ust. 3 lit. e",
        "2099-12-31",
        REFUSAL["reasons"],
        "Prezes Urzędu Ochrony Danych Osobowych, ul. Stanisława Moniuszki 1A, 00-014 Warszawa",
        "sądu okręgowego",
        f"{today()}",
    ):
        assert str(words) in letter
    file = await desk.file(member.case_id)
    assert (file["case"]["state"], file["case"]["clock"]) == ("refused", "ended")
    last = file["events"][-1]
    assert (last["actor"], last["before"], last["after"], last["reason"]) == (
        "officer",
        "waiting",
        "refused",
        REFUSAL["reasons"],
    )
    assert last["by"] is not None
    assert file["refused"] == [{"category": "D9", "ground": "legal claims", "kept_until": "2099-12-31"}]
    assert await desk.rows.fetchval(PERMISSION, member.case_id) is True, "what the case forbade is allowed again"
    sealed = "SELECT sealed_address IS NULL FROM privacy_case WHERE case_id = $1"
    await eventually(lambda: desk.rows.fetchval(sealed, member.case_id))
    assert [each["ending"] for each in (await desk.file(member.case_id))["letters"]] == ["sent"]
    again = await desk.client.post(MINE, json={"right": "erasure"}, headers=member.session)
    assert again.status_code == 201, "a refusal ends this case, not the right"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reasons": REFUSAL["reasons"]}, "refused"),
        (REFUSAL | {"refused": []}, "refused"),
        (REFUSAL | {"refused": [{"category": "D9"}]}, "refused.0.ground"),
        (REFUSAL | {"refused": [CLAIMS | {"ground": "because"}]}, "refused.0.ground"),
        (REFUSAL | {"refused": [{"ground": "legal claims"}]}, "refused.0.category"),
        (REFUSAL | {"refused": [CLAIMS | {"ground": "rights of others"}]}, "refused.0.ground"),
        (REFUSAL | {"refused": [CLAIMS | {"retain_until": "2020-01-01"}]}, "refused.0.retain_until"),
        (REFUSAL | {"reasons": "no"}, "reasons"),
        ({"refused": [CLAIMS]}, "reasons"),
    ],
)
async def test_a_refusal_that_cannot_be_is_refused_by_its_field(desk: Desk, body: dict[str, Any], field: str) -> None:
    member = await desk.opened("erasure")
    before = await stored(desk, member)
    assert fields(problem(await desk.put(member.case_id, "refusal", body), 422))[0] == field
    assert await stored(desk, member) == before


async def test_a_letter_with_a_missing_item_closes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Example 4: missing any, the case cannot close; nor behind the code's back."""
    member = await desk.opened("erasure")
    before = await stored(desk, member)
    subject, text = templates.LETTERS["refusal", "pl"]
    monkeypatch.setitem(templates.LETTERS, ("refusal", "pl"), (subject, text.replace("{authority}", "UODO")))
    assert fields(problem(await desk.put(member.case_id, "refusal", REFUSAL), 409)) == ["authority"]
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await desk.rows.execute("UPDATE privacy_case SET state = 'refused' WHERE case_id = $1", member.case_id)
    assert refused.value.constraint_name == "refused_by_letter"
    assert await stored(desk, member) == before


async def test_a_refusal_after_the_last_day_says_why(desk: Desk) -> None:
    member = await desk.opened("erasure", days_ago=60)
    assert fields(problem(await desk.put(member.case_id, "refusal", WHOLE), 422)) == ["late_because"]
    late = WHOLE | {"late_because": "List zaginął w innym dziale."}
    assert (await desk.put(member.case_id, "refusal", late)).status_code == 204
    assert "List zaginął w innym dziale." in await desk.letter(member.address, "Odmawiamy Twojemu żądaniu")


async def test_of_two_officers_at_the_same_instant_one_decides(desk: Desk) -> None:
    member = await desk.opened("erasure")
    other = bearer(await colleague(desk.harness, "officer"))
    answers = await asyncio.gather(
        desk.put(member.case_id, "refusal", REFUSAL),
        desk.put(member.case_id, "refusal", WHOLE, headers=other),
        desk.put(member.case_id, "identity-question", QUESTION, headers=other),
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes in ([204, 409, 409], [204, 204, 409]), [answer.text for answer in answers]
    file = await desk.file(member.case_id)
    assert file["case"]["state"] == "refused"
    assert len([event for event in file["events"] if event["after"] == "refused"]) == 1
    assert len([letter for letter in file["letters"] if letter["kind"] == "refusal"]) == 1


async def test_what_the_machine_does_not_know_and_who_may_not_change_nothing(desk: Desk) -> None:
    objection = await desk.opened("marketing-objection")
    await desk.until(objection.case_id, "closed")
    member = await desk.opened("erasure")
    before = await stored(desk, member), await stored(desk, objection)
    acts: dict[str, Any] = {
        "identity-question": QUESTION,
        "identity-answer": {"answered_on": f"{today()}"},
        "approval": {"identified_by": "callback"},
        "extension": EXTENSION,
        "refusal": WHOLE,
    }
    for act, body in acts.items():
        assert fields(problem(await desk.put(objection.case_id, act, body), 409)) in (["state"], ["asked_on"])
        problem(await desk.put(str(uuid4()), act, body), 404)
        problem(await desk.put(member.case_id, act, body, headers=member.session), 401)
        if act != "identity-answer":
            problem(await desk.put(member.case_id, act, body, headers=desk.support), 403)
    assert fields(problem(await desk.put(member.case_id, "approval", acts["approval"]), 409)) == ["state"]
    assert (await stored(desk, member), await stored(desk, objection)) == before


async def test_the_clock_stands_while_the_person_is_asked_and_nothing_starts(desk: Desk) -> None:
    member = await desk.opened("access")
    await desk.until(member.case_id, "ready")
    assert (await desk.put(member.case_id, "identity-question", QUESTION)).status_code == 204
    assert QUESTION["question"] in (await desk.letter(member.address, templates.LETTERS["identity question", "pl"][0]))
    row = await stored(desk, member)
    assert (row["state"], row["asked_on"], row["paused_from"]) == ("identity pending", today(), today())
    assert await desk.rows.fetchval("SELECT count(*) FROM copy_part WHERE case_id = $1", member.case_id) == 0
    problem(await desk.client.get(f"{MINE}/{member.case_id}/copy", headers=member.session), 409)
    problem(await desk.put(member.case_id, "identity-question", QUESTION), 409)
    asked = "UPDATE privacy_case SET asked_on = asked_on - 5, paused_from = paused_from - 5 WHERE case_id = $1"
    await desk.rows.execute(asked, member.case_id)
    tomorrow = {"answered_on": f"{today() + timedelta(days=1)}"}
    assert fields(problem(await desk.put(member.case_id, "identity-answer", tomorrow), 422)) == ["answered_on"]
    answered = {"answered_on": f"{today()}"}
    assert (await desk.put(member.case_id, "identity-answer", answered, headers=desk.support)).status_code == 204
    row = await stored(desk, member)
    clock = Clock(now(), paused_days=5)
    assert (row["paused_days"], row["due_on"], row["target_on"]) == (5, clock.due, clock.target)
    assert (await desk.put(member.case_id, "approval", {"identified_by": "matching data"})).status_code == 204
    await desk.until(member.case_id, "ready")


@pytest.mark.parametrize(("late_because", "stands"), [("", False), ("List leżał w innym biurze.", True)])
async def test_a_late_question_stops_the_clock_only_with_a_reason(desk: Desk, late_because: str, stands: bool) -> None:
    member = await desk.opened("erasure", days_ago=12)
    due_on = (await stored(desk, member))["due_on"]
    await desk.rows.execute(GATHERED, member.case_id)
    body = QUESTION | {"late_because": late_because}
    assert (await desk.put(member.case_id, "identity-question", body)).status_code == 204
    row = await stored(desk, member)
    assert (row["paused_from"] is not None, row["due_on"]) == (stands, due_on)
    assert await desk.rows.fetchval(PERMISSION, member.case_id) is False, "an erasure in doubt restricts on"
    assert await desk.rows.fetchval(SOUGHT, member.case_id) == 0, "what was gathered is gathered again when it goes on"
    assert (await desk.put(member.case_id, "approval", {"identified_by": "callback"})).status_code == 204
    assert (await stored(desk, member))["state"] == "waiting"


@pytest.mark.parametrize(("days", "status"), [(10, 204), (60, 409)])
async def test_an_extension_comes_within_the_first_month_by_letter(desk: Desk, days: int, status: int) -> None:
    """Example 3 of the reference, with the day of receipt so long ago."""
    member = await desk.opened("erasure", days_ago=days)
    for field, body in (
        ("reason", {"explanation": EXTENSION["explanation"]}),
        ("reason", EXTENSION | {"reason": "laziness"}),
        ("explanation", EXTENSION | {"explanation": ""}),
    ):
        assert fields(problem(await desk.put(member.case_id, "extension", body), 422)) == [field]
    before = await stored(desk, member)
    answer = await desk.put(member.case_id, "extension", EXTENSION)
    assert answer.status_code == status, answer.text
    if status != 204:
        assert await stored(desk, member) == before
        return
    row = await stored(desk, member)
    received = await desk.rows.fetchval("SELECT received_at FROM privacy_case WHERE case_id = $1", member.case_id)
    assert row["due_on"] == Clock(received, extended=True).due
    letter = await desk.letter(member.address, templates.LETTERS["extension", "pl"][0])
    assert f"{row['due_on']}" in letter
    assert "Dane są w trzech systemach" in letter
    case = (await desk.client.get(f"{MINE}/{member.case_id}", headers=member.session)).json()
    assert (case["clock"], date.fromisoformat(case["due_on"])) == ("extended", row["due_on"])
    assert fields(problem(await desk.put(member.case_id, "extension", EXTENSION), 409)) == ["extended_on"]
