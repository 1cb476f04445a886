"""The search for what an erasure left behind: every column of the schema, dead letters, log; many cases in a pass."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import asyncpg
import pytest
from aio_pika.abc import AbstractChannel
from pydantic import ValidationError

from shared.contracts.trace_search import (
    MAX_VALUES,
    ReadIdentifyingValues,
    SearchTraces,
    SoughtCase,
    TraceCount,
    TracesPage,
)
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.messaging.topology import dead_letters
from shared.personal_data import trace_search
from shared.personal_data.identifying import identifying_values
from shared.problems import Refused
from shared.purposes import Purpose
from tests.harness import Harness
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import alone, erase_people, meet

LEAK = "Ćma.leak+%_\\'\"@example.com"
RECEIPT = """
INSERT INTO receipt (receipt_id, subject_id, amount_cents, wish, retain_until, provisions)
VALUES ($1, $2, 100, $3, '2032-12-31', '{VAT Act art. 112}')
"""


def case(person: UUID, *values: str) -> SoughtCase:
    return SoughtCase(case_id=uuid4(), subjects=(person,), values=values or (LEAK,))


async def search(database: Database, *cases: SoughtCase) -> list[TracesPage]:
    """All pages over the tables."""
    pages: list[TracesPage] = []
    after = ""
    while not pages or '"tables"' in after:
        async with database.transaction(Purpose.ERASURE) as tx:
            pages.append(await trace_search.in_tables(tx, DATA_MAP, SearchTraces(cases=cases, after=after)))
        after = pages[-1].next
    return pages


async def seen(database: Database, *cases: SoughtCase) -> set[tuple[UUID, str, str, int]]:
    found = [trace for page in await search(database, *cases) for trace in page.traces]
    return {(trace.case_id, trace.place, trace.ending, trace.rows) for trace in found}


@pytest.fixture
async def leak(everything: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A table and a column that no data map knows."""
    await everything.execute("CREATE TABLE leak (id int, held text, deep jsonb, raw bytea, list text[], place inet)")
    await everything.execute("GRANT SELECT ON leak TO PUBLIC; ALTER TABLE receipt ADD COLUMN forgotten text")
    yield everything
    await everything.execute("DROP TABLE leak; ALTER TABLE receipt DROP COLUMN forgotten")


@pytest.mark.parametrize(
    ("column", "held"),
    [
        ("held", f"x{LEAK}x"),
        ("held", LEAK.upper()),
        ("held", json.dumps({"to": LEAK})),
        ("deep", json.dumps({"a": [{LEAK: 1}]})),
        ("raw", f"x{LEAK}x".encode()),
        ("list", ["somebody", LEAK]),
    ],
)
async def test_a_leak_into_any_column_is_found(
    database: Database, leak: asyncpg.Connection, person: UUID, column: str, held: Any
) -> None:
    await leak.execute(f"INSERT INTO leak (id, {column}) VALUES (1, $1), (2, NULL)", held)  # noqa: S608 the test's own words
    sought = case(person)
    assert await seen(database, sought, case(uuid4(), "somebody else")) == {
        (sought.case_id, f"leak.{column}", "found", 1)
    }


async def test_an_address_of_the_network_is_found(database: Database, leak: asyncpg.Connection, person: UUID) -> None:
    await leak.execute("INSERT INTO leak (place) VALUES ('198.51.100.213')")
    sought = case(person, "198.51.100.213")
    assert await seen(database, sought) == {(sought.case_id, "leak.place", "found", 1)}


async def test_what_the_law_keeps_is_told_apart_from_what_stands_beside_it(
    database: Database, leak: asyncpg.Connection, person: UUID
) -> None:
    """In one kept row a declared column is kept, one that nobody declared is a leak; a namesake is neither."""
    namesake = uuid4()
    await meet(leak, namesake)
    value = f"{LEAK}{uuid4()}"
    await leak.execute("INSERT INTO note (note_id, subject_id, text) VALUES ($1, $2, $3)", uuid4(), namesake, value)
    await leak.execute(RECEIPT, uuid4(), person, "gift wrap")
    await erase_people(database, person)
    kept = "UPDATE receipt SET forgotten = $2, amount_cents = 98765432 WHERE subject_id = $1"
    await leak.execute(kept, person, value)
    sought = case(person, value, "98765432")
    assert await seen(database, sought) == {
        (sought.case_id, "receipt.forgotten", "found", 1),
        (sought.case_id, "receipt.amount_cents", "kept", 1),
        (sought.case_id, "note.text", "of others", 1),
    }


async def test_a_value_that_two_people_share_is_judged_for_each_of_them(
    database: Database, leak: asyncpg.Connection, person: UUID
) -> None:
    """As all of an office have one address: also in a row of somebody who is still there."""
    colleague, value = uuid4(), "47110815"
    await meet(leak, colleague)
    for each in (person, colleague):
        await leak.execute(RECEIPT, uuid4(), each, "gift wrap")
    await erase_people(database, person)
    await leak.execute(
        "UPDATE receipt SET amount_cents = $2 WHERE subject_id = ANY ($1)", [person, colleague], int(value)
    )
    erased, other = case(person, value), case(uuid4(), value, "not there")
    assert await seen(database, erased, other) == {
        (erased.case_id, "receipt.amount_cents", "kept", 1),
        (erased.case_id, "receipt.amount_cents", "of others", 1),
        (other.case_id, "receipt.amount_cents", "of others", 2),
    }


