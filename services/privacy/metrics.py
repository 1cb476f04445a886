"""What an operator watches of the cases."""

from prometheus_client import Gauge

open_cases = Gauge("lethe_erasure_cases", "Erasure cases by state", ["state"])
silent_participants = Gauge("lethe_erasure_silent_participants", "Participants that owe a report")
cases_nearly_due = Gauge("lethe_erasure_cases_nearly_due", "Open cases due within three days")
