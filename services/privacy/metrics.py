"""What an operator watches of the cases."""

from prometheus_client import Gauge

open_cases = Gauge("lethe_erasure_cases", "Erasure cases by state", ["state"])
copies_gathering = Gauge("lethe_copies_gathering", "Copies that wait for what some participant holds")
traces_found = Gauge(
    "lethe_traces_found", "Erased cases whose search found a value within a week where it has no business to be"
)
holds_to_review = Gauge("lethe_holds_to_review", "Legal holds whose review date has come")
recipient_notices = Gauge(
    "lethe_recipient_notices", "Recipients that are not told yet: due, failed, or late (30 days)", ["state"]
)
breaches_nearly_due = Gauge(
    "lethe_breaches_nearly_due", "Breaches not told to the authority whose 72 hours end within 24 hours, or have"
)
silent_participants = Gauge("lethe_erasure_silent_participants", "Participants that owe a report for an open order")
cases_nearly_due = Gauge("lethe_erasure_cases_nearly_due", "Cases without an answer due within three days")
cases_late = Gauge("lethe_erasure_cases_late", "Cases without an answer whose due date has passed")
cases_bound_to_miss = Gauge(
    "lethe_erasure_cases_bound_to_miss", "Open cases whose next attempt is after their due date"
)
oldest_order = Gauge("lethe_erasure_oldest_order_seconds", "Age of the oldest order that waits for reports")
unanswered_orders = Gauge(
    "lethe_erasure_unanswered_orders", "Open orders that a participant owes a report for", ["participant"]
)
