"""Where spans go, and what they may tell: to a collector by OTLP, or to a file. Without a value of anybody."""

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, SpanContext, Status
from prometheus_client import Counter

from shared.tracing import SCOPE

# As in log lines: whatever is not named here is cut out, and none of these holds a value that a person typed. Ids of
# cases, orders and messages are random.
ATTRIBUTES = frozenset(
    ("http.request.method", "http.route", "http.response.status_code", "rpc.system.name", "rpc.method", "rpc.status")
    + ("messaging.system", "messaging.destination.name", "messaging.operation.name", "messaging.operation.type")
    + ("messaging.batch.message_count", "db.system.name", "db.namespace", "db.response.status_code", "error.type")
    + ("db.operation.name", "db.collection.name")
    + ("network.protocol.name", "lethe.purpose", "lethe.outcome", "lethe.case_id", "lethe.order_id")
)
WORD = re.compile(r"[A-Za-z0-9_.:/{}*-]{1,120}")
NAME = re.compile(r"[A-Za-z0-9_.:/{}* -]{1,200}")
CUT = "cut out"

QUEUE = 4096  # spans in memory; those that come while it is full are lost
PER_EXPORT = 512
EXPORT_EVERY_MS = 1000
EXPORT_TIMEOUT_S = 5.0
FLUSH_S = 3.0
FILE_LIMIT_BYTES = 64 * 1024 * 1024

LOST = Counter("lethe_spans_lost_total", "Spans that could not be exported")


@contextmanager
def recording(service: str, url: str = "", path: str = "", share: float = 1.0) -> Iterator[TracerProvider]:
    """Record the spans of this process while the block lasts; with neither place, only ids travel.

    At the end what is left is exported, for FLUSH_S at most.
    """
    places: list[SpanExporter] = [*([_collector(url)] if url else []), *([SpanFile(Path(path))] if path else [])]
    sampler = ParentBased(TraceIdRatioBased(share)) if places else ALWAYS_OFF
    provider = TracerProvider(sampler, Resource({SERVICE_NAME: service}), shutdown_on_exit=False)
    for place in places:
        provider.add_span_processor(BatchSpanProcessor(Harmless(place), QUEUE, EXPORT_EVERY_MS, PER_EXPORT))
    trace.set_tracer_provider(provider)
    try:
        yield provider
    finally:
        # a shutdown of the library's waits for half a minute, and an export that hangs for longer
        last = threading.Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(FLUSH_S)


def _collector(url: str) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 a fifth of a second of start
        OTLPSpanExporter,
    )

    return OTLPSpanExporter(url, timeout=EXPORT_TIMEOUT_S)


class Harmless(SpanExporter):
    """Hands spans on without what could be a person's, and counts those that were lost."""

    def __init__(self, place: SpanExporter) -> None:
        self._place = place

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._place.export([harmless(span) for span in spans])
        if result is not SpanExportResult.SUCCESS:
            LOST.inc(len(spans))
        return result

    def shutdown(self) -> None:
        self._place.shutdown()


def harmless(span: ReadableSpan) -> ReadableSpan:
    """The span with named attributes only; no events, no words of a status, no state that a sender chose."""
    ours = span.instrumentation_scope is not None and span.instrumentation_scope.name == SCOPE
    return ReadableSpan(
        name=span.name if ours and NAME.fullmatch(span.name) else CUT,
        context=_ids(span.context),
        parent=_ids(span.parent) if span.parent else None,
        resource=span.resource,
        attributes={key: value for key, value in (span.attributes or {}).items() if _may_stand(key, value)},
        links=[Link(_ids(link.context)) for link in span.links],
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _may_stand(key: str, value: object) -> bool:
    if key not in ATTRIBUTES:
        return False
    return isinstance(value, bool | int | float) or (isinstance(value, str) and bool(WORD.fullmatch(value)))


def _ids(context: SpanContext) -> SpanContext:
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)


class SpanFile(SpanExporter):
    """One line for each span, as OTLP has it in JSON; several processes may write to one file.

    A file that is full is kept once, under `.1`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        lines = "".join(json.dumps(in_otlp(span), separators=(",", ":")) + "\n" for span in spans)
        try:
            if self._path.exists() and self._path.stat().st_size > FILE_LIMIT_BYTES:
                self._path.replace(f"{self._path}.1")
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, lines.encode())
            finally:
                os.close(file)
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS


def in_otlp(span: ReadableSpan) -> dict[str, Any]:
    """A span as a line that collectors read (`otlpjsonfile`): ids in hex, times as text, kinds as numbers."""
    scope = span.instrumentation_scope
    told = {
        "traceId": f"{span.context.trace_id:032x}",
        "spanId": f"{span.context.span_id:016x}",
        "parentSpanId": f"{span.parent.span_id:016x}" if span.parent else "",
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _in_otlp(span.attributes or {}),
        "links": [
            {"traceId": f"{link.context.trace_id:032x}", "spanId": f"{link.context.span_id:016x}"}
            for link in span.links
        ],
        "status": {"code": span.status.status_code.value},
    }
    scoped = {"scope": {"name": scope.name if scope else ""}, "spans": [told]}
    return {"resourceSpans": [{"resource": {"attributes": _in_otlp(span.resource.attributes)}, "scopeSpans": [scoped]}]}


def _in_otlp(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": str(value)}
