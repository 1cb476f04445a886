"""A copy for the person is compiled from the data map: paged, whole, of one person, and asked by privacy alone."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from pydantic_core import to_json

from shared.contracts.participants import CopyPage, ListHolders, ReadCopy
from shared.database import Database
from shared.personal_data import copies, holders
from shared.personal_data.schema_check import gaps
from shared.problems import Refused
from shared.purposes import Purpose
from tests.harness import Harness
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import erase_people, meet

NOTE = "INSERT INTO note (note_id, subject_id, friend_id, text) VALUES ($1, $2, $3, $4)"
RECEIPT = """
INSERT INTO receipt (receipt_id, subject_id, amount_cents, wish, retain_until, provisions)
VALUES ($1, $2, 100, 'gift wrap', '2032-12-31', '{VAT Act art. 112}')
"""


async def write(everything: asyncpg.Connection, person: UUID, count: int, text: str = "x") -> set[str]:
    ids = [uuid4() for _ in range(count)]
    await everything.executemany(NOTE, [(note_id, person, None, text) for note_id in ids])
    return {str(note_id) for note_id in ids}


async def pages(database: Database, *people: UUID, limit: int = 500) -> list[CopyPage]:
    """All pages, each asked for with what the one before said."""
    read: list[CopyPage] = []
    after = ""
    while not read or after:
        async with database.transaction(Purpose.RIGHTS) as tx:
            request = ReadCopy(subjects=people, after=after, limit=limit)
            read.append(await copies.page(tx, DATA_MAP, request))
        after = read[-1].next
    return read


def rows(read: list[CopyPage], table: str) -> list[dict[str, Any]]:
    return [row for page in read for part in page.tables if part.table.name == table for row in part.rows]


async def test_a_copy_has_every_row_once_whatever_the_size_of_a_page(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    notes = await write(everything, person, 23)
    await everything.execute(RECEIPT, uuid4(), person)
    for limit in (1, 7, 23, 24, 500):
        read = await pages(database, person, limit=limit)
        assert all(sum(len(part.rows) for part in page.tables) <= limit for page in read)
        assert sorted(row["note_id"] for row in rows(read, "note")) == sorted(notes)
        assert len(rows(read, "receipt")) == 1


async def test_a_page_ends_when_it_is_large(database: Database, everything: asyncpg.Connection, person: UUID) -> None:
    notes = await write(everything, person, 20, "x" * 100_000)
    read = await pages(database, person)
    assert len(read) > 3
    assert all(len(to_json(page)) < copies.PAGE_BYTES + 110_000 for page in read)
    assert {row["note_id"] for row in rows(read, "note")} == notes


async def test_the_ids_of_one_person_stand_in_one_copy_and_nobody_elses(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    linked, stranger = uuid4(), uuid4()
    await meet(everything, linked, stranger)
    notes = await write(everything, person, 3) | await write(everything, linked, 3)
    await write(everything, stranger, 3)
    read = await pages(database, person, linked, limit=2)
    assert {row["note_id"] for row in rows(read, "note")} == notes


async def test_an_item_tells_until_when_and_leaves_out_who_else_there_is(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    friend = uuid4()
    await meet(everything, friend)
    await everything.execute(NOTE, uuid4(), person, friend, "x")
    await everything.execute(RECEIPT, uuid4(), person)
    read = await pages(database, person)
    (receipt,), (note,) = rows(read, "receipt"), rows(read, "note")
    assert (receipt["retain_until"], receipt["provisions"], receipt["wish"]) == (
        "2032-12-31",
        ["VAT Act art. 112"],
        "gift wrap",
    )
    assert str(friend) not in to_json(read).decode()
    assert not {"friend_id", "author_id", "live", "friend_id_live"} & note.keys()
    table = next(part.table for page in read for part in page.tables if part.table.name == "note")
    assert {column.name for column in table.columns if column.withheld == "others"} == {"friend_id", "author_id"}
    assert table.purposes == ("P1",)


async def test_what_the_law_keeps_of_somebody_erased_is_in_it(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    await write(everything, person, 1)
    await everything.execute(RECEIPT, uuid4(), person)
    await erase_people(database, person)
    read = await pages(database, person)
    assert (len(rows(read, "note")), len(rows(read, "receipt"))) == (0, 1)


@pytest.mark.parametrize(
    ("after", "status"),
    [
        ("nonsense", 422),
        ("{}", 422),
        ('{"map_version": 1, "table": "subject"}', 422),
        ('{"map_version": 1, "table": "pg_authid"}', 422),
        ('{"map_version": 99, "table": "note"}', 409),
    ],
)
async def test_a_place_that_no_page_named_is_refused(database: Database, person: UUID, after: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        async with database.transaction(Purpose.RIGHTS) as tx:
            await copies.page(tx, DATA_MAP, ReadCopy(subjects=(person,), after=after))
    assert refused.value.problem.status == status


async def test_every_service_that_joins_answers_privacy(
    served: Database, harness: Harness, everything: asyncpg.Connection, person: UUID
) -> None:
    notes = await write(everything, person, 2)
    async with harness.asking() as client:
        page = await client.request(ReadCopy(subjects=(person,)), to="sample")
    assert {row["note_id"] for row in rows([page], "note")} == notes
    assert (page.after, page.next, page.map_version) == ("", "", DATA_MAP.version)


@pytest.mark.parametrize(
    ("spoil", "mend", "sentence"),
    [
        (
            "ALTER TABLE membership DROP CONSTRAINT membership_pkey",
            "ALTER TABLE membership ADD PRIMARY KEY (membership_id)",
            "membership: no primary key",
        ),
        (
            "ALTER TABLE note ALTER COLUMN text TYPE bytea USING text::bytea",
            "ALTER TABLE note ALTER COLUMN text TYPE text USING encode(text, 'escape')",
            "note.text: is bytea, and nothing says why a copy leaves it out",
        ),
    ],
)
async def test_a_table_that_could_not_be_copied_is_noticed(
    database: Database, everything: asyncpg.Connection, spoil: str, mend: str, sentence: str
) -> None:
    await everything.execute(spoil)
    try:
        async with database.transaction(Purpose.RIGHTS) as tx:
            assert await gaps(tx, DATA_MAP) == [sentence]
    finally:
        await everything.execute(mend)


async def test_of_whom_a_category_is_held_is_told_page_by_page(
    database: Database, everything: asyncpg.Connection
) -> None:
    """A breach concerns them: who has a row of it, or something in a column of it, and lives."""
    noted, wishing, silent, gone = people = [uuid4() for _ in range(4)]
    await meet(everything, *people)
    for person in (noted, noted, gone):
        await everything.execute(NOTE, uuid4(), person, None, "x")
    for person in (wishing, silent, gone):
        await everything.execute(RECEIPT, uuid4(), person)
    await everything.execute("UPDATE receipt SET wish = NULL WHERE subject_id = $1", silent)
    await erase_people(database, gone)
    assert await held(database, "D10") >= {noted, wishing}
    assert not await held(database, "D10") & {silent, gone}
    assert await held(database, "D9") >= {wishing, silent}
    assert gone not in await held(database, "D9"), "what the law keeps of somebody erased is no live row"
    assert await held(database, "D14") == set()


async def held(database: Database, *categories: str) -> set[UUID]:
    """Everybody, whatever the size of a page, each once."""
    found: list[UUID] = []
    after, ended = None, False
    while not ended:
        async with database.transaction(Purpose.RIGHTS) as tx:
            page = await holders.page(tx, DATA_MAP, ListHolders(categories=categories, after=after, limit=2))
        found, after, ended = [*found, *page.subjects], page.next, page.next is None
    assert len(found) == len(set(found))
    return set(found)
