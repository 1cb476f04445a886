"""How a case stands, for those who run the system: pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from shared.contracts.privacy.erasures import Answer, CaseState, Outlook
from shared.law.case_clock import day_of_receipt

OPEN: tuple[CaseState, ...] = ("waiting", "ordered", "failed")
SOON = timedelta(days=3)
OWN = "privacy"


@dataclass(frozen=True)
class CaseRow:
    """A case as it is stored; `orders` are those of all its attempts, oldest first."""

    case_id: UUID
    state: CaseState
    channel: str
    verified_by: str
    received_at: datetime
    due_on: date
    run_at: datetime
    closed_at: datetime | None
    attempt: int
    orders: tuple[UUID, ...]
    letter: str | None
    letter_tries: int
    letter_due_at: datetime
    waits_for_copy: bool = False
    waits_for_hold: bool = False
    was_told: bool = False
    """Its person heard why it has to wait, which is an answer in time (GDPR Art. 12(4))."""


@dataclass(frozen=True)
class AskedRow:
    """What one participant has answered to an order of so many people."""

    service: str
    people: int
    answered: int
    failed: int
    asked_at: datetime
    reminders: int
    has_left: bool = False


def outlook(case: CaseRow, today: date) -> Outlook:
    """Whether an open case keeps its date; one whose next attempt is after it can't."""
    if case.state not in OPEN:
        return "ended"
    if case.was_told:
        return "on time"
    if case.due_on < today:
        return "late"
    if case.state != "ordered" and day_of_receipt(case.run_at) > case.due_on:
        return "will miss its date"
    return "due soon" if case.due_on - today <= SOON else "on time"


def answer(asked: AskedRow) -> Answer:
    """Where a participant stands."""
    if asked.failed:
        return "failed"
    if asked.answered >= asked.people:
        return "answered"
    if asked.has_left:
        return "left"
    if asked.service == OWN:
        return "last"
    return "silent" if asked.reminders else "asked"


def may_be_withdrawn(case: CaseRow, at: datetime) -> bool:
    """Whether its person still has time to take it back."""
    return case.state == "waiting" and case.run_at > at
