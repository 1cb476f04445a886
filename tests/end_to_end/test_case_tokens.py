"""A lost case token: whoever proves the address again has another, and the one that was lost is dead."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.privacy.unconfirmed_requests import MAX_CODES
from shared.contracts import privacy
from tests.mail_server import text_of
from tests.scenario import Customer, Scenario

GOES_ON = ("recipients", "evidence", "search")
SUBJECT = {"pl": "nowy kod sprawy", "en": "new case token"}


@pytest.fixture
def cooling_off(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases wait until the test is over."""
    monkeypatch.setattr(scenario.resources["privacy"].settings, "cooling_off_s", 3600.0)


async def code_of(scenario: Scenario, address: str, asked: UUID) -> str:
    return await scenario.mailed(address, re.compile(rf"(?:Code|Kod): (\d{{8}})\s+(?:Request|Numer żądania): {asked}"))


async def by_address(scenario: Scenario, address: str) -> Customer:
    """Somebody without an account asks to be erased."""
    asked = await scenario.ask(privacy.RequestCase(email=address, language="en"))
    person = Customer(scenario, address, "", "", token=uuid4().hex)
    code = await code_of(scenario, address, asked.id)
    await scenario.ask(privacy.ConfirmCase(request_id=asked.id, code=code, token=person.token))
    return person


async def proved(scenario: Scenario, address: str, language: Any = "pl") -> dict[str, Any]:
    """What proves an address for a new token."""
    asked = await scenario.ask(privacy.RequestToken(email=address, language=language))
    return {"request_id": asked.id, "code": await code_of(scenario, address, asked.id)}


async def replaced(scenario: Scenario, address: str) -> str:
    token = uuid4().hex
    await scenario.ask(privacy.ConfirmToken(**await proved(scenario, address), token=token))
    return token


def someone() -> str:
    return f"wislawa.{uuid4().hex[:12]}@example.com"


async def checked(person: Customer) -> dict[str, Any]:
    """The certificate without what goes on after the case has closed: telling recipients, the log, the search."""
    return {name: value for name, value in (await person.certificate()).items() if name not in GOES_ON}


@pytest.mark.parametrize(("who", "state"), [("address", "closed"), ("member", "closed")])
async def test_a_lost_token_is_replaced_when_the_address_is_proved(scenario: Scenario, who: str, state: str) -> None:
    if who == "address":
        person = await by_address(scenario, someone())
    else:
        person = await scenario.register_customer()
        await person.ask_for_erasure(terminate=True)
    await person.until(state)
    before = await checked(person)
    lost, person.token = person.token, await replaced(scenario, person.address.upper())
    assert await checked(person) == before
    assert await scenario.status(privacy.ReadCase(token=lost)) == 404
    assert await scenario.status(privacy.ReadCertificate(token=lost)) == 404


@pytest.mark.usefixtures("cooling_off")
async def test_an_owner_takes_back_what_somebody_else_began(scenario: Scenario) -> None:
    """A session was stolen, and only the thief saw the token."""
    person = await scenario.register_customer()
    case_id = await person.ask_for_erasure(terminate=True)
    (receipt,) = await scenario.letters(person.address, "Otrzymaliśmy")
    assert "poproś o nowy" in receipt
    thief, person.token = person.token, await replaced(scenario, person.address)
    assert await scenario.status(privacy.WithdrawCase(token=thief)) == 404
    await scenario.ask(privacy.WithdrawCase(token=person.token))
    case = await person.case()
    assert (case.case_id, case.state) == (case_id, "withdrawn")


async def test_a_case_that_was_taken_back_hides_no_other(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await by_address(scenario, someone())
    closed = await person.until("closed")
    monkeypatch.setattr(scenario.resources["privacy"].settings, "cooling_off_s", 3600.0)
    again = await by_address(scenario, person.address)
    open_case = await again.case()
    again.token = await replaced(scenario, person.address)
    assert (await again.case()).case_id == open_case.case_id, "the newest"
    await scenario.ask(privacy.WithdrawCase(token=again.token))
    person.token = await replaced(scenario, person.address)
    assert (await person.case()).case_id == closed.case_id


async def test_only_the_owner_learns_that_there_is_no_case(scenario: Scenario) -> None:
    """Known or not: the same answer, a row, and a mail; what a code proves is known to who has it."""
    person, unknown, subjects = await by_address(scenario, someone()), someone(), []
    await person.until("closed")
    known = person.address
    for address in (known, unknown):
        proof = await proved(scenario, address, "en")
        asked = str(proof["request_id"])  # the letter of the case that has just closed may come later
        subjects += [str(mail["Subject"]) for mail in scenario.smtp.mails_to(address) if asked in text_of(mail)]
        status = await scenario.status(privacy.ConfirmToken(**proof, token=uuid4().hex))
        assert status == {known: 200, unknown: 404}[address]
    assert len(subjects) == 2
    assert subjects[0] == subjects[1]
    assert SUBJECT["en"] in subjects[0]


async def test_a_code_serves_only_what_it_was_asked_for(scenario: Scenario) -> None:
    person = await by_address(scenario, someone())
    await person.until("closed")
    for_token = await proved(scenario, person.address)
    asked = await scenario.ask(privacy.RequestCase(email=person.address))
    for_erasure = {"request_id": asked.id, "code": await code_of(scenario, person.address, asked.id)}
    assert await scenario.status(privacy.ConfirmCase(**for_token, token=uuid4().hex)) == 422
    assert await scenario.status(privacy.ConfirmToken(**for_erasure, token=uuid4().hex)) == 422
    wrong = for_token | {"code": f"{(int(for_token['code']) + 1) % 10**8:08d}"}
    assert await scenario.status(privacy.ConfirmToken(**wrong, token=uuid4().hex)) == 422
    assert await scenario.status(privacy.ConfirmToken(**for_token, token=uuid4().hex)) == 200
    assert await scenario.status(privacy.ConfirmToken(**for_token, token=uuid4().hex)) == 422, "once"


async def test_codes_for_a_token_count_with_the_others(scenario: Scenario) -> None:
    address = someone()
    asked = {(await scenario.ask(privacy.RequestToken(email=address))).id for _ in range(MAX_CODES + 2)}
    assert len(asked) == MAX_CODES
    assert (await scenario.ask(privacy.RequestCase(email=address))).id not in asked
    count = "SELECT count(*) FROM unconfirmed_request WHERE request_id = ANY ($1)"
    assert await scenario.rows["privacy"].fetchval(count, asked) == MAX_CODES


PROOF = """
SELECT o.given, o.text_version FROM privacy_case c JOIN consent o USING (subject_id)
WHERE c.address_hash = (SELECT address_hash FROM privacy_case WHERE token_hash = sha256(convert_to($1, 'UTF8')))
"""


async def test_from_an_address_to_the_proof_of_its_consents(scenario: Scenario) -> None:
    """Six years of proof serve somebody only if they are found: by the hash in the case of the erasure."""
    person = await scenario.register_customer()
    await person.subscribe()
    await person.erase(terminate=True)
    person.token = await replaced(scenario, person.address)
    consents = await scenario.rows["privacy"].fetch(PROOF, person.token)
    assert [tuple(consent) for consent in consents] == [(True, "T-7")]
