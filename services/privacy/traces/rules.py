"""What is sought of whom, by how many at a time, and what the certificate says of it: pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from shared.contracts.trace_search import (
    MAX_PEOPLE,
    MAX_SOUGHT,
    SHORTEST,
    Ending,
    IdentifyingValues,
    SoughtCase,
    TraceCount,
)

PASS_BYTES = 600_000
"""The values of one pass fit into one request."""


@dataclass(frozen=True)
class DueCase:
    """A case whose values are to be gathered; out of `patience` it goes on without those of who is silent."""

    case_id: UUID
    subjects: Sequence[UUID]
    sealed_address: bytes | None
    out_of_patience: bool


@dataclass(frozen=True)
class Values:
    """What identified one person: what is sought, and how many values are too short to be told from others."""

    sought: tuple[str, ...]
    too_short: int


@dataclass(frozen=True)
class SeenPlace:
    """Where values of a case were seen, in how many rows, and what that means."""

    place: str
    ending: Ending
    rows: int


@dataclass(frozen=True)
class Finding:
    """What one participant saw of one case; `done_at` is None until it has searched."""

    service: str
    done_at: datetime | None
    read: int
    places: Sequence[SeenPlace]
    unread: Sequence[str]


@dataclass(frozen=True)
class Search:
    """The search of one case, as far as it is."""

    sought: int
    too_short: int
    silent: Sequence[str]
    has_values: bool
    answers: Sequence[Finding]

    @property
    def found_something(self) -> bool:
        return any(place.ending == "found" for answer in self.answers for place in answer.places)


def in_one_question(cases: Sequence[DueCase]) -> list[DueCase]:
    """As many cases as their ids fit into one question, the first one always."""
    taken, people = list(cases[:1]), sum(len(case.subjects) for case in cases[:1])
    for case in cases[1:]:
        people += len(case.subjects)
        if people > MAX_PEOPLE:
            break
        taken.append(case)
    return taken


def by_subject(gathered: Iterable[IdentifyingValues]) -> dict[UUID, set[str]]:
    """What all participants told of each id."""
    told = defaultdict[UUID, set[str]](set)
    for part in gathered:
        for subject, value in zip(part.subjects, part.values, strict=True):
            told[subject].add(value)
    return told


def values_of(case: DueCase, told: Mapping[UUID, set[str]], addresses: Iterable[str]) -> Values:
    """All that identified the person of a case, each value once."""
    everything = set(addresses).union(*(told.get(subject, ()) for subject in case.subjects))
    sought = tuple(sorted(value for value in everything if tells_apart(value)))[:MAX_SOUGHT]
    return Values(sought, len(everything) - len(sought))


def tells_apart(value: str) -> bool:
    """Whether a value is long enough not to stand in anybody's rows by chance, and no address of every machine."""
    return sum(character.isalnum() for character in value) >= SHORTEST and not _is_loopback(value)


def _is_loopback(value: str) -> bool:
    try:
        return ip_address(value).is_loopback
    except ValueError:
        return False


def passes(cases: Iterable[SoughtCase]) -> Iterator[tuple[SoughtCase, ...]]:
    """Cases in groups whose values fit into one request."""
    group: list[SoughtCase] = []
    size = 0
    for case in cases:
        length = len(case.model_dump_json())
        if group and size + length > PASS_BYTES:
            yield tuple(group)
            group, size = [], 0
        group.append(case)
        size += length
    if group:
        yield tuple(group)


def summed(traces: Iterable[TraceCount]) -> list[TraceCount]:
    """One entry per case, place and ending: the pages of a pass may share a table."""
    rows: Counter[tuple[UUID, str, Ending]] = Counter()
    for trace in traces:
        rows[trace.case_id, trace.place, trace.ending] += trace.rows
    return [TraceCount(case_id=c, place=place, ending=ending, rows=n) for (c, place, ending), n in rows.items()]


def told(search: Search | None) -> dict[str, Any] | None:
    """What a certificate says of the search; None for a case from before there was one."""
    if search is None:
        return None
    return {
        "outcome": _outcome(search),
        "values": search.sought,
        "too_short": search.too_short,
        "not_gathered_from": list(search.silent),
        "participants": [_participant(answer) for answer in search.answers],
    }


def _outcome(search: Search) -> str:
    if search.found_something:
        return "found"
    if not all(answer.done_at for answer in search.answers) or not search.answers:
        return "under way" if search.has_values else "not searched"
    complete = not search.silent and not any(answer.unread for answer in search.answers)
    return "nothing found" if complete else "nothing found where it was searched"


def _participant(answer: Finding) -> dict[str, Any]:
    return {
        "service": answer.service,
        "searched_at": answer.done_at.isoformat() if answer.done_at else None,
        "read": answer.read,
        "places": [asdict(place) for place in answer.places],
        "not_searched": list(answer.unread),
    }
