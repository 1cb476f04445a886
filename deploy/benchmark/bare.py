"""The yardstick: the same deletes and updates as bare set-based SQL, a transaction per participant."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from time import perf_counter
from uuid import UUID

import asyncpg

from deploy.local import system
from services.privacy.jobs.erasure_orders import MAX_CASES
from shared.clock import today
from shared.contracts.privacy import OrderedSubject
from shared.database import Transaction
from shared.personal_data.data_map import Table
from shared.personal_data.erasure import Eraser
from shared.purposes import Purpose

ORDERED = "UPDATE privacy_case SET state = 'ordered', attempt = attempt + 1 WHERE case_id = ANY ($1)"
FLIP = "UPDATE subject SET live = false WHERE subject_id = ANY ($1)"
REASON = "(review_at IS NOT NULL OR retain_until >= $2)"


async def run(connections: Mapping[str, asyncpg.Connection], people: Sequence[OrderedSubject]) -> float:
    """Erase everybody with nothing but SQL, all participants at once; answers seconds."""
    began = perf_counter()
    await asyncio.gather(*(_participant(connections[name], name, people) for name in system.SERVICES))
    return perf_counter() - began


async def one_after_another(connections: Mapping[str, asyncpg.Connection], person: OrderedSubject) -> float:
    """Erase one person with nothing but SQL, one participant after another; answers seconds."""
    began = perf_counter()
    for name in system.SERVICES:
        await _participant(connections[name], name, [person])
    return perf_counter() - began


async def _participant(connection: asyncpg.Connection, name: str, people: Sequence[OrderedSubject]) -> None:
    eraser = system.service(name).eraser
    rest = iter(people)
    while batch := list(islice(rest, MAX_CASES)):
        async with connection.transaction():
            if name == "privacy":
                await connection.execute(ORDERED, [p.case_id for p in batch])
            await _erase(connection, eraser, batch)


async def _erase(connection: asyncpg.Connection, eraser: Eraser, batch: Sequence[OrderedSubject]) -> None:
    """A service's own settling is SQL of the service and counts for both sides."""
    await eraser.prepare(Transaction(connection, eraser.data_map.service, Purpose.ERASURE), batch)
    ids = [p.subject_id for p in batch]
    for table in eraser.data_map.everything:
        for statement, arguments in _statements(table, ids):
            await connection.execute(statement, *arguments)
    await connection.execute(FLIP, ids)


def _statements(table: Table, ids: list[UUID]) -> Iterator[tuple[str, tuple[object, ...]]]:
    t = table.name
    if table.kept:
        emptied = ", ".join(f"{c.name} = NULL" for c in table.blanked)
        yield f"DELETE FROM {t} WHERE subject_id = ANY ($1) AND {REASON} IS NOT TRUE", (ids, today())  # noqa: S608
        if emptied:
            yield f"UPDATE {t} SET {emptied} WHERE subject_id = ANY ($1) AND {REASON}", (ids, today())  # noqa: S608
    else:
        yield f"DELETE FROM {t} WHERE subject_id = ANY ($1)", (ids,)  # noqa: S608
    for column in table.others:
        yield f"UPDATE {t} SET {column.name} = NULL WHERE {column.name} = ANY ($1)", (ids,)  # noqa: S608
