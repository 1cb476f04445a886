"""A JSON Schema per message type, checked in beside the contracts for those who join from another language."""

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

from shared import contracts
from shared.contracts.actors import Member, Staff
from shared.contracts.compatibility import breaking_event, breaking_request
from shared.contracts.message import Event, Request, events, requests

FOLDER = Path(__file__).parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Document = dict[str, Any]


def published() -> list[type[Event] | type[Request[Any]]]:
    """Every contract of the published language, by type."""
    for module in pkgutil.walk_packages(contracts.__path__, f"{contracts.__name__}."):
        importlib.import_module(module.name)
    every: list[type[Event] | type[Request[Any]]] = [*events(), *requests()]
    return [contract for contract in every if contract.__module__.startswith(f"{contracts.__name__}.")]


def document(contract: type[Event] | type[Request[Any]]) -> Document:
    """What is checked in about one type."""
    schema = contract.model_json_schema()
    if issubclass(contract, Event):
        return {"$schema": DIALECT, "type": contract.type, "late": contract.late, "message": schema}
    return {
        "$schema": DIALECT,
        "type": contract.type,
        "askers": sorted(contract.askers),
        "actor": _actor(contract.actor),
        "request": schema,
        "reply": contract.reply.model_json_schema(),
    }


def _actor(demanded: Member | Staff | None) -> Document | None:
    if isinstance(demanded, Staff):
        return {"kind": "staff", "roles": sorted(demanded.roles)}
    return {"kind": "member", "fresh_minutes": demanded.fresh_minutes} if demanded else None


def documents() -> dict[str, Document]:
    return {file_name(contract.type): document(contract) for contract in published()}


def checked_in(folder: Path = FOLDER) -> dict[str, Document]:
    return {file.name: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}


def file_name(message_type: str) -> str:
    """`any.erasure-reported.v1.json` is what every participant publishes under its own name."""
    return f"{message_type.replace('*', 'any', 1)}.json"


def text(found: Document) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def breaking(before: dict[str, Document], after: dict[str, Document]) -> list[str]:
    """Every difference that somebody who keeps to the old contracts would notice, one sentence each."""
    differences = [f"{name.removesuffix('.json')}: the type is gone" for name in sorted(before.keys() - after.keys())]
    for name in sorted(before.keys() & after.keys()):
        old, new = before[name], after[name]
        compare = breaking_event if "message" in old else breaking_request
        differences += [f"{old['type']}: {reason}" for reason in compare(old, new)]
    return differences


def differing(before: dict[str, Document], after: dict[str, Document]) -> list[str]:
    """The files that are not as the contracts say."""
    return [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
