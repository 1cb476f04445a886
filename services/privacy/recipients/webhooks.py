"""A recipient's system is told by a signed webhook (Standard Webhooks): to whom, what, and what answers mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic_core import to_json
from standardwebhooks import Webhook

from services.privacy.recipients.rules import by_webhook
from services.privacy.register.model import Register
from shared.contracts.privacy import Disclosure, NoticeAbout
from shared.loops import backoff, jittered

FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 6 * 3600.0
LAST_TRY = 21
"""By these waits it comes three days after the first."""
LONGEST_REST_S = 86_400.0
"""So long a recipient may ask not to be asked (`Retry-After`)."""
GONE, SUCCESS = 410, range(200, 300)
PROVISIONS: Mapping[NoticeAbout, str] = {
    "erasure": "GDPR Art. 17, 19",
    "restriction": "GDPR Art. 18, 19",
    "rectification": "GDPR Art. 16, 19",
}
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


def targets(register: Register, secrets: Mapping[str, Sequence[str]], *, local: bool) -> dict[str, Target]:
    """Who is told by webhook. Raises ValueError with a sentence for everything that is set up wrongly."""
    named = by_webhook(register)
    wrong = [
        f"{key} has a webhook in recipients.toml and no secret in LETHE_PRIVACY_WEBHOOK_SECRETS"
        for key in named - secrets.keys()
    ]
    wrong += [
        f"{key} has a secret in LETHE_PRIVACY_WEBHOOK_SECRETS and no webhook in recipients.toml"
        for key in secrets.keys() - named
    ]
    found = {key: Target(register.recipients[key].webhook or "", secrets.get(key, ())) for key in named}
    if not local:
        plain = [key for key, target in found.items() if urlsplit(target.url).scheme != "https"]
        wrong += [f"{key} has a webhook without TLS, which LETHE_PRIVACY_LOCAL_WEBHOOKS alone allows" for key in plain]
    if wrong:
        raise ValueError("; ".join(sorted(wrong)))
    return found


def is_forbidden(address: str) -> bool:
    """Whether an address is none of the public internet: a private network, this machine, a cloud's metadata."""
    ip = ip_address(address)
    return not ip.is_global or ip.is_multicast


def body(
    about: NoticeAbout, disclosures: Sequence[Disclosure], register: Register, written_at: datetime, *, lifted: bool
) -> bytes:
    """What the letter says: references, days and categories, and nobody's data. Each try says the same."""
    keys = sorted({category for each in disclosures for category in each.categories})
    known = [register.categories[key] for key in keys if key in register.categories]
    return to_json(
        {
            "type": f"recipient.{about}-lifted" if lifted else f"recipient.{about}",
            "timestamp": written_at.astimezone(UTC),
            "data": {
                "provisions": PROVISIONS[about],
                "disclosures": disclosures,
                "categories": {each.key: each.title for each in known},
                "controller": {"name": register.controller.name, "email": register.controller.email},
            },
        }
    )


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


def is_over(tried: Tried, tries: int) -> bool:
    """Whether somebody has to do it by hand from now on."""
    return tried.for_good or tries >= LAST_TRY
