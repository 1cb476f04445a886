"""What is signed about a license on a device, and until when a program may believe it: pure.

No statement names a person or a device: key and fingerprint stand there as the hashes under which they are stored.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

BEGIN, END = "-----BEGIN LETHE LICENSE-----", "-----END LETHE LICENSE-----"
LINE = 64


@dataclass(frozen=True)
class OfflinePolicy:
    """How long a program may go on without asking again."""

    answer_fresh: timedelta
    file_fresh: timedelta
    grace: timedelta


@dataclass(frozen=True)
class Terms:
    """Until when a statement is fresh, and until when it may be used at all."""

    fresh_until: datetime
    usable_until: datetime


@dataclass(frozen=True)
class Bound:
    """Which key on which device, as hashes, and by which nonce the asker knows the answer."""

    key_hash: bytes
    device_hash: bytes
    nonce: str


@dataclass(frozen=True)
class Licensed:
    """What is said of a license; an empty product stands for an unknown key."""

    code: str
    product: str
    edition: str
    entitlements: Sequence[str]
    ends: datetime | None
    updates_until: datetime | None


def terms(at: datetime, fresh: timedelta, grace: timedelta, license_ends: datetime | None, after: timedelta) -> Terms:
    """`after` is how long an expired license works on: nothing that is signed outlives it."""
    if license_ends is None:
        return Terms(at + fresh, at + fresh + grace)
    last = license_ends + after
    return Terms(min(at + fresh, last), min(at + fresh + grace, last))


def statement(bound: Bound, licensed: Licensed, at: datetime, until: Terms) -> dict[str, Any]:
    """What is signed; moments are whole seconds since 1970, as JWT has them."""
    return {
        "code": licensed.code,
        "product": licensed.product,
        "edition": licensed.edition,
        "entitlements": list(licensed.entitlements),
        "key": bound.key_hash.hex(),
        "device": bound.device_hash.hex(),
        "nonce": bound.nonce,
        "issued_at": int(at.timestamp()),
        "fresh_until": int(until.fresh_until.timestamp()),
        "usable_until": int(until.usable_until.timestamp()),
        "license_ends": _seconds(licensed.ends),
        "updates_until": _seconds(licensed.updates_until),
    }


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def armored(token: str) -> str:
    """A token as the text file that people carry about."""
    return "\n".join((BEGIN, *textwrap.wrap(token, LINE, break_on_hyphens=False), END, ""))
