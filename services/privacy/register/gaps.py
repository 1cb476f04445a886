"""The register held against what the services say that they hold and whom they give it to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from services.privacy.register.model import Register
from shared.contracts.participants import MappedTable

Maps = Mapping[str, Sequence[MappedTable]]
"""The tables of each service, as announced."""


def gaps(register: Register, maps: Maps, connectors: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """Everything in which the register and the services differ, one sentence each.

    `connectors` are the recipients that each service is set up to give data to.
    """
    in_tables = [
        gap for service, tables in maps.items() for table in tables for gap in _table(register, service, table)
    ]
    untold = _missing_tables(register, maps)
    return [*in_tables, *_unbacked(register, maps), *untold, *unknown_recipients(register, connectors or {})]


def unknown_recipients(register: Register, connectors: Mapping[str, Sequence[str]]) -> list[str]:
    """Who would be given data without standing in the register."""
    return [
        f"{service} gives data to {name}, who is not in recipients.toml"
        for service, names in connectors.items()
        for name in register.unknown_recipients(names)
    ]


def categories_of(table: MappedTable) -> set[str]:
    """What the rows of a table contain."""
    return {table.category} | {column.category for column in table.columns if column.category}


def backing(maps: Maps) -> dict[str, set[str]]:
    """The categories that some table holds for each purpose."""
    categories: defaultdict[str, set[str]] = defaultdict(set)
    for table in (t for tables in maps.values() for t in tables):
        for purpose in table.purposes:
            categories[purpose] |= categories_of(table)
    return categories


def _table(register: Register, service: str, table: MappedTable) -> Iterator[str]:
    where = f"{service}.{table.name}"
    if not table.purposes:
        yield f"{where}: has no purpose"
    for purpose in table.purposes:
        if purpose in register.dropped:
            yield f"{where}: {purpose} is no purpose any more: {register.dropped[purpose].because.en}"
        elif purpose in register.planned:
            yield f"{where}: {purpose} is only planned: nothing may be held for it before its notice holds"
        elif purpose not in register.purposes:
            yield f"{where}: {purpose} is not in purposes.toml"
    known = [register.purposes[p] for p in table.purposes if p in register.purposes]
    if table.retention not in {class_ for p in known for class_ in p.retention}:
        yield f"{where}: {table.retention} is no retention class of {', '.join(table.purposes)}"
    claimed = {c for purpose in known for c in purpose.categories}
    for column in table.columns:
        if column.category and column.category not in claimed:
            yield f"{where}.{column.name}: none of {', '.join(table.purposes)} claims {column.category}"
        yield from _source(register, where, table, column.name, column.category, column.source)


def _source(
    register: Register, where: str, table: MappedTable, column: str, category: str | None, source: str
) -> Iterator[str]:
    known = register.categories.get(category or table.category)
    if category and known and source not in known.sources:
        yield f"{where}.{column}: is {source}, but categories.toml says {', '.join(known.sources)} of {category}"


def _missing_tables(register: Register, maps: Maps) -> Iterator[str]:
    """Promises to tell somebody whose table no service has; of a service that is not there nothing is said."""
    held = {f"table {service}.{table.name}" for service, tables in maps.items() for table in tables}
    for where, fulfilled in register.promises:
        kind, _, name = fulfilled.partition(" ")
        if kind == "table" and fulfilled not in held and name.partition(".")[0] in maps:
            yield f"{where}: no service has the table {name}"


def _unbacked(register: Register, maps: Maps) -> Iterator[str]:
    held = backing(maps)
    for key, purpose in register.purposes.items():
        excused = {category for apart in purpose.elsewhere for category in apart.categories}
        here = held.get(key, set())
        for category in purpose.categories:
            if category not in here and category not in excused:
                yield f"purposes.toml: {key} claims {category}, but no column holds it and `elsewhere` does not say why"
        for category in sorted(excused & here):
            yield f"purposes.toml: {key} says why no column holds {category}, but one does"
