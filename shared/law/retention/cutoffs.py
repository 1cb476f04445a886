"""Which facts are over on a day: the retention classes read backward, so that a database can look for them."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date

from shared.law.retention.terms import Rule, Rules


@dataclass(frozen=True)
class Span:
    """The facts of these days: from the first one on, before the end."""

    first: date
    end: date


def over(rules: Rules, day: date) -> tuple[Span, ...]:
    """Whose last day of keeping lies before `day`; one span per row of the rules, as a later one may be shorter.

    Facts from before the first row are in none: nothing says how long they are kept.
    """
    ordered = sorted(rules, key=lambda rule: rule.valid_from)
    ends = [*(rule.valid_from for rule in ordered[1:]), date.max]
    spans = [Span(rule.valid_from, min(end, _first_kept(rule, day))) for rule, end in zip(ordered, ends, strict=True)]
    return tuple(span for span in spans if span.first < span.end)


def _first_kept(rule: Rule, day: date) -> date:
    """The first fact that is kept on a day: an end never comes before its fact, nor before that of an earlier one."""
    first = rule.valid_from.toordinal()
    if day < rule.valid_from:
        return rule.valid_from
    facts = range(first, day.toordinal())
    return date.fromordinal(first + bisect_left(facts, day, key=lambda fact: rule.end(date.fromordinal(fact))))


def cut_off(rules: Rules, day: date) -> date:
    """The first fact of all that is kept, as evidence tells it; the day of the first rule while nothing is over."""
    spans = over(rules, day)
    return spans[-1].end if spans else min(rule.valid_from for rule in rules)
