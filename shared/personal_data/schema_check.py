"""The check that nothing personal escapes the data map: every column of the live schema is declared."""

from collections.abc import Iterable, Iterator

from shared.database import Row, Transaction
from shared.personal_data.data_map import KIT_COLUMNS, KIT_TABLES, DataMap, Table
from shared.purposes import KINDS

COLUMNS = """
SELECT c.relname AS table, a.attname AS column, a.attnotnull AS required, c.relforcerowsecurity AS forced,
  a.atttypid = 'bytea'::regtype AS unreadable,
  EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) AS with_key
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
KEYED = """
SELECT k.conrelid::regclass::text AS table, a.attname AS column
FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.contype = 'f' AND k.confrelid = 'subject'::regclass AND cardinality(k.conkey) = 2
"""
INDEXED = """
SELECT i.indrelid::regclass::text AS table, a.attname AS column
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
"""
PURPOSES = "SELECT purpose, kind FROM lethe.purpose"


async def gaps(tx: Transaction, data_map: DataMap) -> list[str]:
    """Everything in which the live schema and the data map differ, one sentence each."""
    live = await tx.rows(COLUMNS)
    keyed = {(r["table"], r["column"]) for r in await tx.rows(KEYED)}
    indexed = {(r["table"], r["column"]) for r in await tx.rows(INDEXED)}
    purposes = {r["purpose"]: r["kind"] for r in await tx.rows(PURPOSES)}
    differences = [*_undeclared(live, data_map), *_missing(live, data_map)]
    for table in data_map.everything:
        differences += [*_unkeyed(table, keyed, indexed), *_not_to_be_copied(table, live)]
        if not all(r["forced"] for r in live if r["table"] == table.name):
            differences.append(f"{table.name}: row-level security is not forced")
    if purposes != {p.value: kind for p, kind in KINDS.items()}:
        differences.append("lethe.purpose differs from shared/purposes.py")
    return differences


def _undeclared(live: Iterable[Row], data_map: DataMap) -> list[str]:
    declared = {(t.name, c.name) for t in data_map.everything for c in t.columns}
    declared |= {(t.name, f"{c.name}_live") for t in data_map.everything for c in t.others}
    silent = set(KIT_TABLES) | {t.name for t in data_map.unkeyed}
    return [
        f"{row['table']}.{row['column']}: not in the data map"
        for row in live
        if row["table"] not in silent
        and (row["table"], row["column"]) not in declared
        and row["column"] not in KIT_COLUMNS
    ]


def _missing(live: Iterable[Row], data_map: DataMap) -> list[str]:
    there = {(row["table"], row["column"]) for row in live}
    return [
        f"{t.name}.{c.name}: in the data map but not in the database"
        for t in data_map.everything
        for c in t.columns
        if (t.name, c.name) not in there
    ]


def _unkeyed(table: Table, keyed: set[tuple[str, str]], indexed: set[tuple[str, str]]) -> list[str]:
    missing = []
    for column in (c for c in table.columns if c.role):
        if (table.name, column.name) not in keyed:
            missing.append(f"{table.name}.{column.name}: no foreign key to subject (subject_id, live)")
        if (table.name, column.name) not in indexed:
            missing.append(f"{table.name}.{column.name}: no index")
    if table.kept and (table.name, "retain_until") not in indexed:
        missing.append(f"{table.name}.retain_until: no index")
    return missing


def _not_to_be_copied(table: Table, live: Iterable[Row]) -> Iterator[str]:
    """A copy is paged by the primary key, and bytes say nothing to the person it is for."""
    if table.withheld:
        return
    rows = [row for row in live if row["table"] == table.name]
    if not all(row["with_key"] for row in rows):
        yield f"{table.name}: no primary key"
    read = {column.name for column in table.columns if not column.left_out}
    for row in rows:
        if row["unreadable"] and row["column"] in read:
            yield f"{table.name}.{row['column']}: is bytea, and nothing says why a copy leaves it out"
