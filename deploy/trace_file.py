"""The spans that services have written to a file (`LETHE_TRACES_PATH`), read again."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NANOSECONDS = 10**9


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


def read(path: Path) -> Iterator[Span]:
    """The spans of a file and of the full one before it. Raises OSError; a line that was cut off is passed over."""
    for file in (Path(f"{path}.1"), path):
        if file == path or file.exists():
            with file.open(encoding="utf-8") as lines:
                yield from _spans(lines)


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
