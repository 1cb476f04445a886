"""Of whom a participant holds data of some categories: living people, page by page, compiled from the data map."""

from collections.abc import Collection, Iterator
from uuid import UUID

from shared.contracts.participants import Holders, ListHolders
from shared.database import Transaction
from shared.personal_data.data_map import DataMap, Table

FIRST = UUID(int=0)
# Each table tells no more than a page of its own, which its index on the person has in order.
OF_TABLE = """(SELECT DISTINCT t.subject_id FROM {table} t
  WHERE t.live AND t.subject_id > $1 AND ({holds}) ORDER BY t.subject_id LIMIT $2)"""

ALL = "SELECT subject_id FROM ({tables}) AS t ORDER BY subject_id LIMIT $2"


async def page(tx: Transaction, data_map: DataMap, request: ListHolders) -> Holders:
    """The people behind `request.after`."""
    tables = list(_tables(data_map, request.categories))
    if not tables:
        return Holders(subjects=(), next=None)
    rows = await tx.rows(ALL.format(tables=" UNION ".join(tables)), request.after or FIRST, request.limit)
    people = tuple(row["subject_id"] for row in rows)
    return Holders(subjects=people, next=people[-1] if len(people) == request.limit else None)


def _tables(data_map: DataMap, categories: Collection[str]) -> Iterator[str]:
    """A table of the category tells by each row, another one by the columns of it that hold something."""
    for table in data_map.everything:
        if holds := _holds(table, categories):
            yield OF_TABLE.format(table=table.name, holds=holds)


def _holds(table: Table, categories: Collection[str]) -> str:
    if table.category in categories:
        return "true"
    return " OR ".join(f"t.{column.name} IS NOT NULL" for column in table.columns if column.category in categories)
