"""The check that nothing is kept without an end: each row has a last day, or a reason with a day of review."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.database import Database
from shared.personal_data.data_map import Table
from shared.personal_data.retention.ends import Declared, Ends, Fact, GoesWith, Open, Retention
from shared.purposes import Purpose


@dataclass(frozen=True)
class Endless:
    """Rows of a table of which nothing says when they end; no number where the table itself is not declared."""

    table: str
    rows: int | None


def undeclared(retention: Retention) -> list[str]:
    """The personal tables of which nothing is declared."""
    named = {each.table for each in retention.everything}
    return [table.name for table in retention.data_map.everything if table.name not in named]


async def endless(database: Database, retention: Retention) -> list[Endless]:
    """Everything that is kept without an end."""
    found = [Endless(name, None) for name in undeclared(retention)]
    async with database.transaction(Purpose.ERASURE) as tx:  # which sees everybody's
        for table in retention.data_map.everything:
            if conditions := list(_has_end(retention, table)):
                rows = await tx.value(
                    f"SELECT count(*) FROM {table.name} WHERE ({' OR '.join(conditions)}) IS NOT TRUE"
                )
                found += [Endless(table.name, rows)] if rows else []
    return found


def _has_end(retention: Retention, table: Table) -> Iterator[str]:
    declared = [each for each in retention.everything if each.table == table.name]
    for each in declared:
        yield f"({_says(each)})"
    if declared and table.kept:  # PostgreSQL lets nobody forget why and until when a row of the erased is kept
        yield f"NOT {table.name}.live"


def _says(declared: Declared) -> str:
    t = declared.table
    match declared:
        case Ends():
            return " AND ".join([f"({declared.where})", *(_known(t, fact) for fact in declared.facts)])
        case Open():
            return f"({declared.where}) AND ({declared.review}) IS NOT NULL"
        case GoesWith():
            key = declared.column
            return f"EXISTS (SELECT FROM {declared.parent} AS parent WHERE parent.{key} = {t}.{key})"


def _known(table: str, fact: Fact) -> str:
    """A fact from before the first rule says nothing."""
    column = f"{table}.{fact.column}"
    known = f"{column} IS NOT NULL"
    if fact.rules:
        known += f" AND {column} >= '{min(rule.valid_from for rule in fact.rules)}'"
    return f"({fact.unless} OR {known})" if fact.unless else f"({known})"
