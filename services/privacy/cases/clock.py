"""The clock of a case (GDPR Art. 12(3), 12(6), Regulation 1182/71): pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.privacy.cases.machine import ANSWERED
from shared.contracts.privacy import ClockState

SOON = timedelta(days=3)


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
