"""A value is recognized however it was written, and a hundred cases at once."""

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus
from uuid import UUID, uuid4

import pytest

from shared.contracts.trace_search import SoughtCase
from shared.personal_data.spellings import Sought

NAME = 'Żółcisława "Ćma" O\\Neill'
WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "JSON": lambda value: json.dumps(value)[1:-1],
    "JSON as Unicode": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "URL": quote,
    "form": quote_plus,
    "bytes": lambda value: value.encode().hex(),
    "COPY": lambda value: value.replace("\\", "\\\\"),
    "JSON within COPY": lambda value: json.dumps(value)[1:-1].replace("\\", "\\\\"),
}


def case(*values: str) -> SoughtCase:
    return SoughtCase(case_id=uuid4(), subjects=(uuid4(),), values=values)


def seen(text: str, *cases: SoughtCase) -> set[UUID]:
    return set(Sought.of(cases).cases_in(text.lower()))


@pytest.mark.parametrize("way", WAYS)
def test_a_value_is_seen_however_it_is_written(way: str) -> None:
    anna = case(NAME)
    assert seen(f"x{WAYS[way](NAME)}x", anna, case("somebody else")) == {anna.case_id}


def test_a_value_within_another_is_seen_as_well() -> None:
    """And one that begins within another: a search that steps over a hit would miss the second person."""
    long, short, crossing = case("jan.kowalski@example.com"), case("kowalski"), case("ski@example.com and")
    text = "to jan.kowalski@example.com and others"
    assert seen(text, long, short, crossing) == {long.case_id, short.case_id, crossing.case_id}


def test_two_people_with_one_value_are_both_seen() -> None:
    one, other = case("Łąkowa 1/99"), case("łąkowa 1/99")
    assert seen("ul. Łąkowa 1/99", one, other) == {one.case_id, other.case_id}


def test_nobody_is_seen_where_nobody_is() -> None:
    sought = Sought.of([case("anna@example.com")])
    assert not sought.mentions("anna@example.org")
    assert not sought.cases_in("anna@example.org")


def test_a_letter_with_an_accent_of_its_own_is_the_same_letter() -> None:
    anna = case("Łukasz Żak")
    assert seen("Łukasz Z\u0307ak", anna) == {anna.case_id}
