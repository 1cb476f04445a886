"""A data map as it is told to others: pure."""

from shared.contracts.participants import MappedColumn, MappedTable
from shared.personal_data.data_map import DataMap, Table


def announced(data_map: DataMap) -> tuple[MappedTable, ...]:
    return tuple(mapped(table) for table in data_map.everything)


def mapped(table: Table) -> MappedTable:
    return MappedTable(
        name=table.name,
        category=table.category,
        purposes=table.purposes,
        retention=table.retention,
        kept=table.kept,
        portable=table.portable,
        columns=tuple(
            MappedColumn(
                name=c.name, category=c.category, source=c.source, blank=c.blank, role=c.role, withheld=c.left_out
            )
            for c in table.columns
        ),
    )
