"""Spans recorded inside the test's process, as a service's are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from shared.span_export import Harmless, SpanFile


@contextmanager
def recorded(path: Path) -> Iterator[Path]:
    """The file that spans are written to until the block ends; in one process they are all of one service."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    provider, processor = trace.get_tracer_provider(), SimpleSpanProcessor(Harmless(SpanFile(path)))
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(processor)
    try:
        yield path
    finally:
        processor.shutdown()
