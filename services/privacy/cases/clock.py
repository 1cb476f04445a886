"""The clock of a case (GDPR Art. 12(3), 12(6), Regulation 1182/71): pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.privacy.cases.machine import ANSWERED
from shared.contracts.privacy import ClockState
from shared.law.case_clock import Clock, ExtensionError, ExtensionReason, day_of_receipt, working_days_after
from shared.problems import refuse

SOON = timedelta(days=3)
ASKED_WITHIN = 3
"""Working days after the receipt. Only a question "without undue delay" stops the clock (EDPB 01/2022, Art. 12(6)); the
law names no number. Policy: whoever reads the mail each working day has three of them, one weekend left out."""


@dataclass(frozen=True)
class ClockRow:
    """What is stored of a case's clock. It stands since `paused_from`; `asked_on` is a question without an answer."""

    state: str
    received_at: datetime
    due_on: date
    target_on: date
    closed_at: datetime | None
    asked_on: date | None = None
    paused_from: date | None = None
    paused_days: int = 0
    extended_on: date | None = None

    @property
    def is_over(self) -> bool:
        """Whether the person has been answered."""
        return self.closed_at is not None or self.state in ANSWERED

    @property
    def clock(self) -> Clock:
        return Clock(self.received_at, self.paused_days, self.extended_on is not None)

    def recomputed(self) -> "ClockRow":
        """With the days that follow from what happened."""
        return replace(self, due_on=self.clock.due, target_on=self.clock.target)


def clock_state(row: ClockRow, day: date) -> ClockState:
    """How a case stands on a day; a clock that stands shows the day on which it stopped."""
    if row.is_over:
        return "ended"
    day = row.paused_from or day
    if row.due_on < day:
        return "overdue"
    if row.due_on - day <= SOON:
        return "due soon"
    return "extended" if row.extended_on else "on time"


def stops_the_clock(received: date, asked: date, late_because: str) -> bool:
    """Whether the question who the person is was asked without undue delay, or a reason is recorded why not."""
    return bool(late_because) or asked <= working_days_after(day_of_receipt(received), ASKED_WITHIN)


def ask(row: ClockRow, day: date, late_because: str = "") -> ClockRow:
    """The person is asked who they are; the clock stands if that is in time. Raises Refused (409) when asked before."""
    if row.asked_on is not None:
        raise refuse(409, "the person has been asked", field="asked_on", message="record the answer first")
    return replace(row, asked_on=day, paused_from=day if stops_the_clock(row.received_at, day, late_because) else None)


def answer(row: ClockRow, answered: date, day: date) -> ClockRow:
    """The answer has come, and the clock goes on. Raises Refused: 409 without a question, 422 for another day."""
    if row.asked_on is None:
        raise refuse(409, "nothing was asked", field="asked_on", message="there is no question to answer")
    if not row.asked_on <= answered <= day:
        between = f"from {row.asked_on} to {day}"
        raise refuse(422, "no answer can have come on that day", field="answered_on", message=between)
    stood = (answered - row.paused_from).days if row.paused_from else 0
    return replace(row, asked_on=None, paused_from=None, paused_days=row.paused_days + stood).recomputed()


def extend(row: ClockRow, day: date, reason: ExtensionReason) -> ClockRow:
    """Two further months, told on this day. Raises Refused (409) after the first month, and the second time."""
    stood = (day - row.paused_from).days if row.paused_from else 0
    try:
        replace(row.clock, paused_days=row.paused_days + stood).extend(day, reason)
    except ExtensionError as error:
        field = "extended_on" if row.extended_on else "due_on"
        raise refuse(409, "the law does not allow this extension", field=field, message=str(error)) from None
    return replace(row, extended_on=day).recomputed()
