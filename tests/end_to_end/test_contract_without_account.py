"""A contract that goes on when its account is gone can be ended, and the letter says how."""

import re
from uuid import uuid4

import pytest

from shared.contracts import licensing, privacy
from tests.harness import eventually
from tests.scenario import Customer, Scenario

OUTCOME = {"pl": "Wynik żądania", "en": "The outcome of your request"}


async def erased(scenario: Scenario, *, terminate: bool = False, language: str = "pl") -> Customer:
    """A customer with a license who asked to be erased."""
    person = await scenario.customer()
    await person.activate("my-laptop-1")
    assert (await person.validate("my-laptop-1")).code == "VALID"
    await person.erase(terminate=terminate, language="pl" if language == "pl" else "en")
    return person


async def kept_licenses(scenario: Scenario, person: Customer) -> list[int]:
    return [await scenario.count("licensing", table, person.id) for table in ("license", "activation")]


@pytest.mark.parametrize("language", ["pl", "en"])
async def test_the_case_token_ends_it_and_the_letter_says_so(scenario: Scenario, language: str) -> None:
    person = await erased(scenario, language=language)
    assert (await person.validate("my-laptop-1")).code == "VALID"
    (letter,) = await scenario.letters(person.address, OUTCOME[language])
    assert re.search(r"/privacy-requests/<(kod sprawy|case token)>/contracts", letter)
    assert "contact@clusteric.com" in letter
    for _ in range(2):
        await scenario.ask(privacy.EndContracts(token=person.token))
    assert await kept_licenses(scenario, person) == [0, 0]
    assert (await person.validate("my-laptop-1")).code != "VALID"
    assert await scenario.count("licensing", "invoice", person.id) == 1  # tax law goes on

    async def second_page() -> bool:
        pages = (await person.certificate())["second_pages"]
        return any(table["table"] == "license" for page in pages for table in page["tables"])

    await eventually(second_page)


async def test_a_contract_that_ended_with_the_erasure_has_no_way_out_to_offer(scenario: Scenario) -> None:
    person = await erased(scenario, terminate=True)
    (letter,) = await scenario.letters(person.address, OUTCOME["pl"])
    assert "/contracts" not in letter
    await scenario.ask(privacy.EndContracts(token=person.token))


async def test_before_the_case_is_closed_the_account_is_the_door(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenario.resources["privacy"].settings, "cooling_off_s", 3600.0)
    person = await scenario.customer()
    await person.ask_for_erasure(terminate=False)
    assert await scenario.status(privacy.EndContracts(token=person.token)) == 409
    assert (await person.validate()).code == "VALID"
    assert await scenario.status(privacy.EndContracts(token=uuid4().hex)) == 404


async def test_no_living_persons_contract_ends_this_way(scenario: Scenario) -> None:
    person = await scenario.customer()
    await scenario.ask(licensing.EndContracts(subjects=(person.id, uuid4())))
    assert (await person.validate()).code == "VALID"
