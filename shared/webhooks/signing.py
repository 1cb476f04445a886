"""Signed webhooks (Standard Webhooks): to whom, how each is signed, and what answers mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Literal
from uuid import UUID

from standardwebhooks import Webhook

from shared.loops import backoff, jittered

FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 6 * 3600.0
LONGEST_REST_S = 86_400.0
"""So long a recipient may ask not to be asked (`Retry-After`)."""
GONE, SUCCESS = 410, range(200, 300)
Kind = Literal[
    "timeout", "no connection", "no such name", "certificate", "forbidden address", "broken answer", "too large"
]


@dataclass(frozen=True)
class Target:
    """Where a recipient's webhooks go, and what signs them: two secrets while one takes the other's place."""

    url: str
    secrets: Sequence[str]


@dataclass(frozen=True)
class Tried:
    """What became of one try: no fault is an acknowledgement."""

    fault: str = ""
    rest_s: float = 0.0
    """So long the recipient does not want to be asked about anything."""

    @property
    def for_good(self) -> bool:
        """Nobody is there any more (410), and nobody will be."""
        return self.fault == str(GONE)


def is_forbidden(address: str) -> bool:
    """Whether an address is none of the public internet: a private network, this machine, a cloud's metadata."""
    ip = ip_address(address)
    return not ip.is_global or ip.is_multicast


def headers(target: Target, webhook_id: UUID, signed_at: datetime, content: bytes) -> dict[str, str]:
    """The id is the same at each try: whoever has seen it has nothing left to do."""
    text = content.decode()
    return {
        "content-type": "application/json",
        "accept-encoding": "identity",
        "webhook-id": str(webhook_id),
        "webhook-timestamp": str(int(signed_at.timestamp())),
        "webhook-signature": " ".join(Webhook(s).sign(str(webhook_id), signed_at, text) for s in target.secrets),
    }


def answered(status: int, retry_after: str, now: datetime) -> Tried:
    """What a status means; a redirect is a failure, too: nobody is sent elsewhere with a signed message."""
    return Tried() if status in SUCCESS else Tried(str(status), _rest_s(retry_after.strip(), now))


def _rest_s(retry_after: str, now: datetime) -> float:
    """Retry-After in seconds or as a date (RFC 9110, 10.2.3); what is neither says nothing."""
    try:
        asked = float(retry_after) if retry_after.isdecimal() else _until(retry_after, now)
    except (ValueError, OverflowError):
        return 0.0
    return min(max(asked, 0.0), LONGEST_REST_S)


def _until(date: str, now: datetime) -> float:
    moment = parsedate_to_datetime(date)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()


def wait_s(tried: Tried, tries: int) -> float:
    """How long to wait after so many tries."""
    return max(jittered(backoff(tries, FIRST_WAIT_S, LONGEST_WAIT_S)), tried.rest_s)
