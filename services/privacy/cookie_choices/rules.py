"""How a visitor's choice stands on a day: pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from services.privacy.register.model import Register
from shared.contracts.fields import Language
from shared.contracts.privacy.cookie_choices import (
    DEVICE_PURPOSES,
    ChooseCookies,
    CookieChoice,
    OfferedPurpose,
    Standing,
)
from shared.law import retention

NEXT_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Choice:
    """What a visitor allows, and the last day on which that stands."""

    allowed: tuple[str, ...]
    retain_until: date

    @property
    def ask_again_on(self) -> date:
        return self.retain_until + NEXT_DAY


def chosen(request: ChooseCookies, day: date) -> Choice:
    """A choice of a day. Who allows nothing has refused, and is asked sooner than who allows something.

    The browser's signal weighs more than a click on a page: the page may be built to be clicked.
    """
    allowed = tuple(key for key in DEVICE_PURPOSES if getattr(request, key) and not request.opts_out)
    until = retention.cookie_choice(day, refused=not allowed).until
    assert until is not None  # noqa: S101 for the type: the class has a period
    return Choice(allowed, until)


def answer(choice: Choice | None, day: date, *, opts_out: bool) -> CookieChoice:
    """What a site may do: nothing without a choice that stands on the day, and nothing against the signal."""
    because = _standing(choice, day, opts_out)
    allowed: Collection[str] = choice.allowed if choice and because == "chosen" else ()
    return CookieChoice(
        **{key: key in allowed for key in DEVICE_PURPOSES},
        because=because,
        ask=because in ("not asked", "ask again"),
        ask_again_on=choice.ask_again_on if choice else None,
    )


def _standing(choice: Choice | None, day: date, opts_out: bool) -> Standing:
    if opts_out:
        return "global privacy control"
    if choice is None:
        return "not asked"
    if day >= choice.ask_again_on:
        return "ask again"
    return "chosen" if choice.allowed else "refused"


def offered(register: Register, language: Language) -> tuple[OfferedPurpose, ...]:
    """What a visitor is asked, in the words of the register."""
    return tuple(
        OfferedPurpose(key=key, title=asked.title.in_(language), does=asked.does.in_(language))
        for key, asked in ((key, register.device_purposes[key]) for key in DEVICE_PURPOSES)
    )
