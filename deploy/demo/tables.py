"""What the demonstration shows: who did what, what is kept, what the search found."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from deploy.leftovers import Leftover
from shared.messaging.topology import UNROUTED


def outcomes(certificate: Mapping[str, Any]) -> Table:
    """One line for each table in which the person had something."""
    table = Table("service", "table", "rows", "outcome", "until", "by which provision", title="What became of the data")
    for participant in certificate["participants"]:
        for entry in participant["tables"]:
            if entry["outcome"] == "nothing_held":
                continue
            until = entry.get("retain_until") or (f"review {entry['review_at']}" if entry.get("review_at") else "")
            reason = " · ".join(entry[name] for name in ("exception", "provision") if entry.get(name))
            columns = f" ({entry['columns']})" if entry.get("columns") else ""
            table.add_row(
                participant["service"], entry["table"] + columns, str(entry["rows"]), entry["outcome"], until, reason
            )
    return table


def progress(case: Mapping[str, Any]) -> str:
    """The case in one line."""
    answered = [p["service"] for p in case["progress"] if p["answered"]]
    return f"case {case['state']}; reported: {', '.join(answered) or 'nobody yet'}"


def queues(depths: Mapping[str, int]) -> Table:
    """How many messages wait where; only what is not empty, and how many are."""
    table = Table("queue", "messages", title="Queues")
    for name, depth in sorted(depths.items()):
        if depth:
            table.add_row(name + (" (events nobody listens to)" if name == UNROUTED else ""), str(depth))
    table.add_row(f"{sum(not depth for depth in depths.values())} other queues", "0")
    return table


def leftovers(found: Sequence[Leftover]) -> Table:
    """Where the person's values were found."""
    table = Table("place", "where", "count", "allowed", title="Search for the person's values")
    for trace in found:
        table.add_row(trace.place, trace.where, str(trace.count), "yes, retained by law" if trace.kept else "NO")
    if not found:
        table.add_row("everywhere", "nothing found", "0", "")
    return table
