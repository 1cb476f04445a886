"""A participant's part of the search for what an erasure left behind (docs/promises.md 6).

Every column of every table of the live schema is read, declared or not; then dead letters and log. PostgreSQL streams
the rows as COPY writes them, and only a row with a hit is looked at column by column. A page ends when its time is
over, between two ranges of blocks: what is written meanwhile is of people who are there.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal
from uuid import UUID

from pydantic import Field, ValidationError

from shared.contracts.message import Message
from shared.contracts.trace_search import Ending, SearchTraces, SoughtCase, TraceCount, TracesPage
from shared.database import Transaction
from shared.personal_data.data_map import DataMap
from shared.personal_data.spellings import Sought
from shared.problems import refuse

PAGE_S = 2.0
NOBODYS = frozenset[UUID]()
BLOCKS = 2048
"""So much of a table (16 MB) is read before the clock is looked at."""
TABLES = """
SELECT c.oid::bigint AS number, c.oid::regclass::text AS name, has_table_privilege(c.oid, 'SELECT') AS readable,
  (pg_relation_size(c.oid) / current_setting('block_size')::int)::int AS blocks,
  array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE sought) AS columns,
  array_agg(quote_ident(a.attname) ORDER BY a.attnum) FILTER (WHERE sought) AS quoted,
  bool_or(a.attname = 'subject_id') AS keyed, bool_or(a.attname = 'provisions') AS keeps
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
JOIN pg_type t ON t.oid = a.atttypid,
  LATERAL (SELECT t.typcategory NOT IN ('B', 'D', 'T') AND t.typname <> 'uuid' AS sought) AS kind
WHERE c.relkind IN ('r', 'm') AND n.nspname <> ALL ('{pg_catalog,information_schema,pg_toast}')
  AND a.attnum > 0 AND NOT a.attisdropped AND c.oid >= $1::bigint::oid
GROUP BY c.oid HAVING bool_or(sought) ORDER BY c.oid
"""
ROWS = """
SELECT {subject}, {kept}, {columns} FROM {table}
WHERE ctid >= '({first},0)'::tid AND ctid < '({behind},0)'::tid
"""


class Reached(Message):
    """Where a page ended."""

    stage: Literal["tables", "dead letters", "log"] = "tables"
    table: int = Field(default=0, ge=0)
    block: int = Field(default=0, ge=0)


@dataclass(frozen=True)
class _Table:
    """A table as it is, whatever the data map says."""

    number: int
    name: str
    readable: bool
    blocks: int
    columns: Sequence[str]
    quoted: Sequence[str]
    keyed: bool
    keeps: bool


Hit = tuple[frozenset[UUID], str, Ending]
"""The cases of which a value was seen in a row, where, and what that means. All of an office may have one address."""


@dataclass
class Seen:
    """What a page has seen so far."""

    read: int = 0
    hits: Counter[Hit] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)

    def page(self, following: Reached | None) -> TracesPage:
        traces = Counter[tuple[UUID, str, Ending]]()
        for (cases, place, ending), rows in self.hits.items():
            for case_id in cases:
                traces[case_id, place, ending] += rows
        return TracesPage(
            next=following.model_dump_json() if following else "",
            read=self.read,
            traces=tuple(
                TraceCount(case_id=case_id, place=place, ending=ending, rows=rows)
                for (case_id, place, ending), rows in traces.items()
            ),
            unread=tuple(self.unread),
        )


def reached(after: str) -> Reached:
    """Where a search goes on. Raises Refused (422) for what no page said."""
    try:
        return Reached.model_validate_json(after) if after else Reached()
    except ValidationError:
        raise refuse(422, "no such place", field="after", message="what a page said as `next`, or nothing") from None


async def in_tables(tx: Transaction, data_map: DataMap, request: SearchTraces) -> TracesPage:
    """The tables from a place on, until the time of a page is over. Raises Refused (422) for a place that is none."""
    behind, seen, until = reached(request.after), Seen(), monotonic() + PAGE_S
    sought = Sought.of(request.cases)
    owners = _owners(request.cases)
    for table in [_Table(**row) for row in await tx.rows(TABLES, behind.table)]:
        if not table.readable:
            seen.unread.append(table.name)
            continue
        judge = _judge(data_map, table, owners)
        first = behind.block if table.number == behind.table else 0
        for block in range(first, table.blocks, BLOCKS):
            if seen.read and monotonic() > until:  # each page gets on, however slow the machine is
                return seen.page(Reached(table=table.number, block=block))
            await _read(tx, table, block, lambda lines, judge=judge: _look(lines, sought, judge, seen))  # type: ignore[misc]
    return seen.page(Reached(stage="dead letters"))


async def _read(tx: Transaction, table: _Table, block: int, look: Callable[[str], None]) -> None:
    """Have a range of blocks looked at, whole rows at a time."""
    statement = ROWS.format(
        subject="subject_id" if table.keyed else "NULL",
        kept="NOT live AND provisions IS NOT NULL" if table.keeps else "false",
        columns=", ".join(table.quoted),
        table=table.name,
        first=block,
        behind=block + BLOCKS,
    )
    rest = b""

    async def take(data: bytes) -> None:
        nonlocal rest
        whole, newline, rest = (rest + data).rpartition(b"\n")
        if newline:
            look(whole.decode(errors="replace"))

    await tx.connection.copy_from_query(statement, output=take)


def _owners(cases: Iterable[SoughtCase]) -> dict[str, frozenset[UUID]]:
    """The cases of each id."""
    whose: dict[str, set[UUID]] = defaultdict(set)
    for case in cases:
        for subject in case.subjects:
            whose[str(subject)].add(case.case_id)
    return {subject: frozenset(ids) for subject, ids in whose.items()}


Judge = Callable[[frozenset[UUID], str, bool, int], Sequence[Hit]]
"""Where the cases' value was seen, and what that means: of cases, in a row of somebody, kept or not, by column."""


def _look(lines: str, sought: Sought, judge: Judge, seen: Seen) -> None:
    seen.read += lines.count("\n") + 1
    lowered = lines.lower()
    if not sought.mentions(lowered):
        return
    for line in filter(sought.mentions, lowered.split("\n")):
        seen.hits.update(_hits(line, sought, judge))


def _hits(line: str, sought: Sought, judge: Judge) -> Iterator[Hit]:
    subject, kept, *values = line.split("\t")
    for column, value in enumerate(values):
        if cases := sought.cases_in(value):
            yield from judge(cases, subject, kept == "t", column)


def _judge(data_map: DataMap, table: _Table, owners: Mapping[str, frozenset[UUID]]) -> Judge:
    declared = {t.name: {c.name: c for c in t.columns} for t in data_map.everything}.get(table.name)
    listed = any(t.categories for t in data_map.unkeyed if t.name == table.name)

    def judge(cases: frozenset[UUID], subject: str, kept: bool, place: int) -> Sequence[Hit]:
        name = table.columns[place]
        where = f"{table.name}.{name}"
        if declared is None:
            return [(cases, where, "unkeyed" if listed else "found")]
        column = declared.get(name)
        if column is None:
            return [(cases, where, "found")]
        own = owners.get(subject, NOBODYS) & cases
        if not own:
            return [(cases, where, "of others")]
        return [(own, where, "kept" if kept and not column.blank else "found"), (cases - own, where, "of others")]

    return judge
