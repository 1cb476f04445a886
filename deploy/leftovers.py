"""The search for a person's values through every table, queue, dead letter and log (docs/promises.md 6).

Out of reach and named so: the mailbox (it stands for the world outside), write-ahead logs, backups.
"""

import json
from base64 import b64decode
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import asyncpg

from shared.messaging.topology import management

TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
PEEK = 10_000
AT_A_TIME = 1_000  # rows of a table in memory


@dataclass(frozen=True)
class Leftover:
    """A place where a value was found. `kept` says that the law keeps the row."""

    place: str
    where: str
    count: int
    kept: bool


async def in_tables(connections: Mapping[str, asyncpg.Connection], values: Sequence[str]) -> list[Leftover]:
    """Every column of every table of every database as text. The connections must see everything."""
    found, spellings = [], _lowered(values)
    for service, connection in connections.items():
        for record in await connection.fetch(TABLES):
            hits = {True: 0, False: 0}
            async for row in _rows(connection, record[0]):
                # leaf by leaf: a whole row as text would double quotes and hide `Firma "Ćma"`
                if any(_mentions(text, spellings) for text in _texts(row)):
                    hits[_is_kept(row)] += 1
            found += [Leftover(service, record[0], count, kept) for kept, count in hits.items() if count]
    return found


async def _rows(connection: asyncpg.Connection, table: str) -> AsyncIterator[dict[str, Any]]:
    async with connection.transaction(readonly=True):
        async for record in connection.cursor(f"SELECT to_jsonb(t) FROM {table} t", prefetch=AT_A_TIME):  # noqa: S608
            yield json.loads(record[0])


def _is_kept(row: Mapping[str, object]) -> bool:
    """A row out of live use, with the provision by which it is kept."""
    return row.get("live") is False and bool(row.get("provisions"))


def _spellings(values: Iterable[str]) -> set[str]:
    """A value as it is, and as JSON, URLs and `bytea` write it."""
    plain = {value for value in values if value}
    in_json = {json.dumps(value, ensure_ascii=ascii_only)[1:-1] for value in plain for ascii_only in (True, False)}
    in_urls = {spell(value) for value in plain for spell in (quote, quote_plus)}
    return plain | in_json | in_urls | {value.encode().hex() for value in plain}


async def in_queues(management_url: str, virtual_host: str, values: Sequence[str]) -> tuple[list[Leftover], int]:
    """Every message of every queue, body and headers, put back as it was; also how many were read."""
    found, read, place, spellings = [], 0, quote(virtual_host, safe=""), _lowered(values)
    async with management(management_url) as api:
        queues = (await api.get(f"/api/queues/{place}")).raise_for_status().json()
        for queue in queues:
            peek = {"count": PEEK, "ackmode": "ack_requeue_true", "encoding": "auto"}
            answer = await api.post(f"/api/queues/{place}/{quote(queue['name'], safe='')}/get", json=peek)
            messages = answer.raise_for_status().json()
            read += len(messages)
            hits = sum(any(_mentions(text, spellings) for text in _texts(message)) for message in messages)
            if hits:
                found.append(Leftover("queue", queue["name"], hits, kept=False))
    return found, read


def _texts(part: Any) -> Iterator[str]:
    """Every text in a row, or in a message as the management API shows it (no UTF-8 comes as base64)."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield str(part)
    elif isinstance(part, list):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, dict):
        if part.get("payload_encoding") == "base64":
            yield b64decode(part["payload"]).decode(errors="replace")
        for name, each in part.items():
            yield name
            yield from _texts(each)


def in_logs(folder: Path, values: Sequence[str]) -> tuple[list[Leftover], int]:
    """Every log file of the services and the servers; also how many lines were read."""
    found, read, spellings = [], 0, _lowered(values)
    for file in sorted(folder.rglob("*.log*")):
        lines = file.read_text(errors="replace").splitlines()
        read += len(lines)
        hits = sum(_mentions(line, spellings) for line in lines)
        if hits:
            found.append(Leftover("log", file.name, hits, kept=False))
    return found, read


def _lowered(values: Iterable[str]) -> list[str]:
    return [spelling.lower() for spelling in _spellings(values)]


def _mentions(text: str, spellings: Sequence[str]) -> bool:
    lowered = text.lower()
    return any(spelling in lowered for spelling in spellings)


async def queue_depths(management_url: str, virtual_host: str) -> dict[str, int]:
    """How many messages each queue holds now."""
    async with management(management_url) as api:
        place = quote(virtual_host, safe="")
        queues = (await api.get(f"/api/queues/{place}?disable_stats=true&enable_queue_totals=true")).json()
    return {queue["name"]: queue.get("messages", 0) for queue in queues}
