"""Which dead letters an operator means: conditions that all hold, and nothing by accident."""

from datetime import timedelta

import pytest

from deploy.letter_choice import By, Choice, chosen, grouped
from shared.clock import now
from shared.messaging.dead_letters import DeadLetter


def letter(
    reason: str = "rule broken", kind: str = "a.b.v1", origin: str = "x.on.a.b", age_s: float | None = 0
) -> DeadLetter:
    failed_at = None if age_s is None else now() - timedelta(seconds=age_s)
    return DeadLetter("x", f"id of {reason}", kind, reason, origin, 1, "", failed_at, "{}")


@pytest.mark.parametrize(
    ("message_id", "where", "expected"),
    [
        ("", [], Choice()),
        ("1", [], Choice("1")),
        ("", ["type=a.b.v1"], Choice(type="a.b.v1")),
        ("", [" reason = rule = broken "], Choice(reason="rule = broken")),
        ("1", ["origin=q", "older=10min"], Choice("1", origin="q", older_s=600)),
        *(("", [f"older={span}"], Choice(older_s=s)) for span, s in (("90s", 90), ("2 h", 7200), ("1d", 86400))),
    ],
)
def test_conditions_are_read(message_id: str, where: list[str], expected: Choice) -> None:
    assert chosen(message_id, where) == expected


@pytest.mark.parametrize(
    "where",
    [
        *(["type"], ["=x"], ["type="], ["colour=red"], ["type=a", "type=b"], [""]),
        *(["older=soon"], ["older=-1h"], ["older=1w"], ["older=1e9s"], ["older=9999999d"], ["older=1.5h"]),
    ],
)
def test_what_is_no_condition_means_nothing(where: list[str]) -> None:
    with pytest.raises(ValueError, match=r"a condition is one of|an age is a number"):
        chosen("", where)


@pytest.mark.parametrize(
    ("choice", "means"),
    [
        (Choice(), True),
        (Choice("id of rule broken"), True),
        (Choice("id of rule"), False),
        (Choice(reason="rule"), True),
        (Choice(reason="broken"), False),
        (Choice(type="a.b.v1", origin="x.on.a.b"), True),
        (Choice(type="a.b.v1", origin="x.on.a"), False),
        (Choice(type="a.b"), False),
        (Choice(older_s=60), True),
        (Choice(older_s=7200), False),
    ],
)
def test_all_conditions_have_to_hold(choice: Choice, means: bool) -> None:
    assert choice.means(letter(age_s=3600)) is means


def test_who_has_no_age_is_not_old() -> None:
    assert not Choice(older_s=1).means(letter(age_s=None))


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("service", [("x", 5)]),
        ("type", [("a.b.v1", 4), ("c.d.v1", 1)]),
        ("reason", [("rule broken", 3), ("other", 2)]),
        ("origin", [("x.on.a.b", 5)]),
        ("age", [("under an hour", 1), ("under a day", 1), ("under a week", 1), ("older", 1), ("unknown", 1)]),
    ],
)
def test_they_are_counted_by_kind(by: By, expected: list[tuple[str, int]]) -> None:
    ages = (1, 7_200, 200_000, 900_000, None)
    letters = [letter(age_s=age, reason="other" if n > 2 else "rule broken") for n, age in enumerate(ages)]
    letters[0] = letter(kind="c.d.v1")
    assert grouped(letters, by) == expected
