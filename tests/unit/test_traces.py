"""What is sent again by an operator has a trace of its own, which says of which it is the sequel."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.observability import continued_trace, current_traceparent, linked_trace

EARLIER = f"00-{32 * '1'}-{16 * '2'}-01"


@pytest.fixture
def exported() -> InMemorySpanExporter:
    """The spans that end from now on."""
    linked_trace("to set up", "")
    provider, exporter = trace.get_tracer_provider(), InMemorySpanExporter()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


def test_it_is_linked_to_the_earlier_one(exported: InMemorySpanExporter) -> None:
    sent = linked_trace("replay", EARLIER)
    (span,) = exported.get_finished_spans()
    (link,) = span.links
    assert f"{link.context.trace_id:032x}" == EARLIER[3:35]
    assert span.parent is None
    assert sent[3:35] == f"{span.context.trace_id:032x}" != EARLIER[3:35]


@pytest.mark.parametrize("broken", ["", "00-1-2-01", "nothing"])
def test_what_is_no_trace_is_not_linked(exported: InMemorySpanExporter, broken: str) -> None:
    assert linked_trace("replay", broken)
    assert [len(span.links) for span in exported.get_finished_spans()] == [0]


def test_work_under_way_is_not_its_parent(exported: InMemorySpanExporter) -> None:
    with continued_trace("work", EARLIER):
        assert linked_trace("replay", EARLIER)[3:35] != (current_traceparent() or "")[3:35]
    assert exported.get_finished_spans()[0].parent is None
