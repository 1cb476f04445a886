"""Promise 9 for spans: whatever is put into one, no value of anybody is exported; and export holds up nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Span, SpanContext, StatusCode, TraceFlags, TraceState
from prometheus_client import REGISTRY

from deploy import trace_file
from shared.span_export import ATTRIBUTES, CUT, Harmless, SpanFile
from shared.tracing import SCOPE, note_failure

CANARY = "Kanarkowska"
ADDRESS = "anna.kanarkowska@example.com"
LOST = "lethe_spans_lost_total"


def of_a_sender() -> SpanContext:
    """A trace that has passed through other hands."""
    state = TraceState([("who", CANARY.lower())])
    return SpanContext(1, 1, is_remote=True, trace_flags=TraceFlags(1), trace_state=state)


CARELESS: dict[str, Callable[[Span], Any]] = {
    "a key of nobody's": lambda span: span.set_attribute("user.full_name", CANARY),
    "an address under a key that may stand": lambda span: span.set_attribute("http.route", f"/people/{ADDRESS}"),
    "words under a key that may stand": lambda span: span.set_attribute("lethe.outcome", f"told {CANARY}"),
    "a list under a key that may stand": lambda span: span.set_attribute("rpc.method", [CANARY]),
    "bytes under a key that may stand": lambda span: span.set_attribute("rpc.method", CANARY.encode()),
    "a path with a token": lambda span: span.set_attribute("url.path", f"/privacy-requests/{CANARY}"),
    "a statement": lambda span: span.set_attribute("db.query.text", f"SELECT '{CANARY}'"),
    "a parameter": lambda span: span.set_attribute("db.query.parameter.1", CANARY),
    "the text of an exception": lambda span: span.record_exception(ValueError(CANARY)),
    "an event": lambda span: span.add_event(CANARY, {"rpc.method": CANARY}),
    "words of a status": lambda span: span.set_status(StatusCode.ERROR, CANARY),
    "a link": lambda span: span.add_link(of_a_sender(), {"who": CANARY}),
    "a name": lambda span: span.update_name(f"to {ADDRESS}"),
}


def exported(path: Path, change: Callable[[Span], Any], scope: str = SCOPE) -> str:
    """What one span becomes: in the file, and as it is handed to a collector's exporter."""
    provider, held = TracerProvider(), InMemorySpanExporter()
    for place in (SpanFile(path), held):
        provider.add_span_processor(SimpleSpanProcessor(Harmless(place)))
    with provider.get_tracer(scope).start_as_current_span("work", attributes={"rpc.status": 200}) as span:
        change(span)
    return path.read_text() + "".join(str(each.to_json()) for each in held.get_finished_spans())


@pytest.mark.parametrize("name", CARELESS)
def test_no_value_reaches_an_export(tmp_path: Path, name: str) -> None:
    line = exported(tmp_path / "spans", CARELESS[name])
    assert CANARY.casefold() not in line.casefold()
    assert [span.attributes["rpc.status"] for span in trace_file.read(tmp_path / "spans")] == [200]


@pytest.mark.parametrize("scope", ["asyncpg", "", "lethe.of.somebody"])
def test_nobody_else_names_a_span(tmp_path: Path, scope: str) -> None:
    """A library might name it for an address; ours are fixed words."""
    assert CANARY not in exported(tmp_path / "spans", lambda span: span.update_name(CANARY), scope)
    assert [span.name for span in trace_file.read(tmp_path / "spans")] == [CUT]


def test_an_error_is_its_class_and_its_sqlstate(tmp_path: Path) -> None:
    error = asyncpg.UniqueViolationError(f"Key (email)=({ADDRESS}) already exists.")
    line = exported(tmp_path / "spans", lambda span: note_failure(span, error))
    (span,) = trace_file.read(tmp_path / "spans")
    assert (span.attributes["error.type"], span.attributes["db.response.status_code"]) == (
        "UniqueViolationError",
        "23505",
    )
    assert span.failed
    assert ADDRESS not in line


@pytest.mark.parametrize(
    "key", ["url.full", "url.path", "client.address", "user.id", "db.query.text", "exception.message", "server.address"]
)
def test_what_conventions_would_tell_may_not_stand(key: str) -> None:
    assert key not in ATTRIBUTES


def test_a_line_is_what_collectors_read(tmp_path: Path) -> None:
    """The shape of OTLP in JSON: ids in hex, times as text, numbers that JSON has no room for as text."""
    exported(tmp_path / "spans", lambda _: None)
    (line,) = (tmp_path / "spans").read_text().splitlines()
    (told,) = json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert (len(told["traceId"]), len(told["spanId"]), told["kind"]) == (32, 16, 1)
    assert told["attributes"] == [{"key": "rpc.status", "value": {"intValue": "200"}}]
    assert int(told["endTimeUnixNano"]) >= int(told["startTimeUnixNano"]) > 0


def test_a_full_file_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.span_export.FILE_LIMIT_BYTES", 10)
    for _ in range(3):
        exported(tmp_path / "spans", lambda _: None)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["spans", "spans.1"]
    assert len(list(trace_file.read(tmp_path / "spans"))) == 2


def test_what_is_lost_is_counted(tmp_path: Path) -> None:
    before = REGISTRY.get_sample_value(LOST) or 0
    assert Harmless(SpanFile(tmp_path / "nowhere" / "spans")).export([]) is SpanExportResult.FAILURE
    with pytest.raises(FileNotFoundError):
        exported(tmp_path / "nowhere" / "spans", lambda _: None)  # there is nothing to read
    assert REGISTRY.get_sample_value(LOST) == before + 1
