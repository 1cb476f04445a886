"""When the claim against an erased buyer ends (KC art. 118; acceptance example 11)."""

from datetime import date
from uuid import UUID

import pytest

from services.licensing.invoices.debts import Held, end_of, hold_of
from shared.contracts.licensing import ClaimEnd

PERSON = UUID(int=7)


@pytest.mark.parametrize(
    ("due_on", "day", "end"),
    [
        (None, date(2027, 2, 1), "paid"),
        (date(2026, 12, 29), date(2027, 1, 10), None),
        (date(2026, 12, 29), date(2029, 12, 31), None),
        (date(2026, 12, 29), date(2030, 1, 1), "time-barred"),
        (date(2026, 3, 10), date(2029, 12, 31), None),
        (date(2026, 3, 10), date(2030, 1, 1), "time-barred"),
    ],
)
def test_a_claim_ends_with_its_payment_or_with_its_limitation(
    due_on: date | None, day: date, end: ClaimEnd | None
) -> None:
    assert end_of(Held(hold_of(PERSON), PERSON, due_on), day) == end


def test_an_erasure_that_is_repeated_holds_once() -> None:
    assert hold_of(PERSON) == hold_of(PERSON) != hold_of(UUID(int=8))
