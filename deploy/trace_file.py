"""The spans that services have written to a file (`LETHE_TRACES_PATH`), read again."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NANOSECONDS = 10**9
CASE, ORDER = "lethe.case_id", "lethe.order_id"


@dataclass(frozen=True)
class Span:
    """One thing that a service did, and for how long."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    linked: frozenset[str]
    """The traces that it is linked to."""
    began: datetime
    seconds: float
    failed: bool
    attributes: Mapping[str, str | int | float | bool]


def read(path: Path, words: Collection[str] = ("",)) -> Iterator[Span]:
    """The spans of a file, and of the full one before it, whose lines hold one of the words.

    Raises OSError; a line that was cut off is passed over.
    """
    for file in (Path(f"{path}.1"), path):
        if file == path or file.exists():
            with file.open(encoding="utf-8", errors="replace") as lines:
                yield from _spans(line for line in lines if any(word in line for word in words))


def about(path: Path, ids: Set[str]) -> list[Span]:
    """The spans of all traces that have to do with a case or order of these ids, and with no other case, oldest first.

    Raises OSError.
    """
    own = {span.trace_id for span in read(path, ids) if ids & {*map(str, _ids(span))}}
    spans = [span for span in read(path, own) if span.trace_id in own or span.linked & own] if own else []
    return sorted((span for span in spans if _of_no_other(span, ids)), key=lambda span: span.began)


def _ids(span: Span) -> list[str | int | float | bool]:
    return [span.attributes.get(name, "") for name in (CASE, ORDER)]


def _of_no_other(span: Span, ids: Set[str]) -> bool:
    return CASE not in span.attributes or span.attributes[CASE] in ids


def _spans(lines: Iterable[str]) -> Iterator[Span]:
    for line in lines:
        try:
            (resource,) = json.loads(line)["resourceSpans"]
            yield _span(_plain(resource["resource"]["attributes"]), resource["scopeSpans"][0]["spans"][0])
        except (ValueError, LookupError, TypeError):
            continue


def _span(resource: Mapping[str, Any], told: Mapping[str, Any]) -> Span:
    began, ended = int(told["startTimeUnixNano"]), int(told["endTimeUnixNano"])
    return Span(
        service=str(resource["service.name"]),
        name=told["name"],
        kind=told["kind"],
        trace_id=told["traceId"],
        span_id=told["spanId"],
        parent_id=told["parentSpanId"],
        linked=frozenset(link["traceId"] for link in told["links"]),
        began=datetime.fromtimestamp(began / NANOSECONDS, UTC),
        seconds=(ended - began) / NANOSECONDS,
        failed=told["status"]["code"] == 2,  # noqa: PLR2004 OTLP's number of an error
        attributes=_plain(told["attributes"]),
    )


def _plain(attributes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {each["key"]: _value(each["value"]) for each in attributes}


def _value(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    return int(content) if kind == "intValue" else content
