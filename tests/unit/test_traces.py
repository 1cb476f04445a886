"""Which trace a piece of work goes on with, and which it is only linked to; the ids in spans and log lines."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from shared.tracing import add_ids, batch, cause, current_traceparent, linked_trace, note_about, part, summary, work

EARLIER = f"00-{32 * '1'}-{16 * '2'}-01"


@pytest.fixture
def exported() -> InMemorySpanExporter:
    """The spans that end from now on."""
    linked_trace("to set up", "")
    provider, exporter = trace.get_tracer_provider(), InMemorySpanExporter()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@pytest.fixture(params=["recorded", "not recorded"])
def either(request: pytest.FixtureRequest, exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds whether anybody records or not."""
    if request.param == "not recorded":
        monkeypatch.setattr("shared.tracing.is_recorded", lambda: False)


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
    with work("work", EARLIER):
        assert linked_trace("replay", EARLIER)[3:35] != (current_traceparent() or "")[3:35]
    assert exported.get_finished_spans()[0].parent is None


CASE, ORDER = UUID(int=7), UUID(int=8)


def logged() -> dict[str, Any]:
    """What a log line says besides its own words."""
    line: dict[str, Any] = add_ids(None, "info", {})
    return line


@pytest.mark.usefixtures("either")
def test_a_log_line_says_of_which_trace_it_is() -> None:
    assert logged() == {}
    with work("work", EARLIER):
        assert logged() == {"trace_id": EARLIER[3:35]}
    assert logged() == {}


@pytest.mark.usefixtures("either")
def test_a_log_line_says_about_which_case_it_is() -> None:
    with work("work", EARLIER):
        note_about(SimpleNamespace(case_id=CASE, order_id=None))
        note_about(SimpleNamespace(order_id=ORDER))
        with work("work of its own", None):
            assert "case_id" not in logged(), "a batch that begins in the middle of somebody's message"
        with part("a part", {}, alone=True):
            assert (logged()["case_id"], logged()["order_id"]) == (str(CASE), str(ORDER))
    assert logged() == {}


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("traceparent", [None, "", "broken", f"00-{32 * '0'}-{16 * '2'}-01", 7])
def test_what_names_no_trace_begins_one(traceparent: object) -> None:
    begun = []
    for _ in range(2):
        with work("work", traceparent):
            begun.append((current_traceparent() or "")[3:35])
    assert len(set(begun) - {"", 32 * "0"}) == 2


@pytest.mark.usefixtures("either")
def test_a_message_of_a_job_has_a_trace() -> None:
    with cause("cause"):
        assert current_traceparent()
    with work("message", EARLIER), cause("cause"):
        assert (current_traceparent() or "")[3:35] == EARLIER[3:35]


@pytest.mark.parametrize("value", ["Anna", "7", 7, None])
def test_what_is_no_id_is_not_noted(value: object) -> None:
    with work("work", EARLIER):
        note_about(SimpleNamespace(case_id=value))
        assert "case_id" not in logged()


def test_a_span_says_about_which_case_it_is(exported: InMemorySpanExporter) -> None:
    with work("work", None):
        note_about(SimpleNamespace(case_id=CASE))
    assert [span.attributes for span in exported.get_finished_spans()] == [{"lethe.case_id": str(CASE)}]


def test_what_is_known_late_is_said_of_the_whole(exported: InMemorySpanExporter) -> None:
    with work("work", None), part("transaction", {}):
        note_about(SimpleNamespace(case_id=CASE))
    assert [span.attributes for span in exported.get_finished_spans()] == 2 * [{"lethe.case_id": str(CASE)}]


def test_a_part_says_about_which_case_it_is(exported: InMemorySpanExporter) -> None:
    with work("work", None):
        note_about(SimpleNamespace(case_id=CASE))
        with part("transaction", {"lethe.purpose": "erasure"}):
            pass
    told = exported.get_finished_spans()[0].attributes
    assert told == {"lethe.purpose": "erasure", "lethe.case_id": str(CASE)}


def test_a_batch_is_linked_to_all_and_goes_on_with_none(exported: InMemorySpanExporter) -> None:
    later = EARLIER.replace("1", "3")
    with work("message", EARLIER), batch("batch", SpanKind.CONSUMER, [EARLIER, "", None, "broken", later], {}):
        assert (current_traceparent() or "")[3:35] not in (EARLIER[3:35], later[3:35])
    span = next(span for span in exported.get_finished_spans() if span.name == "batch")
    assert {f"{link.context.trace_id:032x}" for link in span.links} == {EARLIER[3:35], later[3:35]}
    assert span.parent is None


def test_what_no_message_asked_for_begins_a_trace(exported: InMemorySpanExporter) -> None:
    with cause("cause"):
        begun = current_traceparent()
    with work("message", EARLIER), cause("cause"):
        assert (current_traceparent() or "")[3:35] == EARLIER[3:35]
    assert begun
    assert begun[3:35] == f"{exported.get_finished_spans()[0].context.trace_id:032x}"


def test_a_look_that_nobody_asked_for_is_no_span(exported: InMemorySpanExporter) -> None:
    with part("transaction", {}):
        assert current_traceparent() is None
    assert exported.get_finished_spans() == ()


STATEMENTS = {
    "SELECT 1": ("SELECT", ""),
    "SELECT email FROM account WHERE email = 'anna@example.com'": ("SELECT", "account"),
    "\n  insert INTO outbox (type) VALUES ($1)": ("INSERT", "outbox"),
    "UPDATE lethe.subject SET live = false": ("UPDATE", "lethe.subject"),
    "WITH gone AS (DELETE FROM session RETURNING *) SELECT * FROM gone": ("WITH", "session"),
    "SELECT 'from Kowalska' AS who": ("SELECT", ""),
    "Kowalska": ("statement", ""),
    "": ("statement", ""),
}


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_statement_is_told_by_its_table(sql: str) -> None:
    assert summary(sql) == STATEMENTS[sql]
