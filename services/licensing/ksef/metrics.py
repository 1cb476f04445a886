"""What an operator sees of invoices on their way to KSeF."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import get_args

from prometheus_client import Gauge

from services.licensing.ksef.rules import Outage, due_on
from services.licensing.ksef.store import Count
from shared.contracts.licensing.ksef import KsefState

INVOICES = Gauge("lethe_ksef_invoices", "Invoices that KSeF has not accepted, by state", ["state"])
OVERDUE = Gauge("lethe_ksef_overdue", "Invoices whose last day for sending to KSeF is over")
for state in get_args(KsefState):
    INVOICES.labels(state).set(0)


def measure(counts: Sequence[Count], outages: Sequence[Outage], today: date) -> None:
    by_state: Counter[str] = Counter()
    overdue = 0
    for each in counts:
        by_state[each.state] += each.count
        last = due_on(each.issued_on, outages)
        overdue += each.count if last is not None and last < today else 0
    for state in get_args(KsefState):
        INVOICES.labels(state).set(by_state[state])
    OVERDUE.set(overdue)
