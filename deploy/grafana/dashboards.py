"""Grafana dashboards as code: each is a few panels of one width, in rows, over the metrics of docs/operations.md."""

from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT, PER_ROW = 8, 8, 3
SOURCE = {"type": "prometheus", "uid": "${source}"}
SCHEMA_VERSION = 39  # of Grafana 10; newer ones read it


@dataclass(frozen=True)
class Panel:
    """One graph: expressions with what each line is called."""

    title: str
    lines: dict[str, str]
    unit: str = "short"


@dataclass(frozen=True)
class Dashboard:
    """What is looked at together."""

    name: str
    title: str
    panels: tuple[Panel, ...]

    def document(self) -> dict[str, Any]:
        """What Grafana imports or provisions."""
        return {
            "uid": f"lethe-{self.name}",
            "title": self.title,
            "tags": ["lethe"],
            "schemaVersion": SCHEMA_VERSION,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "templating": {
                "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
            },
            "panels": [_panel(place, panel) for place, panel in enumerate(self.panels)],
        }


def _panel(place: int, panel: Panel) -> dict[str, Any]:
    return {
        "id": place + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": {"x": place % PER_ROW * WIDTH, "y": place // PER_ROW * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": SOURCE, "expr": expression, "legendFormat": name}
            for number, (expression, name) in enumerate(panel.lines.items())
        ],
    }


def _quantile(quantile: float, histogram: str, by: str) -> str:
    return f"histogram_quantile({quantile}, sum by (le, {by}) (rate({histogram}_bucket[5m])))"


