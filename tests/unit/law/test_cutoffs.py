"""Which facts are over on a day: the day before keeps, the day itself ends, at the vendor's midnight."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.law.calendar import WARSAW, midnight
from shared.law.retention import policies
from shared.law.retention.claims import LIMITATION, Claim
from shared.law.retention.cutoffs import Span, cut_off, over
from shared.law.retention.taxes import OSS
from shared.law.retention.terms import Rule, Rules, keep

RULES: dict[str, Rules] = {
    "R-ACT raw": policies.RAW_ACTIVITY,
    "R-ACT pseudonymous": policies.PSEUDONYMOUS_ACTIVITY,
    "R-MKT": policies.MARKETING_PROFILE,
    "R-PROOF": policies.PROOF,
    "R-OSS": OSS,
    "R-CLAIM business": LIMITATION[Claim.BUSINESS],
    "R-CLAIM price": LIMITATION[Claim.PRICE],
}
LONGER = (
    Rule(date(2020, 1, 1), "short", days=10),
    Rule(date(2024, 1, 1), "long", months=24),
)
SHORTER = (
    Rule(date(2020, 1, 1), "long", months=24),
    Rule(date(2024, 1, 1), "short", days=10),
)

# Last moment that is over on a day, and the first that is kept, both written as clocks at the vendor's seat show them.
EDGES = [
    # in winter, in summer, and across the nights in which the clock is changed (29 March and 25 October 2026)
    ("R-ACT raw", date(2026, 2, 10), "2025-11-11 23:59:59", "2025-11-12 00:00:00"),
    ("R-ACT raw", date(2026, 9, 1), "2026-06-02 23:59:59", "2026-06-03 00:00:00"),
    ("R-ACT raw", date(2026, 6, 27), "2026-03-28 23:59:59", "2026-03-29 00:00:00"),
    ("R-ACT raw", date(2026, 6, 28), "2026-03-29 23:59:59", "2026-03-30 00:00:00"),
    ("R-ACT raw", date(2027, 1, 23), "2026-10-24 23:59:59", "2026-10-25 00:00:00"),
    ("R-ACT raw", date(2027, 1, 24), "2026-10-25 23:59:59", "2026-10-26 00:00:00"),
    # the run itself on the morning after a change
    ("R-ACT raw", date(2026, 3, 29), "2025-12-28 23:59:59", "2025-12-29 00:00:00"),
    ("R-ACT raw", date(2026, 10, 25), "2026-07-26 23:59:59", "2026-07-27 00:00:00"),
    # months that have no such day, years that end
    ("R-ACT pseudonymous", date(2027, 3, 1), "2026-01-31 23:59:59", "2026-02-01 00:00:00"),
    ("R-ACT pseudonymous", date(2027, 2, 28), "2026-01-27 23:59:59", "2026-01-28 00:00:00"),
    ("R-PROOF", date(2032, 12, 31), "2025-12-31 23:59:59", "2026-01-01 00:00:00"),
    ("R-PROOF", date(2033, 1, 1), "2026-12-31 23:59:59", "2027-01-01 00:00:00"),
    ("R-CLAIM business", date(2030, 1, 1), "2026-12-31 23:59:59", "2027-01-01 00:00:00"),
]


@pytest.mark.parametrize(("name", "day", "last_over", "first_kept"), EDGES)
def test_the_cut_falls_on_the_vendors_midnight(name: str, day: date, last_over: str, first_kept: str) -> None:
    (span,) = over(RULES[name], day)
    last, first = (datetime.fromisoformat(shown).replace(tzinfo=WARSAW) for shown in (last_over, first_kept))
    assert midnight(span.end) == first
    assert midnight(span.end) - last.astimezone(UTC) == timedelta(seconds=1)
    assert cut_off(RULES[name], day) == first.date()


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC)),  # begins in winter time, and lasts 23 hours
        (date(2026, 3, 30), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC)),  # begins in summer time, and lasts 25 hours
        (date(2026, 10, 26), datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ],
)
def test_midnight_is_that_of_the_vendors_seat(day: date, utc: datetime) -> None:
    assert midnight(day) == utc


@given(st.sampled_from(sorted(RULES)), st.dates(date(2021, 7, 1), date(2060, 12, 31)), st.dates(date(2021, 7, 1)))
def test_a_fact_is_over_when_its_last_day_of_keeping_is_past(name: str, fact: date, day: date) -> None:
    until = keep(RULES[name], fact).until
    assert until is not None
    assert any(span.first <= fact < span.end for span in over(RULES[name], day)) == (until < day)


@pytest.mark.parametrize("rules", [SHORTER, LONGER])
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.dates(date(2019, 1, 1), date(2032, 1, 1)))
def test_each_row_of_a_changed_rule_has_its_own_cut(rules: Rules, fact: date, day: date) -> None:
    """A later row may be shorter: what came after it ends before what came first."""
    until = keep(rules, fact).until
    assert until is not None
    assert any(span.first <= fact < span.end for span in over(rules, day)) == (until < day)


def test_facts_from_before_the_first_rule_are_nobodys_to_end() -> None:
    assert over(SHORTER, date(2019, 6, 1)) == ()
    assert over(SHORTER, date(2025, 1, 1)) == (
        Span(date(2020, 1, 1), date(2023, 1, 1)),
        Span(date(2024, 1, 1), date(2024, 12, 22)),
    )
    assert cut_off(SHORTER, date(2019, 6, 1)) == date(2020, 1, 1)
