"""How a case stands and what is told of it: every branch, and nothing of the others in its order."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.privacy.certificates.store import Report
from services.privacy.erasures.rules import AskedRow, CaseRow, answer, may_be_withdrawn, outlook
from services.privacy.erasures.store import OrderRow
from services.privacy.erasures.story import standing, steps
from services.privacy.traces.rules import Finding, Search, SeenPlace

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TODAY = NOON.date()
CASE = CaseRow(
    case_id=UUID(int=1),
    state="waiting",
    channel="member",
    verified_by="fresh session",
    received_at=NOON - timedelta(days=1),
    due_on=date(2026, 6, 3),
    run_at=NOON + timedelta(days=2),
    closed_at=None,
    attempt=0,
    orders=(),
    letter=None,
    letter_tries=0,
    letter_due_at=NOON,
)
ME, OTHER = UUID(int=11), UUID(int=12)
ASKED = AskedRow("apple", people=2, answered=0, failed=0, asked_at=NOON, reminders=0)
ORDER = OrderRow(UUID(int=2), True, NOON, None, (OTHER, ME), (UUID(int=99), CASE.case_id), (ASKED,))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "on time"),
        ({"state": "ordered"}, "on time"),
        ({"due_on": TODAY + timedelta(days=3)}, "due soon"),
        ({"due_on": TODAY + timedelta(days=4), "state": "ordered"}, "on time"),
        ({"due_on": TODAY, "state": "ordered"}, "due soon"),
        ({"due_on": TODAY - timedelta(days=1), "state": "ordered"}, "late"),
        ({"due_on": TODAY + timedelta(days=1)}, "will miss its date"),
        (
            {"due_on": TODAY + timedelta(days=10), "run_at": NOON + timedelta(days=11), "state": "failed"},
            "will miss its date",
        ),
        ({"due_on": TODAY + timedelta(days=1), "state": "ordered"}, "due soon"),
        ({"due_on": TODAY - timedelta(days=9), "state": "closed"}, "ended"),
        ({"state": "withdrawn"}, "ended"),
        # 22:30 UTC is the next day at the vendor's seat, which the date counts in
        ({"due_on": date(2026, 5, 10), "run_at": datetime(2026, 5, 10, 22, 30, tzinfo=UTC)}, "will miss its date"),
    ],
)
def test_the_outlook_of_a_case(changes: dict[str, Any], expected: str) -> None:
    assert outlook(replace(CASE, **changes), TODAY) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "asked"),
        ({"reminders": 1}, "silent"),
        ({"answered": 1, "reminders": 1}, "silent"),
        ({"answered": 2, "reminders": 9}, "answered"),
        ({"answered": 2, "failed": 1}, "failed"),
        ({"service": "privacy"}, "last"),
        ({"service": "privacy", "answered": 2}, "answered"),
        ({"has_left": True, "reminders": 9}, "left"),
        ({"has_left": True, "answered": 2}, "answered"),
    ],
)
def test_where_a_participant_stands(changes: dict[str, Any], expected: str) -> None:
    assert answer(replace(ASKED, **changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, True), ({"run_at": NOON}, False), ({"state": "failed"}, False), ({"state": "closed"}, False)],
)
def test_only_in_its_cooling_off_a_case_may_be_withdrawn(changes: dict[str, Any], expected: bool) -> None:
    assert may_be_withdrawn(replace(CASE, **changes), NOON) is expected


def report(outcomes: tuple[str, str], failure: dict[str, str] | None = None, subjects: tuple[UUID, ...] = ()) -> Report:
    kept = [outcome in ("retained", "refused") for outcome in outcomes]
    table = {
        "table": "thing",
        "categories": ["D1"],
        "outcome": outcomes,
        "rows": [1, 1],
        "provision": ["Art. 1" if k else None for k in kept],
        "retain_until": ["2030-01-01" if k else None for k in kept],
    }
    people = [str(subject) for subject in subjects or (OTHER, ME)]
    body = {
        "order_id": str(ORDER.order_id),
        "service": "apple",
        "map_version": 1,
        "part": 0,
        "at": "2026-05-04",
        "subjects": people,
        "tables": [table],
        "failure": failure,
    }
    return Report("apple", (OTHER, ME), body, NOON + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (report(("retained", "purged")), "apple answered: purged thing."),
        (report(("purged", "retained")), "apple answered: kept by law thing."),
        (report(("purged", "nothing_held")), "apple answered: it held nothing."),
        (
            report(("failed", "failed"), {"sqlstate": "23514", "constraint": "some_rule"}),
            "apple could not erase: 23514 some_rule.",
        ),
        (report(("failed", "failed"), {"sqlstate": "", "constraint": ""}), "apple could not erase: no reason given."),
    ],
)
def test_a_report_is_told_for_the_people_of_the_case_alone(report: Report, sentence: str) -> None:
    told = [step.sentence for step in steps(replace(CASE, state="ordered"), [ORDER], [report])]
    assert told[-1] == sentence


def test_a_report_on_others_is_not_told() -> None:
    told = steps(CASE, [ORDER], [report(("purged", "purged"), subjects=(OTHER, uuid4()))])
    assert len(told) == 2


def test_steps_are_told_in_order() -> None:
    order = replace(ORDER, closed_at=NOON + timedelta(minutes=2), asked=(replace(ASKED, reminders=1),))
    case = replace(CASE, state="closed", closed_at=NOON + timedelta(minutes=3))
    told = steps(case, [order], [report(("purged", "purged"))])
    assert [step.sentence for step in told] == [
        "The request came in (member, proved by fresh session); it is due on 2026-06-03.",
        f"Attempt 1: order {order.order_id} asked apple to erase 2 ids.",
        "apple was reminded, 1 time by now.",
        "apple answered: purged thing.",
        f"Order {order.order_id} was complete.",
        "The case closed; its certificate is complete.",
    ]
    assert [step.at for step in told] == sorted(step.at for step in told)


@pytest.mark.parametrize(
    ("changes", "order", "sentence"),
    [
        ({}, None, "Its person may withdraw it until 2026-05-06 12:00:00 UTC; then it is ordered."),
        ({"run_at": NOON}, None, "It is ready and waits to be ordered; 3 orders waiting for answers."),
        ({"state": "ordered"}, ORDER, "It waits for apple (asked last at 2026-05-04 12:00:00 UTC)."),
        (
            {"state": "ordered"},
            replace(ORDER, asked=(replace(ASKED, reminders=2), replace(ASKED, service="privacy"))),
            "It waits for apple (asked last at 2026-05-04 12:00:00 UTC, silent after 2 reminders).",
        ),
        ({"state": "failed"}, ORDER, "The attempt failed; the next one is at 2026-05-06 12:00:00 UTC."),
        ({"state": "closed", "closed_at": NOON}, ORDER, "Nothing is left to do."),
        (
            {"state": "closed", "closed_at": NOON, "letter": "outcome", "letter_tries": 1},
            ORDER,
            (
                "Nothing is left to do. Its letter (outcome) has not left yet: "
                "tried 1 time, next at 2026-05-04 12:00:00 UTC."
            ),
        ),
    ],
)
def test_what_a_case_waits_for(changes: dict[str, Any], order: OrderRow | None, sentence: str) -> None:
    assert standing(replace(CASE, **changes), order, 3, NOON) == sentence


def test_what_the_search_saw_is_told() -> None:
    found = SeenPlace("leak.held", "found", 2)
    kept = SeenPlace("invoice.buyer_name", "kept", 1)
    answers = [
        Finding("identity", NOON, 10, [kept], []),
        Finding("marketing", NOON, 20, [found], ["log"]),
        Finding("licensing", None, 0, [], []),
    ]
    told = [step.sentence for step in steps(CASE, [ORDER], [], search=Search(3, 0, (), False, answers))]
    assert "identity searched 10 rows, letters and lines: nothing found." in told
    assert "marketing searched 20 rows, letters and lines: found in leak.held (2); not searched: log." in told
    assert not any("licensing searched" in sentence for sentence in told)
