"""What privacy's letters say."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.privacy.cases.letters import DueLetter, compose
from shared.law.case_clock import due_date

LATE = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)  # already 5 March in Warsaw


def written(letter: str, **changes: Any) -> str:
    due = DueLetter(
        case_id=uuid4(),
        subject_id=uuid4(),
        letter=letter,
        attempts=1,
        language="en",
        sealed_address=b"",
        received_at=LATE,
        due_on=due_date(LATE),
        run_at=LATE,
        closed_at=None,
    )
    return compose(replace(due, **changes))[1]


def test_a_receipt_tells_days_and_times_of_the_vendors_seat() -> None:
    text = written("receipt")
    assert "Received: 2026-03-05" in text
    assert f"We answer by: {due_date(date(2026, 3, 5))}" in text
    assert "The erasure starts 2026-03-05T00:30+01:00." in text


@pytest.mark.parametrize(
    ("closed_at", "day"),
    [
        (datetime(2026, 3, 4, 22, 59, tzinfo=UTC), "2026-03-04"),
        (LATE, "2026-03-05"),
        (datetime(2026, 7, 4, 22, 0, tzinfo=UTC), "2026-07-05"),
    ],
)
def test_an_outcome_tells_the_day_of_the_vendors_seat(closed_at: datetime, day: str) -> None:
    assert f"Closed: {day}\n" in written("outcome", closed_at=closed_at)
