"""What the vendor's own systems may be told, and when one is given up: pure rules."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from shared.contracts import licensing
from shared.contracts.message import Event
from shared.problems import refuse
from shared.webhooks.signing import Tried

TYPES = tuple(
    sorted(
        each.type
        for each in vars(licensing).values()
        if isinstance(each, type) and issubclass(each, Event) and each.type.startswith("licensing.")
    )
)
"""What licensing publishes."""
LAST_TRY = 12
"""By the waits of `shared.webhooks` it comes a day and a half after the first."""
DISABLED_AFTER = 10
"""So many tries in vain, of whatever it is, and nothing is sent until staff enable the system again."""
KEPT_DAYS = 90
SEALED_FOR = "webhook endpoint"


@dataclass(frozen=True)
class Delivery:
    """Something that a system is to be told now; `attempts` with this one."""

    delivery_id: UUID
    endpoint_id: UUID
    event_id: UUID
    type: str
    data: str
    happened_at: datetime
    attempts: int
    url: str
    sealed_secret: bytes


def check(url: str, types: Sequence[str], *, local: bool) -> None:
    """Raise Refused (422) for what no system can be told."""
    if unknown := sorted(set(types) - set(TYPES)):
        raise refuse(
            422, "there is no such event", field="types", message=f"{unknown[0]}; there are {', '.join(TYPES)}"
        )
    parts = urlsplit(url)
    if parts.scheme != "https" and not local:
        raise refuse(422, "a webhook goes over TLS", field="url", message="https://...")
    if not parts.hostname or parts.username or parts.scheme not in ("https", "http"):
        raise refuse(
            422, "this is no address for webhooks", field="url", message="https://host/path, without a password"
        )


def body(delivery: Delivery) -> bytes:
    """The same at each try."""
    data: Mapping[str, Any] = json.loads(delivery.data)
    said = {"type": delivery.type, "timestamp": delivery.happened_at.isoformat(), "data": data}
    return json.dumps(said, separators=(",", ":")).encode()


def is_over(tried: Tried, attempts: int) -> bool:
    """Whether this one is given up."""
    return tried.for_good or attempts >= LAST_TRY
