"""The terms of a product in an edition, one version after the other: pure decisions."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shared.contracts.licensing import AfterEnd, Overage, RenewsFrom, Starts
from shared.law.calendar import WARSAW, months_after


@dataclass(frozen=True)
class Policy:
    """One version, which nothing changes; orders and licenses are sold on it.

    `months` is None for a license without an end, `devices` how many one seat is worth, `trial_days` None where nobody
    may try it, `heartbeat_minutes` None where a seat is kept without a sign of life.
    """

    product: str
    edition: str
    version: int
    months: int | None
    starts: Starts
    after_end: AfterEnd
    renews_from: RenewsFrom
    devices: int
    fingerprint_required: bool
    max_deactivations: int | None
    entitlements: tuple[str, ...]
    trial_days: int | None
    heartbeat_minutes: int | None
    overage: Overage


@dataclass(frozen=True)
class Term:
    """Until when a license works, and until when it gets new program versions; None for no such end."""

    expires_at: datetime | None
    updates_until: datetime | None

    @property
    def end(self) -> datetime | None:
        return self.expires_at or self.updates_until

    @property
    def last_day(self) -> date | None:
        """At the vendor's seat; None without an end."""
        return None if self.end is None else (self.end - timedelta(microseconds=1)).astimezone(WARSAW).date()


NOT_BEGUN = Term(None, None)


def end_of(day: date) -> datetime:
    """The end of a day at the vendor's seat."""
    return datetime.combine(day + timedelta(days=1), time(), WARSAW)


def expires_at(first_day: date, months: int | None) -> datetime | None:
    """The end of the last day at the vendor's seat; None for a perpetual license."""
    return None if months is None else end_of(months_after(first_day, months))


def term_to(policy: Policy, end: datetime | None) -> Term:
    """What ends then: the license, or the right to newer program versions alone."""
    return Term(None, end) if policy.after_end == "no updates" else Term(end, None)


def first_term(policy: Policy, first_day: date, *, activated: bool) -> Term:
    """The term of a new license; one that begins with its first activation has none before."""
    if policy.starts == "first activation" and not activated:
        return NOT_BEGUN
    return term_to(policy, expires_at(first_day, policy.months))


def trial_term(days: int, first_day: date) -> Term:
    """A trial ends, whatever a license on its terms would do."""
    return Term(end_of(first_day + timedelta(days=days)), None)


def begins_now(policy: Policy, term: Term) -> bool:
    """Whether a license is still to begin: its first activation begins it."""
    return policy.starts == "first activation" and policy.months is not None and term == NOT_BEGUN
