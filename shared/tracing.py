"""The trace that follows a message, and the spans that tell of it.

W3C ids travel and stand in every log line whether anything is recorded or not. Spans are recorded where a setting names
a place for them (`span_export`); what they may tell is decided there, by attribute.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache
from typing import Any
from uuid import UUID

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

SCOPE = "lethe"
"""Whose spans these are; names of other spans are not ours to vouch for."""
OPERATION = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE|CALL|MERGE|SET|LOCK|VACUUM|TRUNCATE)\b", re.IGNORECASE)
TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|CALL|VACUUM|TRUNCATE)\s+([a-z_][a-z0-9_.]{0,62})\b", re.IGNORECASE)
QUOTED = re.compile(r"'[^']*'")
ABOUT = ("case_id", "order_id")
"""The fields of a message that say which case or order it is about."""

_tracer = trace.get_tracer(SCOPE)
_w3c = TraceContextTextMapPropagator()
_ids = RandomIdGenerator()
_about: ContextVar[Mapping[str, str] | None] = ContextVar("about", default=None)
_whole: ContextVar[Span] = ContextVar("whole", default=trace.INVALID_SPAN)
"""The span of the work under way, of which the current one may be a part."""
_NOTHING: AbstractContextManager[Span] = nullcontext(trace.INVALID_SPAN)

Attributes = Mapping[str, str | int]


def current_traceparent() -> str | None:
    """The W3C trace context of the running work, to be stored beside an outgoing message."""
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return carrier.get("traceparent")


def linked_trace(name: str, earlier: str) -> str:
    """Begin a trace of its own that is linked to an earlier one; answers its W3C context."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):  # a command, in which nobody has set it up
        trace.set_tracer_provider(TracerProvider())
    with _span(name, otel_context.Context(), links=_links([earlier])):
        return current_traceparent() or ""


def work(
    name: str, traceparent: object, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes | None = None
) -> AbstractContextManager[Span]:
    """A piece of work that somebody gave to this process: it goes on with the trace of its message, or begins one."""
    context = _context(traceparent)
    return _span(name, context, kind, attributes) if is_recorded() else _unrecorded(context)


def batch(
    name: str, kind: SpanKind, traceparents: Iterable[str | None], attributes: Attributes
) -> AbstractContextManager[Span]:
    """Work for many messages at once: of many causes none is the parent, so it is linked to each."""
    if not is_recorded():
        return _unrecorded(otel_context.Context())
    return _span(name, otel_context.Context(), kind, attributes, _links(traceparents))


def part(name: str, attributes: Attributes, *, alone: bool = False) -> AbstractContextManager[Span]:
    """What work under way asks of another system; next to nothing where nobody records.

    `alone` tells of it outside of any work, too: loops look into their tables each second and are not worth a trace.
    """
    if trace.get_current_span().is_recording() or (alone and is_recorded()):
        return _span(name, None, SpanKind.CLIENT, attributes)
    return _NOTHING


def statement(sql: str) -> AbstractContextManager[Span]:
    """One statement as a part of its transaction: what it does and with which table, never its text."""
    if not trace.get_current_span().is_recording():
        return _NOTHING
    operation, table = summary(sql)
    told = {"db.system.name": "postgresql", "db.operation.name": operation, "db.collection.name": table}
    return _span(
        f"{operation} {table}".strip(), None, SpanKind.CLIENT, {key: word for key, word in told.items() if word}
    )


@lru_cache(maxsize=1024)
def summary(sql: str) -> tuple[str, str]:
    """What a statement does, and the first table or function that it names."""
    operation, table = OPERATION.match(sql), TABLE.search(QUOTED.sub("", sql))
    return (operation[1].upper() if operation else "statement"), (table[1].lower() if table else "")


def cause(name: str) -> AbstractContextManager[Span]:
    """The moment in which events are caused: what no message asked for, such as a job, begins their trace here."""
    if is_recorded():
        return _span(name, None, SpanKind.PRODUCER)
    return _NOTHING if trace.get_current_span().get_span_context().is_valid else _unrecorded(otel_context.Context())


def is_recorded() -> bool:
    """Whether anything is recorded in this process at all."""
    return getattr(trace.get_tracer_provider(), "sampler", ALWAYS_OFF) is not ALWAYS_OFF


def note_about(message: object) -> None:
    """Say for spans and log lines which case and order the work under way is about."""
    note(**{name: getattr(message, name, None) for name in ABOUT})


def note(**ids: UUID | None) -> None:
    """The same, where it becomes known on the way."""
    if known := {name: str(value) for name, value in ids.items() if isinstance(value, UUID)}:
        _about.set({**(_about.get() or {}), **known})
        for span in {_whole.get(), trace.get_current_span()}:
            span.set_attributes(_told(known))


def note_nothing() -> None:
    """The next step of a loop is about something else."""
    _about.set(None)


def _told(about: Mapping[str, str] | None) -> dict[str, str | int]:
    return {f"{SCOPE}.{name}": value for name, value in (about or {}).items()}


def add_ids(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> Any:
    """For a log line: of which trace it is, and about which case."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        entry["trace_id"] = f"{context.trace_id:032x}"
    entry.update(_about.get() or {})
    return entry


@contextmanager
def _unrecorded(context: otel_context.Context) -> Iterator[Span]:
    """The trace goes on as it came, or a new one begins; a span that nobody records is not made for it."""
    span = trace.get_current_span(context)
    if not span.get_span_context().is_valid:
        ids = trace.SpanContext(_ids.generate_trace_id(), _ids.generate_span_id(), is_remote=False)
        context = trace.set_span_in_context(trace.NonRecordingSpan(ids), context)
    token, about = otel_context.attach(context), _about.set(None)
    try:
        yield span
    finally:
        _about.reset(about)
        otel_context.detach(token)


@contextmanager
def _span(
    name: str,
    parent: otel_context.Context | None,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
    links: Iterable[trace.Link] = (),
) -> Iterator[Span]:
    before = None if parent is not None else _about.get()
    about = _about.set(before)
    try:
        with _tracer.start_as_current_span(
            name,
            context=parent,
            kind=kind,
            attributes={**(attributes or {}), **_told(before)} if before else attributes,
            links=list(links),
            record_exception=False,  # its text may hold values, and so may its frames
            set_status_on_exception=False,
        ) as span:
            whole = _whole.set(_whole.get() if parent is None else span)
            try:
                yield span
            except Exception as error:  # told, and raised again
                note_failure(span, error)
                raise
            finally:
                _whole.reset(whole)
    finally:
        _about.reset(about)


def note_failure(span: Span, error: BaseException) -> None:
    """Tell of an error its class and SQLSTATE."""
    if span.is_recording():
        span.set_status(trace.StatusCode.ERROR)
        span.set_attribute("error.type", type(error).__name__)
        if sqlstate := getattr(error, "sqlstate", None):
            span.set_attribute("db.response.status_code", str(sqlstate))


def _context(traceparent: object) -> otel_context.Context:
    return _w3c.extract({"traceparent": str(traceparent)} if traceparent else {}, otel_context.Context())


def _links(traceparents: Iterable[str | None]) -> list[trace.Link]:
    contexts = (trace.get_current_span(_context(each)).get_span_context() for each in traceparents if each)
    return [trace.Link(context) for context in contexts if context.is_valid]
