"""The SQL of the retention run, built from what a service declares; $1 is the day, the rest follows from the facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.law.calendar import midnight
from shared.law.retention.cutoffs import cut_off, over
from shared.personal_data.data_map import Table
from shared.personal_data.holds import IN_FORCE, covers, held
from shared.personal_data.retention.ends import Ends, Fact
from shared.purposes import restricted

RESTRICTION = "restriction"
OF_A_HOLD = "hold: "
"""Before the provision by which it was placed."""
AT_WORK = "in use by somebody else just now"
FREE = ""


@dataclass(frozen=True)
class Due:
    """Which rows are over on a day: the condition, its parameters, and what is kept from when on, by the first fact."""

    condition: str
    values: tuple[date | datetime, ...]
    cut_off: date


def due(ends: Ends, table: Table | None, day: date) -> Due:
    """Rows of the living, or of the erased where they are meant."""
    values: list[date | datetime] = [day]
    conditions = [f"({ends.where})", *(_over(ends.table, fact, day, values) for fact in ends.facts)]
    if table and table.kept:
        conditions += [f"{'NOT ' if ends.erased else ''}{ends.table}.live", f"{ends.table}.review_at IS NULL"]
    first = ends.facts[0].rules
    # PostgreSQL wants to know the type of a parameter that no condition uses
    return Due(
        " AND ".join([*conditions, "$1::date IS NOT NULL"]), tuple(values), cut_off(first, day) if first else day
    )


def _over(table: str, fact: Fact, day: date, values: list[date | datetime]) -> str:
    column = f"{table}.{fact.column}"
    if not fact.rules:
        return _unless(fact, f"{column} < $1")
    ranges = []
    for span in over(fact.rules, day):
        values += [span.first, span.end] if fact.is_day else [midnight(span.first), midnight(span.end)]
        ranges.append(f"({column} >= ${len(values) - 1} AND {column} < ${len(values)})")
    return _unless(fact, " OR ".join(ranges) or "false")


def _unless(fact: Fact, condition: str) -> str:
    return f"({fact.unless} OR {condition})" if fact.unless else f"({condition})"


def pick(ends: Ends, table: Table, when: Due) -> str:
    """Locks so many rows, the last parameter, that are over and that nothing keeps, for a purpose that sees all.

    What keeps them may be invisible to the purpose that deletes: the invoice of somebody whose address is restricted
    keeps an order. What others work with at the moment is left for the next run.
    """
    person = f"{ends.table}.subject_id"
    kept = [keeper.condition for keeper in ends.kept_by]
    kept += [held(person, table), restricted(person, *table.fields)]
    return f"{_first(ends, kept, when)} FOR UPDATE SKIP LOCKED"


def purge(ends: Ends) -> str:
    """Deletes what was picked, as far as PostgreSQL shows it to the purpose: of restricted people it shows nothing."""
    return f"DELETE FROM {ends.table} WHERE ctid = ANY ($1::tid[])"


def purge_at_once(ends: Ends, table: Table, when: Due) -> str:
    """Deletes so many rows, the last parameter, where nothing but a hold keeps them, and no purpose hides a hold."""
    first = _first(ends, [held(f"{ends.table}.subject_id", table)], when)
    return f"""
WITH over AS MATERIALIZED ({first} FOR UPDATE SKIP LOCKED)
DELETE FROM {ends.table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM over))"""


def purge_unkeyed(ends: Ends, when: Due) -> str:
    """Deletes so many rows, the last parameter, of a table that is nobody's: without the right to lock them."""
    first = _first(ends, [keeper.condition for keeper in ends.kept_by], when)
    return f"DELETE FROM {ends.table} WHERE ctid = ANY (ARRAY({first}))"


def _first(ends: Ends, kept: Sequence[str], when: Due) -> str:
    free = "".join(f" AND NOT ({condition})" for condition in kept)
    # the oldest first: otherwise a scan goes over all that earlier batches have deleted
    oldest = f"{ends.table}.{ends.facts[0].column}"
    return f"SELECT ctid FROM {ends.table} WHERE {when.condition}{free} ORDER BY {oldest} LIMIT ${len(when.values) + 1}"


def outlook(ends: Ends, table: Table | None, when: Due, *, ahead: bool) -> str:
    """Counts what is over by what keeps it, or would before a run, for a purpose that sees all; '' is nothing."""
    keepers = [((ahead and keeper.foreseen) or keeper.condition, keeper.because) for keeper in ends.kept_by]
    cases = [f"WHEN {condition} THEN '{because}'" for condition, because in keepers]
    if table:
        person = f"{ends.table}.subject_id"
        holds = f"""(SELECT min(reason) FROM hold AS h, unnest(h.provisions) AS reason
    WHERE h.subject_id = {person} AND h.{IN_FORCE} AND h.{covers(table)})"""
        cases = [
            f"WHEN {restricted(person, *table.fields)} THEN '{RESTRICTION}'",
            f"WHEN {held(person, table)} THEN '{OF_A_HOLD}' || {holds}",
            *cases,
        ]
    reason = f"CASE {' '.join(cases)} ELSE '{FREE}' END" if cases else f"'{FREE}'"
    return f"""
SELECT reason, count(*) AS rows FROM (SELECT {reason} AS reason FROM {ends.table} WHERE {when.condition}) AS due
GROUP BY reason ORDER BY reason"""
