"""R-TAX, R-OSS and R-BOOKS: what tax and accounting law keeps (GDPR Art. 6(1)(c), 17(3)(b))."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared.law.calendar import in_force, months_after
from shared.law.retention.policies import open_ended
from shared.law.retention.terms import Retention, Rule, Rules, keep, latest

LEGAL_DUTY = "GDPR Art. 17(3)(b)"

LIMITATION: Rules = (
    Rule(
        date(2004, 5, 1),
        "Ordynacja podatkowa art. 86 § 1, art. 70 § 1; ustawa o VAT art. 112",
        LEGAL_DUTY,
        years=5,
        to_year_end=True,
    ),
)
SUSPENDED = "Ordynacja podatkowa art. 86 § 1, art. 70 §§ 2-7"
OSS: Rules = (
    Rule(
        date(2021, 7, 1),
        "Directive 2006/112/EC Art. 369k; Reg. 282/2011 Art. 63c; ustawa o VAT art. 130d",
        LEGAL_DUTY,
        years=10,
        to_year_end=True,
    ),
)
BOOKS: Rules = (
    Rule(date(1995, 1, 1), "ustawa o rachunkowości art. 74 ust. 2-3", LEGAL_DUTY, years=5, to_year_end=True),
)
COMPLAINT_PAPERS: Rules = (
    Rule(date(1995, 1, 1), "ustawa o rachunkowości art. 74 ust. 2-3", LEGAL_DUTY, years=1, to_year_end=True),
)


@dataclass(frozen=True)
class DueDates:
    """When the taxes of a sale fall due, from `valid_from`."""

    valid_from: date
    vat_day: int
    pit_month: int
    pit_day: int


# Ustawa o VAT art. 103 ust. 1: the 25th of the next month. Ustawa o PIT art. 45 ust. 4: 30 April of the next year.
DUE_DATES = (DueDates(date(2004, 5, 1), vat_day=25, pit_month=4, pit_day=30),)


def vat_due(sold: date) -> date:
    """The payment deadline of VAT, before it moves off a holiday.

    The move (Ordynacja art. 12 § 5) never leaves the year: from 25 December it reaches the 29th at most.
    """
    return months_after(sold.replace(day=1), 1).replace(day=in_force(DUE_DATES, sold).vat_day)


def pit_due(sold: date) -> date:
    """The payment deadline of the year's income tax, before it moves off a holiday."""
    dates = in_force(DUE_DATES, sold)
    return date(sold.year + 1, dates.pit_month, dates.pit_day)


def tax(sold: date, *, corrections: Iterable[date] = (), held: date | None = None) -> Retention:
    """R-TAX: five years from the end of the year in which the last tax of a sale fell due.

    A correcting invoice keeps the corrected one alive. `held` is the day on which a suspension or
    interruption of the limitation was last found to last: it leaves the end open.
    """
    if held:
        return open_ended(held, SUSPENDED, LEGAL_DUTY)
    due = [when for day in (sold, *corrections) for when in (vat_due(day), pit_due(day))]
    return latest(*(keep(LIMITATION, day) for day in due))


def oss(supplied: date) -> Retention:
    """R-OSS: ten years from the end of the year of a consumer's supply that was declared in the OSS."""
    return keep(OSS, supplied)


def sale(sold: date, *, declared_in_oss: bool, corrections: Iterable[date] = (), held: date | None = None) -> Retention:
    """R-TAX and, for a supply declared in the OSS, R-OSS: whichever ends last."""
    kept = tax(sold, corrections=corrections, held=held)
    return latest(kept, oss(sold)) if declared_in_oss else kept


def books(booked: date, *, settled: date | None = None) -> Retention:
    """R-BOOKS of UoR art. 74: five years from the year after the booking, or after the final end of a claim."""
    return latest(keep(BOOKS, booked), *([keep(BOOKS, settled)] if settled else []))


def ledger(booked: date, *, full_books: bool, settled: date | None = None, held: date | None = None) -> Retention:
    """Entries of the books: R-TAX, and R-BOOKS as well if the controller keeps full books."""
    kept = tax(booked, held=held)
    return latest(kept, books(booked, settled=settled)) if full_books else kept


def complaint_papers(settled: date) -> Retention:
    """Papers on a complaint or warranty in full books: one year from the year after its end (UoR art. 74)."""
    return keep(COMPLAINT_PAPERS, settled)
