"""What recipients are told, and people about them (GDPR Art. 19)."""

from datetime import date
from typing import get_args

import pytest

from services.privacy.recipients import rules
from services.privacy.register.loading import register
from shared.contracts.fields import Language
from shared.contracts.privacy import Disclosure, NoticeAbout, NoticeEnding
from shared.problems import Refused

PAID = Disclosure(reference="pay_1f2e", day=date(2026, 6, 15), categories=("D1", "D5"))
ENDINGS: tuple[NoticeEnding | None, ...] = (None, *get_args(NoticeEnding))


@pytest.mark.parametrize("about", get_args(NoticeAbout))
def test_a_recipient_hears_of_references_and_of_nobody(about: NoticeAbout) -> None:
    subject, text = rules.letter(about, [PAID], register())
    assert "- pay_1f2e, 2026-06-15: D1, D5" in text
    assert "D5: adres e-mail / " in text, "a key alone says nothing to them"
    assert "RODO art. 19" in subject
    assert "GDPR Art. 19" in subject
    assert register().controller.email in text
    assert "{" not in text


def test_a_recipient_hears_of_the_end_of_a_restriction_in_other_words() -> None:
    subject, text = rules.letter("restriction", [PAID], register(), lifted=True)
    assert "- pay_1f2e, 2026-06-15: D1, D5" in text
    assert "RODO art. 19" in subject
    assert "{" not in text
    assert (subject, text) != rules.letter("restriction", [PAID], register())


def test_a_name_in_the_log_is_that_of_a_recipient() -> None:
    by_name = {each.name: each for each in rules.names(register())}
    assert (by_name["payment provider"].key, by_name["payment provider"].reached) == ("payments", True)
    assert not by_name["sądy, mediatorzy i komornicy"].reached
    assert rules.in_words("payments", register(), "pl") == "PayGate Sandbox S.A."
    assert rules.in_words("somebody of before", register(), "pl") == "somebody of before"


@pytest.mark.parametrize("language", get_args(Language))
def test_a_person_hears_of_names_and_endings(language: Language) -> None:
    assert rules.announced([], register(), language) == ""
    assert "- PayGate Sandbox S.A.\n" in rules.announced(["payments"], register(), language)
    lines = {rules.stands("X", how, "2026-12-03", "Firma nie istnieje.", language) for how in ENDINGS}
    assert len(lines) == len(ENDINGS), "each ending has words of its own"
    assert not any("{" in line for line in lines)


@pytest.mark.parametrize("how", rules.UNTOLD)
def test_who_is_not_told_is_not_told_for_a_reason(how: NoticeEnding) -> None:
    rules.check_reason("letter", "")
    rules.check_reason(how, "The firm is dissolved.")
    with pytest.raises(Refused) as refused:
        rules.check_reason(how, "no")
    assert [error.field for error in refused.value.problem.errors] == ["reason"]
