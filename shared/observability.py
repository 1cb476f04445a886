"""Logs without personal values by construction, and metrics."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from enum import Enum
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge, Histogram

from shared.tracing import add_ids

# Text is personal until shown otherwise: only these keys may carry text, and none of them holds a value
# that a person typed. Everything else that is not a number, a truth value or an id is cut out.
TEXT_KEYS = frozenset(
    ("event", "level", "timestamp", "service", "consumer", "queue", "type", "reason", "sqlstate", "constraint")
    + ("table", "column", "state", "participant", "purpose", "exception", "route", "method", "step", "topic")
)


def keep_personal_values_out(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> Any:
    """Replace every value that could be a person's by its type's name."""
    return {key: _harmless(key, value) for key, value in entry.items()}


def _harmless(key: str, value: Any) -> Any:
    if isinstance(value, bool | int | float | UUID | Enum) or value is None:
        return value if not isinstance(value, UUID) else str(value)
    if isinstance(value, str) and key in TEXT_KEYS:
        return value
    return f"<{type(value).__name__}>"


def set_up_logging(service: str, level: str = "INFO") -> None:
    """JSON lines on standard output; libraries may report their own state but no messages of ours."""
    logging.basicConfig(stream=sys.stdout, level=logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_personal_values_out,
            add_ids,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    sys.excepthook = last_words


log = structlog.get_logger()


def what_failed(error: BaseException) -> dict[str, str | None]:
    """An error in words that carry no values: its class, SQLSTATE and constraint."""
    return {
        "exception": type(error).__name__,
        "sqlstate": getattr(error, "sqlstate", None),
        "constraint": getattr(error, "constraint_name", None),
        "table": getattr(error, "table_name", None),
    }


def last_words(_kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> None:
    """Tell of a crash what and where; Python's own words would hold the text of the error."""
    where = [f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in traceback.extract_tb(frames)]
    log.critical("crashed", step=" < ".join(reversed(where)), **what_failed(error))


metrics = SimpleNamespace(
    received=Counter(
        "lethe_messages_received_total", "Messages by what the inbox knew of them", ["consumer", "standing"]
    ),
    handled=Counter("lethe_messages_handled_total", "Messages by outcome", ["consumer", "outcome"]),
    seconds=Histogram("lethe_message_seconds", "Time from taking a message to its commit", ["consumer"]),
    requests=Counter("lethe_requests_total", "Requests answered", ["type", "status"]),
    strangers=Counter(
        "lethe_requests_from_strangers_total",
        "Requests from accounts that may not ask them",
        ["type", "account"],
    ),
    relayed=Counter("lethe_outbox_relayed_total", "Messages confirmed by the broker"),
    relay_lag=Gauge("lethe_outbox_lag_seconds", "Age of the oldest message waiting in the outbox"),
    outbox_waiting=Gauge("lethe_outbox_waiting", "Messages waiting in the outbox"),
    outbox_quarantined=Gauge("lethe_outbox_quarantined", "Messages that the broker refused until their last attempt"),
    outbox_refused=Counter("lethe_outbox_refused_total", "Refusals of single messages by the broker", ["fault"]),
    inbox=Gauge("lethe_inbox_messages", "Messages that the inbox knows, counted each hour"),
    retries=Gauge("lethe_retries_waiting", "Messages that wait in a retry tier", ["consumer"]),
    paused=Gauge("lethe_consumer_paused", "1 while a consumer waits for its database", ["consumer"]),
    stopped=Gauge("lethe_consumer_stopped", "1 while an operator has paused a consumer", ["consumer"]),
    breaker=Gauge("lethe_consumer_breaker", "0 closed, 1 half-open, 2 open: too much of it fails", ["consumer"]),
    dead=Counter("lethe_dead_letters_total", "Messages given up", ["consumer", "reason"]),
    failed=Counter("lethe_erasure_failed_total", "People whose erasure failed in a participant", ["service"]),
    erased=Counter("lethe_erasure_people_total", "People erased by this participant", ["service"]),
    kept_by_hold=Gauge("lethe_rows_kept_by_hold", "Rows past their day that a legal hold keeps", ["service", "table"]),
    without_end=Gauge(
        "lethe_rows_without_end",
        "Rows of which nothing says when they end; -1: of the whole table",
        ["service", "table"],
    ),
    kept_by_restriction=Gauge(
        "lethe_rows_kept_by_restriction", "Rows past their day that stay because of a restriction", ["service", "table"]
    ),
)