FLOW = Dashboard(
    "flow",
    "Lethe: flow of messages",
    (
        Panel(
            "Messages handled a second",
            {"sum by (outcome) (rate(lethe_messages_handled_total[5m]))": "{{outcome}}"},
            "ops",
        ),
        Panel(
            "Messages handled a second, by consumer",
            {"sum by (consumer) (rate(lethe_messages_handled_total[5m]))": "{{consumer}}"},
            "ops",
        ),
        Panel(
            "Time of a message, 95 of 100", {_quantile(0.95, "lethe_message_seconds", "consumer"): "{{consumer}}"}, "s"
        ),
        Panel(
            "Events relayed a second",
            {"sum by (instance) (rate(lethe_outbox_relayed_total[5m]))": "{{instance}}"},
            "ops",
        ),
        Panel("Events that wait to be told", {"lethe_outbox_waiting": "{{instance}}"}),
        Panel("Age of the oldest of them", {"lethe_outbox_lag_seconds": "{{instance}}"}, "s"),
        Panel("Refused by the broker", {"sum by (fault) (increase(lethe_outbox_refused_total[5m]))": "{{fault}}"}),
        Panel("In quarantine", {"lethe_outbox_quarantined": "{{instance}}"}),
        Panel(
            "Known to the inbox as",
            {"sum by (standing) (rate(lethe_messages_received_total[5m]))": "{{standing}}"},
            "ops",
        ),
    ),
)
ERASURES = Dashboard(
    "erasures",
    "Lethe: erasures",
    (
        Panel("Open cases", {"max by (state) (lethe_erasure_cases)": "{{state}}"}),
        Panel(
            "Cases and their date",
            {
                "max(lethe_erasure_cases_nearly_due)": "due within three days",
                "max(lethe_erasure_cases_bound_to_miss)": "bound to miss it",
                "max(lethe_erasure_cases_late)": "late",
            },
        ),
        Panel("Erased cases with a value found", {"max(lethe_traces_found)": "cases"}),
        Panel("Copies that wait for a participant", {"max(lethe_copies_gathering)": "copies"}),
        Panel("Age of the oldest open order", {"max(lethe_erasure_oldest_order_seconds)": "age"}, "s"),
        Panel("Orders that wait for", {"max by (participant) (lethe_erasure_unanswered_orders)": "{{participant}}"}),
        Panel("Reports owed", {"max(lethe_erasure_silent_participants)": "reports"}),
        Panel(
            "People erased and failed in an hour",
            {
                "sum by (service) (increase(lethe_erasure_people_total[1h]))": "{{service}}",
                "sum by (service) (increase(lethe_erasure_failed_total[1h]))": "{{service}} failed",
            },
        ),
        Panel(
            "Rows kept past their day by restrictions",
            {"max by (service, table) (lethe_rows_kept_by_restriction)": "{{service}} {{table}}"},
        ),
        Panel(
            "Rows kept past their day by legal holds",
            {"max by (service, table) (lethe_rows_kept_by_hold)": "{{service}} {{table}}"},
        ),
        Panel(
            "Rows without an end",
            {"max by (service, table) (lethe_rows_without_end)": "{{service}} {{table}}"},
        ),
        Panel("Recipients to be told", {"max by (state) (lethe_recipient_notices)": "{{state}}"}),
        Panel("Legal holds to be reviewed", {"max(lethe_holds_to_review)": "holds"}),
        Panel("Breaches to be reported within 24 hours", {"max(lethe_breaches_nearly_due)": "breaches"}),
    ),
)
QUEUES = Dashboard(
    "queues",
    "Lethe: queues, consumers, dead letters",
    (
        Panel("Messages that wait", {"max by (queue) (rabbitmq_detailed_queue_messages_ready) > 0": "{{queue}}"}),
        Panel("Messages in hand", {"max by (queue) (rabbitmq_detailed_queue_messages_unacked) > 0": "{{queue}}"}),
        Panel(
            "Queues without a consumer",
            {'max by (queue) (rabbitmq_detailed_queue_consumers{queue=~".+[.]on[.].+"}) == 0': "{{queue}}"},
        ),
        Panel("Given up in an hour", {"sum by (reason) (increase(lethe_dead_letters_total[1h]))": "{{reason}}"}),
        Panel(
            "Given up in an hour, by consumer",
            {"sum by (consumer) (increase(lethe_dead_letters_total[1h]))": "{{consumer}}"},
        ),
        Panel("Wait for a retry", {"max by (consumer) (lethe_retries_waiting) > 0": "{{consumer}}"}),
        Panel("Messages that inboxes know", {"max by (instance) (lethe_inbox_messages)": "{{instance}}"}),
        Panel("Breaker: 1 half-open, 2 open", {"max by (consumer) (lethe_consumer_breaker) > 0": "{{consumer}}"}),
        Panel("Wait for their database", {"max by (consumer) (lethe_consumer_paused) > 0": "{{consumer}}"}),
        Panel("Paused by an operator", {"max by (consumer) (lethe_consumer_stopped) > 0": "{{consumer}}"}),
    ),
)
SERVICES = Dashboard(
    "services",
    "Lethe: services and requests",
    (
        Panel(
            "HTTP answers a second", {"sum by (status) (rate(lethe_http_requests_total[5m]))": "{{status}}"}, "reqps"
        ),
        Panel("HTTP time, 95 of 100", {_quantile(0.95, "lethe_http_request_seconds", "route"): "{{route}}"}, "s"),
        Panel(
            "HTTP errors a second",
            {'sum by (route) (rate(lethe_http_requests_total{status=~"5.."}[5m]))': "{{route}}"},
            "reqps",
        ),
        Panel(
            "Requests between services a second",
            {"sum by (type) (rate(lethe_requests_total[5m]))": "{{type}}"},
            "reqps",
        ),
        Panel(
            "Requests refused or failed",
            {'sum by (type, status) (rate(lethe_requests_total{status!="200"}[5m]))': "{{type}} {{status}}"},
            "reqps",
        ),
        Panel(
            "Asked by strangers",
            {"sum by (account, type) (increase(lethe_requests_from_strangers_total[1h]))": "{{account}}: {{type}}"},
        ),
        Panel(
            "Money not booked, in a day", {"sum by (kind) (increase(lethe_staff_cases_opened_total[1d]))": "{{kind}}"}
        ),
        Panel(
            "Not in KSeF", {"max by (state) (lethe_ksef_invoices)": "{{state}}", "max(lethe_ksef_overdue)": "overdue"}
        ),
        Panel("Spans lost in five minutes", {"increase(lethe_spans_lost_total[5m])": "{{instance}}"}),
        Panel("Memory", {"process_resident_memory_bytes": "{{instance}}"}, "bytes"),
        Panel("Processor time", {"rate(process_cpu_seconds_total[5m])": "{{instance}}"}, "percentunit"),
    ),
)
DASHBOARDS = (FLOW, ERASURES, QUEUES, SERVICES)
