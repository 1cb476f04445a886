"""Which invoices the national system of e-invoices has to have, and until when: pure rules.

Ustawa o VAT art. 106ga to 106nh. KSeF takes what businesses are invoiced, and what consumers are where the vendor
wants it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.contracts import licensing
from shared.contracts.licensing.ksef import KsefState
from shared.law.calendar import WARSAW
from shared.law.case_clock import working_days_after

State = KsefState | Literal["accepted", "not owed"]
"""`rejected` and `other document` (KSeF has another one under this number) wait for staff, as `by hand` does;
`not owed` was issued in a total failure, which is outside KSeF for good (art. 106ng)."""

OutageKind = Literal["MAINTENANCE", "FAILURE", "TOTAL_FAILURE"]

AFTER_A_FAILURE = 7
"""Working days that are left when a failure is over (art. 106nf)."""

PROCESSING = (100, 150)
ACCEPTED = 200
DUPLICATE = 440
CANCELLED = (405, 500, 550)
"""KSeF broke off for a reason of its own or its session's: it is sent again."""


@dataclass(frozen=True)
class Outage:
    """A time in which KSeF does not answer, as its operator announces it; `ended_at` is None while it lasts."""

    kind: OutageKind
    began_at: datetime
    ended_at: datetime | None

    @property
    def first_day(self) -> date:
        return self.began_at.astimezone(WARSAW).date()

    @property
    def last_day(self) -> date:
        return self.ended_at.astimezone(WARSAW).date() if self.ended_at else date.max

    def covers(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True)
class OpenInvoice:
    """What KSeF has not accepted yet."""

    invoice_id: UUID
    number: str
    kind: Literal["invoice", "correction"]
    issued_on: date
    state: KsefState
    fault: str
    attempts: int


def told(invoice: OpenInvoice, outages: Sequence[Outage], today: date) -> licensing.KsefInvoice:
    """What staff see of an invoice that is not there yet."""
    last = due_on(invoice.issued_on, outages)
    return licensing.KsefInvoice(**asdict(invoice), due_on=last, overdue=last is not None and last < today)


def is_owed(issued_on: date, outages: Sequence[Outage]) -> bool:
    """What is issued on a day of a total failure is not sent, not even afterwards (art. 106ng)."""
    return not any(outage.kind == "TOTAL_FAILURE" and outage.covers(issued_on) for outage in outages)


def due_on(issued_on: date, outages: Sequence[Outage]) -> date | None:
    """The last day for sending an invoice; None while an outage that moves it lasts.

    The next working day (offline24, art. 106nda), or that after a maintenance in which it was issued (art. 106nh); a
    failure that comes before it was sent leaves seven working days from its end (art. 106nf, 106nda(10), 106nh(3)).
    """
    last: date | None = working_days_after(issued_on, 1)
    for outage in sorted(outages, key=lambda each: each.began_at):
        if outage.kind == "MAINTENANCE" and outage.covers(issued_on):
            last = _days_after(outage, 1)
        elif outage.kind == "FAILURE" and outage.last_day >= issued_on and (last is None or outage.first_day <= last):
            last = _days_after(outage, AFTER_A_FAILURE)
    return last


def _days_after(outage: Outage, days: int) -> date | None:
    return working_days_after(outage.last_day, days) if outage.ended_at else None
