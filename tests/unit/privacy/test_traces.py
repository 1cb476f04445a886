"""What is sought of whom, by how many at a time, and what a certificate says of it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.privacy.traces import rules
from services.privacy.traces.rules import DueCase, Finding, Search, SeenPlace
from shared.contracts.trace_search import MAX_PEOPLE, IdentifyingValues, SoughtCase, TraceCount

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
FOUND = SeenPlace("leak.held", "found", 1)
KEPT = SeenPlace("invoice.buyer_name", "kept", 2)


def gathering(ids: int = 1) -> DueCase:
    return DueCase(uuid4(), [uuid4() for _ in range(ids)], None, out_of_patience=False)


def test_the_values_of_all_ids_of_a_person_are_sought_and_nobody_elses() -> None:
    anna, stranger = gathering(ids=2), gathering()
    ids = (*anna.subjects, *stranger.subjects)
    told = IdentifyingValues(subjects=ids, values=("anna@example.com", "Anna Nowak", "eva@example.com"))
    again = IdentifyingValues(subjects=(anna.subjects[0],), values=("anna@example.com",))
    values = rules.values_of(anna, rules.by_subject([told, again]), ["old@example.com"])
    assert values.sought == ("Anna Nowak", "anna@example.com", "old@example.com")


@pytest.mark.parametrize("value", ["A", "Ng", "a.b", "- - -", "+48", "127.0.0.1", "::1"])
def test_a_value_that_stands_anywhere_is_counted_and_not_sought(value: str) -> None:
    anna = gathering()
    values = rules.values_of(anna, {anna.subjects[0]: {value}}, [])
    assert (values.sought, values.too_short) == ((), 1)


def test_cases_are_asked_for_as_many_as_their_ids_fit_into_one_question() -> None:
    small, large, last = gathering(), gathering(ids=MAX_PEOPLE - 1), gathering()
    assert rules.in_one_question([small, large, last]) == [small, large]
    huge = gathering(ids=MAX_PEOPLE)
    assert rules.in_one_question([huge, small]) == [huge]
    assert rules.in_one_question([]) == []


def test_the_values_of_a_pass_fit_into_one_request() -> None:
    cases = [SoughtCase(case_id=uuid4(), subjects=(uuid4(),), values=("x" * 400,) * 100) for _ in range(40)]
    groups = list(rules.passes(cases))
    assert [case for group in groups for case in group] == cases
    assert all(sum(len(case.model_dump_json()) for case in group) <= rules.PASS_BYTES for group in groups)
    assert 1 < len(groups) < len(cases)


def test_what_two_pages_saw_of_one_place_is_one_entry() -> None:
    case_id = uuid4()
    page = [TraceCount(case_id=case_id, place="leak.held", ending="found", rows=2)]
    (trace,) = rules.summed([*page, *page])
    assert trace.rows == 4


def answer(*places: SeenPlace, done: bool = True, unread: tuple[str, ...] = ()) -> Finding:
    return Finding("identity", AT if done else None, 10, places, unread)


def outcome(*answers: Finding, silent: tuple[str, ...] = (), has_values: bool = False) -> str:
    told = rules.told(Search(3, 0, silent, has_values, answers))
    assert told is not None
    return str(told["outcome"])


def test_the_certificate_never_says_more_than_was_searched() -> None:
    assert outcome(answer()) == outcome(answer(KEPT)) == "nothing found"
    assert outcome(answer(unread=("log",))) == "nothing found where it was searched"
    assert outcome(answer(), silent=("licensing",)) == "nothing found where it was searched"
    assert outcome(answer(), answer(done=False), has_values=True) == "under way"
    assert outcome(answer(), answer(done=False)) == "not searched", "the values are gone"
    assert outcome(answer(done=False), answer(FOUND)) == "found"
    assert outcome(has_values=True) == "under way"
    assert rules.told(None) is None
