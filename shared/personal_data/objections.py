"""What an objection purges that nothing outweighs: living people's rows that served the purpose alone (Art. 17(1)(c)).

An officer upholds one under Art. 21(1), and until then all is only invisible; one to marketing or its profiling is
absolute, and its rows go in the transaction that takes the decision over.
"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from shared.contracts.privacy import PermissionChanged
from shared.database import Transaction
from shared.personal_data import permissions
from shared.personal_data.data_map import DataMap
from shared.personal_data.holds import unless_held

PURGE = "DELETE FROM {table} WHERE subject_id = ANY ($1) AND live AND {unless_held}"


async def purge(tx: Transaction, data_map: DataMap, subjects: Sequence[UUID], purpose: str) -> int:
    """Delete what the data map says ends with an objection to this purpose; answers how many rows."""
    tables = [table.name for table in data_map.tables if purpose in table.ends_with]
    purges = [PURGE.format(table=table, unless_held=unless_held(data_map, table)) for table in tables]
    return sum([await tx.run(statement, list(subjects)) for statement in purges])


async def purge_absolute(tx: Transaction, data_map: DataMap, changes: Sequence[PermissionChanged]) -> None:
    """The same for decisions that were just taken over, where they are absolute and no newer one is known."""
    absolute = [change for change in changes if change.purges and not change.allowed]
    subjects = defaultdict[str, list[UUID]](list)
    for ruled in await permissions.ruling(tx, absolute) if absolute else ():
        subjects[ruled.purpose].append(ruled.subject_id)
    for purpose in sorted(subjects):
        await purge(tx, data_map, subjects[purpose], purpose)
