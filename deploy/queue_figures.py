"""What a broker tells of its queues, through the management API alone: no message changes its place.

How old the oldest message is: of a classic queue the broker knows it, if its publisher set a timestamp. Of a quorum
queue nobody does without taking the message in hand, and that counts as a delivery: it is done where the queue's
policy allows any number of them (the dead letters and what nobody takes), and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from shared.clock import now
from shared.messaging.retry import FAILED_AT
from shared.messaging.topology import LOOKED_AT, management

NOT_FOUND = 404
A_LOOK = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto", "truncate": 1}


class NoVirtualHost(Exception):
    """The broker has no virtual host of this name, or does not show it to this account."""


@dataclass(frozen=True)
class Queue:
    """One queue as operators see it. What the broker does not tell is None."""

    name: str
    ready: int
    unacknowledged: int
    consumers: int
    oldest_s: float | None
    in_per_s: float | None
    out_per_s: float | None


async def queues(management_url: str, virtual_host: str) -> list[Queue]:
    """Every queue by name. Raises NoVirtualHost, or httpx.HTTPError when the broker can't be asked."""
    place = f"/api/queues/{quote(virtual_host, safe='')}"
    async with management(management_url) as api:
        answer = await api.get(place)
        if answer.status_code == NOT_FOUND:
            raise NoVirtualHost(virtual_host)
        documents: Sequence[dict[str, Any]] = answer.raise_for_status().json()
        return [
            read(document, await _looked_at(api, place, document))
            for document in sorted(documents, key=lambda document: str(document["name"]))
        ]


def read(document: Mapping[str, Any], head: Mapping[str, Any] | None = None) -> Queue:
    """One queue from its document, and from the message at its head where that could be looked at: pure."""
    since = _timestamp(document.get("head_message_timestamp")) or (_since(head) if head else None)
    return Queue(
        name=str(document["name"]),
        ready=int(document.get("messages_ready") or 0),
        unacknowledged=int(document.get("messages_unacknowledged") or 0),
        consumers=int(document.get("consumers") or 0),
        oldest_s=max((now() - since).total_seconds(), 0.0) if since else None,
        in_per_s=_rate(document, "publish"),
        out_per_s=_rate(document, "deliver_get"),
    )


async def _looked_at(api: httpx.AsyncClient, place: str, document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not document.get("messages_ready") or not _may_be_looked_at(document):
        return None
    answer = await api.post(f"{place}/{quote(str(document['name']), safe='')}/get", json=A_LOOK)
    # A queue that has vanished meanwhile, or an account that may see but not read: the age stays unknown.
    messages = answer.json() if answer.is_success else []
    return messages[0] if messages else None


def _may_be_looked_at(document: Mapping[str, Any]) -> bool:
    policy = document.get("effective_policy_definition") or {}  # a list when there is none, in some versions
    return isinstance(policy, dict) and policy.get("delivery-limit", 0) >= LOOKED_AT


def _since(head: Mapping[str, Any]) -> datetime | None:
    """When a message failed, or else when its event happened."""
    properties = head.get("properties") or {}
    headers = properties.get("headers") or {}
    try:
        return datetime.fromisoformat(headers[FAILED_AT])
    except (KeyError, TypeError, ValueError):
        return _timestamp(properties.get("timestamp"))


def _timestamp(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and seconds > 0 else None


def _rate(document: Mapping[str, Any], what: str) -> float | None:
    """Messages a second; None where the broker counts none, 0 where nothing has come since the queue was made."""
    statistics = document.get("message_stats")
    if not isinstance(statistics, dict):
        return None
    rate = (statistics.get(f"{what}_details") or {}).get("rate", 0.0)
    return float(rate)
