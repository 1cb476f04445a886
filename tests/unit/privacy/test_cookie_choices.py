"""How a visitor's choice stands: the day before, the day itself, and against the browser's signal."""

from datetime import date
from uuid import uuid4

import pytest

from services.privacy.cookie_choices.rules import answer, chosen, offered
from services.privacy.register.loading import load
from shared.contracts.privacy.cookie_choices import DEVICE_PURPOSES, ChooseCookies, CookieChoice


def stands(chosen_on: date, day: date, **wanted: bool) -> CookieChoice:
    return answer(chosen(ChooseCookies(visitor_id=uuid4(), **wanted), chosen_on), day, opts_out=False)


@pytest.mark.parametrize(
    ("wanted", "chosen_on", "last", "again"),
    [
        ({"statistics": True}, date(2026, 11, 28), date(2027, 11, 28), date(2027, 11, 29)),
        ({"statistics": True, "marketing": True}, date(2028, 2, 29), date(2029, 2, 28), date(2029, 3, 1)),
        ({}, date(2026, 11, 28), date(2027, 5, 28), date(2027, 5, 29)),
        ({}, date(2026, 8, 31), date(2027, 2, 28), date(2027, 3, 1)),
    ],
    ids=["some", "all, on a leap day", "nothing", "nothing, into a short month"],
)
def test_example_20_asked_again_after_12_months_and_after_a_refusal_after_6(
    wanted: dict[str, bool], chosen_on: date, last: date, again: date
) -> None:
    """The day itself is the last one on which a choice stands (Reg. 1182/71 Art. 3(2)(c)); the next one asks."""
    before, after = stands(chosen_on, last, **wanted), stands(chosen_on, again, **wanted)
    assert (before.because, before.ask) == ("chosen" if wanted else "refused", False)
    assert before.ask_again_on == again
    assert {key: getattr(before, key) for key in DEVICE_PURPOSES} == dict.fromkeys(DEVICE_PURPOSES, False) | wanted
    assert (after.because, after.ask, after.ask_again_on) == ("ask again", True, again)
    assert not any(getattr(after, key) for key in DEVICE_PURPOSES)


def test_nothing_is_allowed_of_whom_nobody_asked() -> None:
    answered = answer(None, date(2026, 11, 28), opts_out=False)
    assert answered == CookieChoice(statistics=False, marketing=False, because="not asked", ask=True, ask_again_on=None)


def test_the_signal_of_a_browser_is_a_refusal() -> None:
    """What is chosen with it, and what is asked with it, whatever was chosen without."""
    day = date(2026, 11, 28)
    everything = {"statistics": True, "marketing": True}
    kept = chosen(ChooseCookies(visitor_id=uuid4(), opts_out=True, **everything), day)
    assert (kept.allowed, kept.retain_until) == ((), date(2027, 5, 28))
    before = chosen(ChooseCookies(visitor_id=uuid4(), **everything), day)
    for choice in (kept, before, None):
        told = answer(choice, day, opts_out=True)
        assert (told.statistics, told.marketing, told.ask) == (False, False, False)
        assert told.because == "global privacy control"


def test_the_register_has_the_words_of_every_purpose_and_of_no_other() -> None:
    assert set(load().device_purposes) == set(DEVICE_PURPOSES)
    polish, english = offered(load(), "pl"), offered(load(), "en")
    assert [each.key for each in polish] == [each.key for each in english] == list(DEVICE_PURPOSES)
    assert all(pl.does != en.does for pl, en in zip(polish, english, strict=True))
