"""The register held against what the services do: no right without who answers for it, no term without rows."""

from collections.abc import Collection, Iterator

from services.privacy.register.gaps import Maps
from services.privacy.register.model import Register


def unfulfilled(register: Register, maps: Maps, answered: Collection[str]) -> list[str]:
    """Every promise that nothing fulfills, one sentence each; `answered` are the requests that some service answers."""
    return [*_rights(register, answered), *_terms(register, maps)]


def _rights(register: Register, answered: Collection[str]) -> Iterator[str]:
    for key, right in register.rights.items():
        for request in right.by:
            if request not in answered:
                yield f"rights.toml: {key}.by: no service answers {request}"


def _terms(register: Register, maps: Maps) -> Iterator[str]:
    used = {table.retention for tables in maps.values() for table in tables}
    for key, class_ in register.retention.items():
        if not register.binds(key):
            continue
        if class_.elsewhere is None and key not in used:
            yield f"retention.toml: {key}: no table is of this class, and `elsewhere` does not say where its data are"
        if class_.elsewhere is not None and key in used:
            yield f"retention.toml: {key}.elsewhere: says that no table is of this class, but one is"
