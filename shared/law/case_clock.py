"""The time limits of a person's request (GDPR Art. 12(3), Regulation 1182/71)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

import holidays

from shared.law.calendar import WARSAW, months_after

POLAND = holidays.country_holidays("PL")
SATURDAY = 5

TARGET_DAYS = 14  # policy since 2018-05-25: "without undue delay"; stored with each case when it opens


class ExtensionReason(StrEnum):
    """The only two reasons that the law accepts (Art. 12(3))."""

    COMPLEXITY = "complexity"
    NUMBER = "number"


class ExtensionError(ValueError):
    """The law does not allow this extension."""


def day_of_receipt(at: date) -> date:
    """The day at the vendor's seat on which a moment falls; a plain date stays. Raises ValueError without a zone."""
    if not isinstance(at, datetime):
        return at
    if at.tzinfo is None:
        raise ValueError("the moment of receipt needs a time zone")
    return at.astimezone(WARSAW).date()


def working_day(day: date) -> date:
    """The day itself, or the first one after it that is no Saturday, Sunday or Polish holiday (Art. 3(4))."""
    while day.weekday() >= SATURDAY or day in POLAND:
        day += timedelta(days=1)
    return day


def working_days_after(day: date, count: int) -> date:
    """The last of so many working days after a day, which itself is not counted (Art. 3(1))."""
    for _ in range(count):
        day = working_day(day + timedelta(days=1))
    return day


@dataclass(frozen=True)
class Clock:
    """The limits of one request: a calendar month, and two more if extended.

    `paused_days` are those that passed while the person's answer to a doubt about identity or scope was
    awaited (Art. 12(6), recital 63): the clock goes on where it stood and never starts again.
    """

    received: date
    paused_days: int = 0
    extended: bool = False

    def __post_init__(self) -> None:
        if self.paused_days < 0:
            raise ValueError("a pause cannot be shorter than nothing")

    @property
    def due(self) -> date:
        """The last day for the answer; only this final date moves off weekends and holidays (Art. 3(4))."""
        end = months_after(day_of_receipt(self.received), 1)
        if self.extended:
            # Counted from the end of the first month: after a short month earlier than three months
            # from the receipt, so it is safe under both readings.
            end = months_after(end, 2)
        return working_day(end + timedelta(days=self.paused_days))

    @property
    def target(self) -> date:
        return day_of_receipt(self.received) + timedelta(days=TARGET_DAYS + self.paused_days)

    def extend(self, issued: date, reason: ExtensionReason | None) -> "Clock":
        """The clock after an extension whose notice goes out on `issued`. Raises ExtensionError (Art. 12(3))."""
        if reason is None:
            raise ExtensionError("an extension needs a reason: complexity or number of requests")
        if self.extended:
            raise ExtensionError("a request can be extended once")
        if not day_of_receipt(self.received) <= day_of_receipt(issued) <= self.due:
            raise ExtensionError(f"an extension must be issued by {self.due}, within the first month")
        return replace(self, extended=True)


def due_date(received: date) -> date:
    return Clock(received).due


def target_date(received: date) -> date:
    return Clock(received).target
