"""What a retention class answers, and the rows it is computed from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from shared.law.calendar import in_force, months_after, year_end


@dataclass(frozen=True)
class Retention:
    """How long something is kept and why: `until` is the last day of keeping, or it stays open until `review_at`.

    `exemptions` are the grounds on which an erasure is refused; empty where erasure wins.
    """

    until: date | None
    review_at: date | None
    provisions: tuple[str, ...]
    exemptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.until is None) == (self.review_at is None):
            raise ValueError("a retention has either a last day or a day of review")


@dataclass(frozen=True)
class Rule:
    """From `valid_from`, for facts of that day or later: keep this long. A change of law is a new row."""

    valid_from: date
    provision: str
    exemption: str | None = None
    years: int = 0
    months: int = 0
    days: int = 0
    to_year_end: bool = False

    def end(self, fact: date) -> date:
        """The last day of keeping."""
        end = months_after(fact, 12 * self.years + self.months) + timedelta(days=self.days)
        return year_end(end) if self.to_year_end else end


Rules = tuple[Rule, ...]


def keep(rules: Rules, fact: date) -> Retention:
    """Apply the row that held on the day of the fact."""
    rule = in_force(rules, fact)
    return Retention(rule.end(fact), None, (rule.provision,), reasons(rule.exemption))


def latest(first: Retention, *others: Retention) -> Retention:
    """The retention that ends last; an open one ends after any date. Equals are named together."""
    terms = (first, *others)
    review_at = min((r.review_at for r in terms if r.review_at), default=None)
    until = None if review_at else max(r.until for r in terms if r.until)
    last = [r for r in terms if (r.review_at if review_at else r.until == until)]
    return Retention(until, review_at, _united(r.provisions for r in last), _united(r.exemptions for r in last))


def reasons(exemption: str | None) -> tuple[str, ...]:
    """One exemption or none, as a list."""
    return (exemption,) if exemption else ()


def _united(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Every reason once, in the order in which they were first named."""
    return tuple(dict.fromkeys(reason for reasons_ in lists for reason in reasons_))
