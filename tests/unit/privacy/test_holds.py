"""What a legal hold must say, and the words in which people are told of one."""

from datetime import date, datetime
from typing import get_args
from uuid import UUID

import pytest

from services.privacy.cases.letters import DueLetter, compose
from services.privacy.cases.reasons import Kept, in_words
from services.privacy.holds import rules
from services.privacy.register.loading import register
from shared.contracts.fields import Language
from shared.contracts.privacy import HoldGround
from shared.law.calendar import WARSAW
from shared.problems import Refused

TODAY = date(2027, 1, 10)
HOLD = "0193f6a2-7b1c-7c55-8d3e-2f6a1b0c9d8e"
RECEIVED = datetime(2027, 1, 10, 9, 0, tzinfo=WARSAW)


def refused(status: int, field: str, check: object, *arguments: object) -> None:
    assert callable(check)
    with pytest.raises(Refused) as refusal:
        check(*arguments)
    problem = refusal.value.problem
    assert (problem.status, [error.field for error in problem.errors]) == (status, [field])


@pytest.mark.parametrize("review_on", [date(2027, 1, 9), TODAY, date(2029, 1, 11), date(9999, 12, 31)])
def test_a_review_is_neither_past_nor_far_away(review_on: date) -> None:
    refused(422, "review_on", rules.check_review, review_on, TODAY)


@pytest.mark.parametrize("review_on", [date(2027, 1, 11), date(2029, 1, 10)])
def test_a_review_may_be_tomorrow_or_in_two_years(review_on: date) -> None:
    rules.check_review(review_on, TODAY)


@pytest.mark.parametrize("scope", [("*",), ("D9", "D10"), ("D8",)])
def test_tax_law_keeps_what_it_has_kept(scope: tuple[str, ...]) -> None:
    refused(422, "scope", rules.check_scope, scope, rules.TAX)
    rules.check_scope(scope, "proceedings")
    rules.check_scope(("D9", "D17"), rules.TAX)


@pytest.mark.parametrize("named", [(None, None), (UUID(int=1), UUID(int=2))])
def test_a_hold_is_on_one_person(named: tuple[UUID | None, ...]) -> None:
    refused(422, "person_id", rules.check_whom, named)


def test_only_the_limitation_of_a_tax_is_suspended_after_an_erasure() -> None:
    for ground in get_args(HoldGround):
        rules.check_living(True, ground, "case_id")
        if ground != rules.TAX:
            refused(410, "case_id", rules.check_living, False, ground, "case_id")
    rules.check_living(False, rules.TAX, "case_id")


def kept(ground: HoldGround, *categories: str) -> Kept:
    reason = rules.REASONS[ground]
    grounds = f"{reason.provision}; {reason.exemption}"
    return Kept(categories, None, date(2027, 4, 10), grounds, (HOLD,))


@pytest.mark.parametrize("ground", get_args(HoldGround))
@pytest.mark.parametrize(
    ("language", "number", "why", "law"),
    [
        ("pl", f"Numer wstrzymania usunięcia: {HOLD}", "Dlaczego: ", "RODO art. 17 ust. 3"),
        ("en", f"Number of the legal hold: {HOLD}", "Why: ", "GDPR Art. 17(3)"),
    ],
)
def test_what_is_kept_by_a_hold_names_it(
    ground: HoldGround, language: Language, number: str, why: str, law: str
) -> None:
    words = in_words([kept(ground, "D9")], register(), language)
    assert number in words
    assert "2027-04-10" in words
    assert why in words
    assert law in words


@pytest.mark.parametrize(
    ("language", "subject", "everything"),
    [
        ("pl", "Twoje żądanie usunięcia danych musi poczekać", "1. wszystkie Twoje dane"),
        ("en", "Your request for erasure has to wait", "1. all your data"),
    ],
)
def test_the_letter_to_who_waits_is_whole(language: Language, subject: str, everything: str) -> None:
    """What GDPR Art. 12(4) wants: the reasons, the authority, a court."""
    due = DueLetter(
        case_id=UUID(int=1),
        subject_id=UUID(int=2),
        letter="held",
        attempts=1,
        language=language,
        sealed_address=b"",
        received_at=RECEIVED,
        due_on=date(2027, 2, 10),
        run_at=RECEIVED,
        closed_at=None,
    )
    title, text = compose(due, "https://lethe.example", [kept("proceedings", "*")])
    assert title == subject
    court = register().court.statement.in_(language)
    assert all(part in text for part in (everything, HOLD, "2027-04-10", "2027-01-10", "Moniuszki 1A", court))
    assert "{" not in text
