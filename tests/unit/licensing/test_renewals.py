"""What a renewal makes of a license, and what is left of it when its money goes back."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing.licenses.rules import License, is_trial
from services.licensing.policies.rules import Policy, Term, end_of, expires_at
from services.licensing.renewals import rules
from services.licensing.renewals.rules import Renewal, Standing
from shared.problems import Refused
from tests.unit.licensing.data import NOON, POLICY, PRODUCT, license_of
from tests.unit.licensing.test_policies import POLICIES

MOMENTS = st.integers(-4_000, 30_000).map(lambda hours: NOON + timedelta(hours=hours))
ENDS = st.dates(date(2026, 1, 1), date(2031, 1, 1)).map(end_of)
STANDINGS = st.builds(Standing, st.none() | ENDS, st.booleans(), st.just("standard"), st.just(1))
RENEWED = st.tuples(POLICIES, MOMENTS, st.booleans())


def chain(base: Standing, renewed: list[tuple[Policy, datetime, bool]]) -> list[Renewal]:
    """Renewals of one license, each with how it stood before it."""
    renewals: list[Renewal] = []
    for policy, at, stands in sorted(renewed, key=lambda each: each[1]):
        before = rules.after(renewals) if renewals else base
        renewals.append(Renewal(uuid4(), policy, at, before, stands))
    return renewals


@given(POLICIES, STANDINGS, MOMENTS)
def test_a_renewal_never_shortens_and_is_never_over_already(policy: Policy, standing: Standing, at: datetime) -> None:
    end = rules.renewed_end(policy, standing, at)
    if standing.end is None or policy.months is None:
        assert end is None
        return
    assert end is not None
    assert end >= max(standing.end, at)
    assert end > standing.end or policy.renews_from == "now"
    assert end >= standing.end or end > at


@given(STANDINGS, st.lists(RENEWED, min_size=1, max_size=6))
def test_what_went_back_is_as_if_it_had_never_been(
    base: Standing, renewed: list[tuple[Policy, datetime, bool]]
) -> None:
    renewals = chain(base, renewed)
    standing = [each for each in renewals if each.stands]
    alone = chain(base, [(each.policy, each.renewed_at, True) for each in standing])
    assert rules.after(renewals) == (rules.after(alone) if alone else base)
    assert rules.after([replace(each, stands=False) for each in renewals]) == base


@pytest.mark.parametrize(
    ("renews_from", "end", "renewed"),
    [
        ("expiry", date(2026, 6, 30), date(2026, 7, 30)),
        ("expiry", date(2026, 5, 31), date(2026, 6, 30)),
        ("expiry", date(2026, 3, 31), date(2026, 7, 15)),  # a month from its end is over
        ("now", date(2026, 6, 30), date(2026, 7, 15)),
        ("now", date(2026, 7, 31), date(2026, 7, 31)),
        ("now if expired", date(2026, 6, 30), date(2026, 7, 30)),
        ("now if expired", date(2026, 5, 31), date(2026, 7, 15)),
    ],
)
def test_from_when_a_renewal_counts(renews_from: Any, end: date, renewed: date) -> None:
    policy = replace(POLICY, months=1, renews_from=renews_from)
    assert rules.renewed_end(policy, Standing(end_of(end), False, "standard", 1), NOON) == end_of(renewed)


def test_a_trial_that_is_over_loses_no_day_of_what_is_bought() -> None:
    over = Standing(end_of(date(2026, 5, 31)), True, "standard", 1)
    for renews_from in ("expiry", "now", "now if expired"):
        policy = replace(POLICY, months=1, renews_from=renews_from)
        assert rules.renewed_end(policy, over, NOON) == expires_at(NOON.date(), 1)


def test_a_trial_ends_even_where_its_terms_know_no_end() -> None:
    end = end_of(date(2026, 6, 30))
    kept = replace(POLICY, after_end="no updates")
    assert rules.term_of(Standing(end, True, "standard", 1), kept) == Term(end, None)
    assert rules.term_of(Standing(end, False, "standard", 1), kept) == Term(None, end)


END = end_of(date(2026, 6, 30))
TRIAL = license_of(expires_at=END, trial_until=END)


@pytest.mark.parametrize(
    ("license_", "edition", "quantity", "field", "status"),
    [
        (license_of(expires_at=END, device_limit=6), "standard", 2, "", 0),
        (license_of(updates_until=END), "standard", 1, "", 0),
        (license_of(expires_at=END, state="expired"), "standard", 1, "", 0),
        (license_of(expires_at=END, state="suspended"), "standard", 1, "", 0),
        (TRIAL, "pro", 7, "", 0),
        (license_of(expires_at=END, device_limit=6), "standard", 1, "quantity", 422),
        (license_of(expires_at=END), "pro", 1, "edition", 422),
        (license_of(expires_at=END, product="studio-year"), "standard", 1, "renews", 422),
        (license_of(), "standard", 1, "renews", 409),
        (license_of(starts="first activation"), "standard", 1, "renews", 409),
        (license_of(expires_at=END, state="ended"), "standard", 1, "renews", 409),
    ],
)
def test_what_can_be_renewed(license_: License, edition: str, quantity: int, field: str, status: int) -> None:
    product = replace(PRODUCT, policy=replace(POLICY, edition=edition))
    if not status:
        rules.check(license_, product, quantity)
        assert rules.can_be_renewed(license_)
        return
    with pytest.raises(Refused) as refused:
        rules.check(license_, product, quantity)
    assert (refused.value.problem.status, refused.value.problem.errors[0].field) == (status, field)


def test_a_trial_has_one_seat_until_it_is_bought() -> None:
    bought, tried = Standing(None, False, "standard", 1), Standing(END, True, "standard", 1)
    assert is_trial(TRIAL)
    assert rules.seats_after(TRIAL, bought, 7) == 7
    assert rules.seats_after(replace(TRIAL, expires_at=None, device_limit=21), tried, 7) == 1
    assert rules.seats_after(license_of(expires_at=END, device_limit=6), bought, 9) == 2
