"""What a broker holds, by its management API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from deploy.topology.expected import Binding

# The broker's own: `reply-to` queues are no part of it, and the default exchange binds every queue by itself.
OF_THE_BROKER = ("amq.", "amq-")


@dataclass(frozen=True)
class Queue:
    """A queue with what is at work on it."""

    name: str
    type: str
    messages: int
    consumers: int
    policy: str | None
    effective: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Actual:
    """The queues, exchanges, bindings and policies of one virtual host."""

    queues: Mapping[str, Queue]
    exchanges: Mapping[str, str]
    bindings: Sequence[Binding]
    policies: Mapping[str, Mapping[str, Any]]
    operator_policies: Sequence[str]


async def actual(api: httpx.AsyncClient, virtual_host: str) -> Actual:
    """Ask the broker. Raises httpx.HTTPError when it does not answer, or refuses."""

    async def ask(what: str) -> list[dict[str, Any]]:
        answer = await api.get(f"/api/{what}/{quote(virtual_host, safe='')}")
        answer.raise_for_status()
        listed: list[dict[str, Any]] = answer.json()
        return listed

    queues = [_queue(entry) for entry in await ask("queues")]
    return Actual(
        queues={queue.name: queue for queue in queues if not queue.name.startswith(OF_THE_BROKER)},
        exchanges={e["name"]: e["type"] for e in await ask("exchanges") if e["name"] and not _own(e["name"])},
        bindings=sorted(
            Binding(b["source"], b["destination"], b["routing_key"], b["destination_type"])
            for b in await ask("bindings")
            if b["source"] and not _own(b["destination"])
        ),
        policies={p["name"]: p for p in await ask("policies")},
        operator_policies=[p["name"] for p in await ask("operator-policies")],
    )


def _own(name: str) -> bool:
    return name.startswith(OF_THE_BROKER)


def _queue(entry: Mapping[str, Any]) -> Queue:
    return Queue(
        name=entry["name"],
        type=entry.get("type", ""),
        messages=entry.get("messages", 0),
        consumers=entry.get("consumers", 0),
        policy=entry.get("policy") or None,
        effective=entry.get("effective_policy_definition") or {},
    )
