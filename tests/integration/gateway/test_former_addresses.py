"""A right is asked for by an address that somebody used before: whoever has it today need not be that person."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.local import mailbox
from deploy.local.servers import Servers
from services.identity.service_mail.templates import CODE as CODE_MAIL
from services.privacy.confirmed_requests import CHANNEL
from services.privacy.copy_letters import COPY_CODES as CODES
from services.privacy.desk.templates import LETTERS
from shared.contracts.identity import FindPerson
from tests.desk import MINE, Desk, Member, desk_at_work
from tests.gateway import CODE, PASSWORD, bearer, mailed_code, problem, sign_in
from tests.harness import eventually
from tests.integration.gateway.test_desk_arrival import CERTAIN, KNOWN, made
from tests.integration.gateway.test_desk_decisions import fields
from tests.integration.gateway.test_restrictions import WISHES, stop_link
from tests.mail_server import text_of

FORM = "/privacy-requests"
CASES = "SELECT case_id, state, channel FROM privacy_case WHERE subject_id = $1"
BY_LETTER = "SELECT case_id, subject_id, state FROM privacy_case WHERE channel = 'letter' AND subject_id = ANY ($1)"
EFFECTS = """
SELECT (SELECT count(*) FROM block) + (SELECT count(*) FROM copy_part) + (SELECT count(*) FROM permission)
"""
SIGN_UP = CODE_MAIL["pl"].subject
RULED = "SELECT DISTINCT purpose FROM block WHERE case_id = $1"
RULINGS = {"erasure": "*", "restriction": "*D3", "objection": "profiling"}
RECEIVED = LETTERS["entered", "en"][0]
"""The form was filled in in English."""


@pytest.fixture(scope="module")
async def desk(servers: Servers) -> AsyncIterator[Desk]:
    async with desk_at_work(servers) as at_work:
        yield at_work


def an_address() -> str:
    return f"{uuid4().hex[:10]}@example.com"


async def moved(desk: Desk, member: Member) -> Member:
    """A member who has changed the address."""
    new = an_address()
    asked = await desk.client.post("/me/email", json={"email": new}, headers=member.session)
    assert asked.status_code == 202
    code = {"code": await mailed_code(desk.mail, new)}
    assert (await desk.client.post("/me/email/confirmations", json=code, headers=member.session)).status_code == 204
    return Member(new, bearer(await sign_in(desk.client, new)))


async def somebody_moved(desk: Desk) -> tuple[str, Member, UUID]:
    """An address that was left, who left it, and their id."""
    before = await desk.member()
    after = await moved(desk, before)
    return before.address, after, await subject(desk, after.address)


async def proof(desk: Desk, address: str, wish: dict[str, Any]) -> dict[str, str]:
    """Ask by the form; what the form and the mail say."""
    asked = await desk.client.post(FORM, json={"email": address, "language": "en"} | wish)
    assert asked.status_code == 202, asked.text
    return await proof_of(desk, address, asked.json()["id"])


async def proof_of(desk: Desk, address: str, request_id: str) -> dict[str, str]:
    """With the code that was mailed for a request."""

    def mailed() -> str:
        texts = [text_of(message) for message in mailbox.messages_for(desk.mail, address)]
        return next((CODE.findall(text)[0] for text in texts if request_id in text), "")

    return {"request_id": request_id, "code": str(await eventually(mailed))}


async def opened(desk: Desk, address: str, wish: dict[str, Any]) -> str:
    """The token of a case that was asked for by address."""
    answer = await desk.client.post(f"{FORM}/confirmations", json=await proof(desk, address, wish))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


async def subject(desk: Desk, address: str) -> UUID:
    async with desk.harness.asking() as asking:
        return (await asking.request(FindPerson(email=address))).subject_id


async def cases(desk: Desk, person: UUID) -> list[tuple[str, str]]:
    return [(row["state"], row["channel"]) for row in await desk.rows.fetch(CASES, person)]


async def case_of(desk: Desk, person: UUID) -> str:
    """Their only case."""
    (row,) = await desk.rows.fetch(CASES, person)
    return str(row["case_id"])


@pytest.mark.parametrize("right", WISHES)
async def test_by_a_former_address_a_case_waits_until_it_is_certain_who_asks(desk: Desk, right: str) -> None:
    """Whatever the right, nothing begins; an officer lets it go on as it was asked for."""
    old, member, person = await somebody_moved(desk)
    wish = {"right": right} | WISHES[right]
    proved = await proof(desk, old, wish)
    effects = await desk.rows.fetchval(EFFECTS)
    answer = (await desk.client.post(f"{FORM}/confirmations", json=proved)).json()
    if right == "erasure":  # what waits at this mailbox is of whoever has it today
        newcomer = await subject(desk, old)
        assert await cases(desk, newcomer) == [("waiting", "e-mail address")]
    else:
        assert answer["id"] == await case_of(desk, person)
        shown = (await desk.client.get(f"{FORM}/{answer['token']}")).json()
        assert (shown["right"], shown["state"]) == (right, "identity pending")
        assert await desk.rows.fetchval(EFFECTS) == effects
    assert await cases(desk, person) == [("identity pending", CHANNEL)]
    case_id = await case_of(desk, person)
    opened_by = (await desk.file(case_id))["events"][0]
    assert (opened_by["actor"], opened_by["by"]) == ("person", None)
    assert case_id in await desk.letter(member.address, RECEIVED)
    assert RECEIVED not in desk.mails(old)
    assert (await desk.put(case_id, "approval", CERTAIN)).status_code == 204
    assert await desk.state(case_id) != "identity pending"
    if right in RULINGS:
        assert [row["purpose"] for row in await desk.rows.fetch(RULED, case_id)] == [RULINGS[right]]


async def test_a_request_by_the_present_address_is_as_before(desk: Desk) -> None:
    _, member, person = await somebody_moved(desk)
    token = await opened(desk, member.address, {"right": "access"})
    assert await cases(desk, person) in ([("gathering", "e-mail address")], [("ready", "e-mail address")])
    assert (await desk.client.get(f"{FORM}/{token}")).json()["right"] == "access"


async def test_the_person_stops_it_by_the_link_in_the_receipt(desk: Desk) -> None:
    old, member, person = await somebody_moved(desk)
    token = await opened(desk, old, {"right": "marketing-objection"})
    link = await stop_link(desk.mail, member.address)
    assert "Sprawa jest zatrzymana" in (await desk.client.post(link)).text
    assert await cases(desk, person) == [("withdrawn", CHANNEL)]
    assert (await desk.client.get(f"{FORM}/{token}")).json()["state"] == "withdrawn"
    await desk.letter(member.address, "Objection to marketing withdrawn")
    assert fields(problem(await desk.put(await case_of(desk, person), "approval", CERTAIN), 409)) == ["state"]


async def test_who_has_it_today_does_not_get_the_copy_of_who_had_it(desk: Desk) -> None:
    """Even when an officer lets it go on: a code is mailed to the present address, and proving the former one
    leads to no case."""
    old, member, person = await somebody_moved(desk)
    token = await opened(desk, old, {"right": "access"})
    case_id = await case_of(desk, person)
    assert (await desk.put(case_id, "approval", CERTAIN)).status_code == 204
    await desk.until(case_id, "ready")
    assert (await desk.client.post(f"{FORM}/{token}/copy-codes")).status_code == 202
    await desk.letter(member.address, CODES["copy", "en"][0])
    assert CODES["copy", "en"][0] not in desk.mails(old)
    asked = (await desk.client.post(f"{FORM}/tokens", json={"email": old})).json()["id"]
    proved = await proof_of(desk, old, asked)
    problem(await desk.client.post(f"{FORM}/tokens/confirmations", json=proved), 404)


async def test_a_mailbox_of_two_people_opens_a_case_for_each(desk: Desk) -> None:
    """Who has it today at once, who had it after an officer has looked; each once."""
    old, _, former = await somebody_moved(desk)
    person = {"email": old, "password": PASSWORD, "full_name": "Jan Kowal"}
    first = await desk.letter(old, SIGN_UP)
    begun = (await desk.client.post("/accounts", json=person)).json()

    async def another() -> str | None:
        text = await desk.letter(old, SIGN_UP)
        return text if text != first else None

    code = CODE.findall(str(await eventually(another)))[0]
    sent = {"email": old, "token": begun["token"], "code": code}
    assert (await desk.client.post("/email-verifications", json=sent)).status_code == 201
    present = await subject(desk, old)
    proved = await proof(desk, old, {"right": "portability"})
    answer = (await desk.client.post(f"{FORM}/confirmations", json=proved)).json()
    assert answer["id"] == await case_of(desk, present)
    assert [channel for _, channel in await cases(desk, present)] == ["e-mail address"]
    assert await cases(desk, former) == [("identity pending", CHANNEL)]
    letter = Member(old, {})
    noted = problem(await desk.entered(letter, "marketing-objection", note="She writes that she has moved."), 422)
    assert fields(noted) == ["note"]
    entered = made(await desk.entered(letter, "marketing-objection"))
    by_letter = {row["subject_id"]: row for row in await desk.rows.fetch(BY_LETTER, [present, former])}
    assert {row["state"] == "identity pending" for row in by_letter.values()} == {True, False}
    assert (str(by_letter[present]["case_id"]), by_letter[former]["state"]) == (entered, "identity pending")
    other = str(by_letter[former]["case_id"])
    for one, second in ((entered, other), (other, entered)):
        reasons = [event["reason"] for event in (await desk.file(one))["events"]]
        assert f"the address was used by several, see: {second}" in reasons


async def test_one_more_of_the_same_is_joined_and_the_person_told(desk: Desk) -> None:
    """Whoever asks gets neither the id of the case nor a token for it, however often the answer is asked for."""
    old, member, person = await somebody_moved(desk)
    first = await opened(desk, old, {"right": "access"})
    case_id = await case_of(desk, person)
    proved, key = await proof(desk, old, {"right": "access"}), {"Idempotency-Key": uuid4().hex}
    for _ in range(2):
        again = await desk.client.post(f"{FORM}/confirmations", json=proved, headers=key)
        assert (again.status_code, again.json()) == (202, {"id": None, "token": None})
    assert (await desk.client.get(f"{FORM}/{first}")).json()["state"] == "identity pending"
    assert await cases(desk, person) == [("identity pending", CHANNEL)]
    told = (await desk.file(case_id))["events"][1:]
    assert [(event["actor"], event["reason"]) for event in told] == [("person", f"asked again: {CHANNEL}")]
    assert case_id in await desk.letter(member.address, LETTERS["joined", "en"][0])
    assert desk.mails(member.address).count(RECEIVED) == 1


async def test_staff_enter_a_letter_that_names_a_former_address(desk: Desk) -> None:
    old, member, person = await somebody_moved(desk)
    case_id = made(await desk.entered(Member(old, {}), "access"))
    assert await case_of(desk, person) == case_id
    assert case_id in await desk.letter(member.address, LETTERS["entered", "pl"][0])
    assert LETTERS["entered", "pl"][0] not in desk.mails(old)


async def test_an_erased_person_is_found_by_no_former_address(desk: Desk) -> None:
    old, member, person = await somebody_moved(desk)
    asked = await desk.client.post(MINE, json={"right": "erasure"}, headers=member.session)
    await desk.rows.execute("UPDATE privacy_case SET run_at = now() WHERE case_id = $1", asked.json()["id"])
    closed = "SELECT state = 'closed' FROM privacy_case WHERE case_id = $1"
    await eventually(lambda: desk.rows.fetchval(closed, asked.json()["id"]))
    proved = await proof(desk, old, {"right": "access"})
    (before,) = await desk.rows.fetch(KNOWN)
    assert fields(problem(await desk.client.post(f"{FORM}/confirmations", json=proved), 404)) == ["email"]
    assert await desk.rows.fetch(KNOWN) == [before]
    async with desk.harness.superuser("identity") as identity:
        assert await identity.fetchval("SELECT count(*) FROM former_address WHERE subject_id = $1", person) == 0


# ── The link in the receipt of what staff entered ───────────────────────────────────────────────


@pytest.mark.parametrize("language", ["pl", "en"])
async def test_the_receipt_of_what_staff_entered_has_the_link_that_stops_it(desk: Desk, language: Any) -> None:
    """Somebody else wrote the letter. What is kept of it with the case has no link."""
    member = await desk.member()
    case_id = made(await desk.entered(member, "erasure", language=language))
    text = await desk.letter(member.address, LETTERS["entered", language][0])
    assert re.search(r"/privacy-requests/stops/\S+", text)
    link = await stop_link(desk.mail, member.address)
    assert "/stops/" not in (await desk.file(case_id))["letters"][0]["text"]
    assert '<form method="post">' in (await desk.client.get(link)).text
    assert await desk.state(case_id) == "identity pending"
    await desk.client.post(link)
    assert await desk.state(case_id) == "withdrawn"


async def test_no_other_letter_of_the_desk_has_the_link(desk: Desk) -> None:
    member = await desk.opened("access")
    await desk.until(member.case_id, "ready")
    made(await desk.entered(member, "access"))
    joined = await desk.letter(member.address, LETTERS["joined", "pl"][0])
    assert (member.case_id in joined, "/stops/" in joined) == (True, False)
    assert mailbox.messages_for(desk.mail, member.address)