async def test_what_should_have_been_emptied_is_found(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    await everything.execute(RECEIPT, uuid4(), person, "gift wrap")
    await erase_people(database, person)
    value = f"{LEAK}{uuid4()}"
    await everything.execute("UPDATE receipt SET wish = $2 WHERE subject_id = $1", person, value)
    sought = case(person, value)
    assert await seen(database, sought) == {(sought.case_id, "receipt.wish", "found", 1)}


async def test_many_cases_are_searched_for_in_one_pass_of_many_pages(
    database: Database, leak: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each place once, whatever the pages; every row is read once."""
    await leak.execute("INSERT INTO leak (id, held) SELECT n, 'somebody-' || n % 100 FROM generate_series(1, 5000) n")
    cases = [case(uuid4(), f"somebody-{n:02}") for n in range(10, 60)]
    whole = await search(database, *cases)
    monkeypatch.setattr(trace_search, "BLOCKS", 3)
    monkeypatch.setattr(trace_search, "PAGE_S", 0.0)
    pages = await search(database, *cases)
    assert len(pages) > len(whole) == 1
    assert sum(page.read for page in pages) == whole[0].read > 5000
    rows = {each.case_id: 0 for each in cases}
    for trace in (trace for page in pages for trace in page.traces):
        rows[trace.case_id] += trace.rows
    assert set(rows.values()) == {50}


async def test_a_table_that_may_not_be_read_is_named(
    database: Database, leak: asyncpg.Connection, person: UUID
) -> None:
    await leak.execute("CREATE SCHEMA IF NOT EXISTS closed; CREATE TABLE closed.drawer (held text)")
    try:
        (page,) = await search(database, case(person))
        assert page.unread == ("closed.drawer",)
    finally:
        await leak.execute("DROP SCHEMA closed CASCADE")


async def test_dead_letters_and_log_are_searched(
    harness: Harness, database: Database, channel: AbstractChannel, person: UUID, tmp_path: Path
) -> None:
    log = tmp_path / "sample.log"
    value = f"{LEAK}{uuid4()}"
    log.write_text(f"fine\ncareless: {value}\n")
    (tmp_path / "sample.log.1").write_text(f"escaped: {json.dumps(value)}\n")
    sought = case(person, value)
    await channel.default_exchange.publish(
        aio_pika.Message(json.dumps({"note": value}).encode()), dead_letters("sample"), timeout=60
    )
    (tmp_path / "gateway.log").write_text(f"GET /{value}\n")
    paths = f"{log},{tmp_path}/gate*.log,{tmp_path}/nowhere.log"
    logging = replace(harness, settings=harness.settings | {"log_path": paths})
    async with logging.serve(alone()), logging.asking() as client:
        pages = await all_pages(client, sought)
    found = {(t.place, t.ending, t.rows) for page in pages for t in page.traces}
    assert found == {("dead letters", "found", 1), ("log", "found", 2), ("log gateway.log", "found", 1)}
    assert [place for page in pages for place in page.unread] == ["log nowhere.log"]
    queue = await channel.get_queue(dead_letters("sample"))
    assert (await queue.purge()).message_count == 1, "the search puts back what it looked at"


async def all_pages(client: RequestClient, *cases: SoughtCase) -> list[TracesPage]:
    pages: list[TracesPage] = []
    while not pages or pages[-1].next:
        after = pages[-1].next if pages else ""
        pages.append(await client.request(SearchTraces(cases=cases, after=after), to="sample", timeout_s=60))
    return pages


async def test_a_log_that_is_kept_elsewhere_is_named(served: Database, client: RequestClient, person: UUID) -> None:
    pages = await all_pages(client, case(person))
    assert [place for page in pages for place in page.unread] == ["log"]


async def test_what_identifies_people_is_told_of_them_and_nobody_else(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    stranger = uuid4()
    await meet(everything, stranger)
    note = "INSERT INTO note (note_id, subject_id, text) VALUES ($1, $2, $3)"
    for subject_id, text in ((person, "Anna"), (person, "Anna"), (person, ""), (person, "x" * 401), (stranger, "Eva")):
        await everything.execute(note, uuid4(), subject_id, text)
    async with database.transaction(Purpose.ERASURE) as tx:
        told = await identifying_values(tx, DATA_MAP, ReadIdentifyingValues(subjects=(person,)))
    assert list(zip(told.subjects, told.values, strict=True)) == [(person, "Anna")]
    await everything.executemany(note, [(uuid4(), person, f"note {n:04}") for n in range(MAX_VALUES + 5)])
    async with database.transaction(Purpose.ERASURE) as tx:
        told = await identifying_values(tx, DATA_MAP, ReadIdentifyingValues(subjects=(person,)))
    assert len(told.values) == MAX_VALUES


@pytest.mark.parametrize("after", ["nonsense", "{}x", '{"stage":"elsewhere"}', '{"table":-1}', '{"block":"a"}'])
async def test_a_place_that_no_page_said_is_refused(
    served: Database, client: RequestClient, person: UUID, after: str
) -> None:
    with pytest.raises(Refused) as refused:
        await client.request(SearchTraces(cases=(case(person),), after=after), to="sample", timeout_s=60)
    assert (refused.value.problem.status, refused.value.problem.errors[0].field) == (422, "after")


@pytest.mark.parametrize("values", [("A",), ("abc",), ("x" * 401,)])
def test_a_value_that_stands_everywhere_is_no_value(values: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match="values"):
        SoughtCase(case_id=uuid4(), subjects=(), values=values)


def test_a_case_is_sought_once() -> None:
    twice = case(uuid4())
    with pytest.raises(ValidationError, match="twice"):
        SearchTraces(cases=(twice, twice))


def test_values_are_in_no_repr() -> None:
    sought = SearchTraces(cases=(case(uuid4()),))
    assert "leak" not in repr(sought)
    assert "leak" not in repr(TraceCount(case_id=uuid4(), place="note.text", ending="found", rows=1))
