"""What identifies people by its value alone, read from a participant's live rows just before they are erased."""

from collections.abc import Iterator

from shared.contracts.trace_search import LONGEST, MAX_VALUES, IdentifyingValues, ReadIdentifyingValues
from shared.database import Transaction
from shared.personal_data.data_map import DataMap

# The id first: which values of many are left out must not depend on the order of the rows.
VALUES = """
SELECT subject_id, value FROM (
  SELECT subject_id, value, row_number() OVER (PARTITION BY subject_id ORDER BY value) AS place
  FROM ({tables}) AS every
  WHERE value <> '' AND length(value) <= {longest}) AS numbered
WHERE place <= {most}
"""
OF_A_COLUMN = "SELECT DISTINCT subject_id, {column}::text AS value FROM {table} WHERE subject_id = ANY ($1)"


async def identifying_values(tx: Transaction, data_map: DataMap, request: ReadIdentifyingValues) -> IdentifyingValues:
    """The values of some people, also those out of live use. No value of a service that has none."""
    columns = list(_columns(data_map))
    if not columns:
        return IdentifyingValues()
    statement = VALUES.format(tables=" UNION ".join(columns), longest=LONGEST, most=MAX_VALUES)
    rows = await tx.rows(statement, list(request.subjects))
    return IdentifyingValues(
        subjects=tuple(row["subject_id"] for row in rows), values=tuple(row["value"] for row in rows)
    )


def _columns(data_map: DataMap) -> Iterator[str]:
    for table in data_map.tables:
        for column in table.columns:
            if column.identifies:
                yield OF_A_COLUMN.format(column=column.name, table=table.name)
