"""What an upheld objection purges: rows of living people that served the purpose alone (GDPR Art. 17(1)(c))."""

from collections.abc import Sequence
from uuid import UUID

from shared.database import Transaction
from shared.personal_data.data_map import DataMap

PURGE = "DELETE FROM {table} WHERE subject_id = ANY ($1) AND live"


async def purge(tx: Transaction, data_map: DataMap, subjects: Sequence[UUID], purpose: str) -> int:
    """Delete what the data map says ends with an objection to this purpose; answers how many rows."""
    tables = [table.name for table in data_map.tables if purpose in table.ends_with]
    return sum([await tx.run(PURGE.format(table=table), list(subjects)) for table in tables])
