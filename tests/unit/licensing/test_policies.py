"""Until when a license lasts on the terms it was sold on."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.licensing.policies import rules
from services.licensing.policies.rules import NOT_BEGUN, Policy, Term
from tests.unit.licensing.data import POLICY

DAYS = st.dates(date(2026, 1, 1), date(2031, 12, 31))
POLICIES = st.builds(
    replace,
    st.just(POLICY),
    months=st.none() | st.integers(1, 36),
    starts=st.sampled_from(["issue", "first activation"]),
    after_end=st.sampled_from(["block", "no updates"]),
    renews_from=st.sampled_from(["expiry", "now", "now if expired"]),
)


@given(POLICIES, DAYS)
def test_a_term_begins_once(policy: Policy, day: date) -> None:
    """At the issue or with the first activation, and never again."""
    issued = rules.first_term(policy, day, activated=False)
    waits = policy.starts == "first activation" and policy.months is not None
    assert rules.begins_now(policy, issued) == waits
    begun = rules.first_term(policy, day, activated=True)
    assert begun.end == rules.expires_at(day, policy.months)
    assert not rules.begins_now(policy, begun)
    assert issued == (NOT_BEGUN if waits else begun)


@given(POLICIES, DAYS)
def test_either_the_license_ends_or_its_updates(policy: Policy, day: date) -> None:
    end = rules.end_of(day)
    term = rules.term_to(policy, end)
    assert term == (Term(end, None) if policy.after_end == "block" else Term(None, end))
    assert term.end == end
