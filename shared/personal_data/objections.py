"""What an upheld objection purges: rows of living people that served the purpose alone (GDPR Art. 17(1)(c))."""

from collections.abc import Sequence
from uuid import UUID

from shared.database import Transaction
from shared.personal_data.data_map import DataMap
from shared.personal_data.holds import unless_held

PURGE = "DELETE FROM {table} WHERE subject_id = ANY ($1) AND live AND {unless_held}"


async def purge(tx: Transaction, data_map: DataMap, subjects: Sequence[UUID], purpose: str) -> int:
    """Delete what the data map says ends with an objection to this purpose; answers how many rows."""
    tables = [table.name for table in data_map.tables if purpose in table.ends_with]
    purges = [PURGE.format(table=table, unless_held=unless_held(data_map, table)) for table in tables]
    return sum([await tx.run(statement, list(subjects)) for statement in purges])
