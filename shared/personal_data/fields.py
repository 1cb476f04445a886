"""Which categories of data stand in which table, for PostgreSQL: where one is restricted, no use sees the rows.

An instance with an older map takes nothing away from what a newer one said.
"""

from shared.database import Transaction
from shared.personal_data.data_map import DataMap

MAP = """
INSERT INTO mapped_category (of_table, category, map_version)
SELECT of_table, category, $3 FROM unnest($1::text[], $2::text[]) AS m (of_table, category) ORDER BY 1, 2
ON CONFLICT (of_table, category) DO UPDATE SET map_version = greatest(mapped_category.map_version, $3)
"""
DROP = "DELETE FROM mapped_category WHERE map_version < $1"


async def map_categories(tx: Transaction, data_map: DataMap) -> None:
    pairs = [(table.name, category.value) for table in data_map.everything for category in table.fields]
    tables, categories = map(list, zip(*pairs, strict=True))
    await tx.run(MAP, tables, categories, data_map.version)
    await tx.run(DROP, data_map.version)
