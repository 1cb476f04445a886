"""The register held against what the services do: no right without who answers for it, no term without rows."""

from collections.abc import Collection, Iterator

from services.privacy.register.gaps import Maps
from services.privacy.register.model import Register


def unfulfilled(register: Register, maps: Maps, answered: Collection[str], jobs: Collection[str]) -> list[str]:
    """Every promise that nothing fulfills, one sentence each.

    `answered` are the requests that some service answers, `jobs` what services do by the clock: `privacy/letters`.
    """
    return [*_rights(register, answered), *_tellings(register, answered, jobs), *_terms(register, maps)]


def _tellings(register: Register, answered: Collection[str], jobs: Collection[str]) -> Iterator[str]:
    """What tells somebody; its tables are among the gaps, by what services announce."""
    for where, fulfilled in register.promises:
        kind, _, name = fulfilled.partition(" ")
        if kind == "request" and name not in answered:
            yield f"{where}: no service answers {name}"
        if kind == "job" and name not in jobs:
            yield f"{where}: no service has the job {name}"


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
