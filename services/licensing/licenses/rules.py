"""Whether a license may be used, and until when it lasts: pure decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Literal, cast
from uuid import UUID

from services.licensing.policies.rules import Policy, Term
from shared.contracts import licensing
from shared.law.calendar import WARSAW
from shared.problems import refuse

GRACE = timedelta(hours=24)
"""An expired key works on for a day, so that work does not stop at midnight."""

UNDO = timedelta(days=7)
"""How long a holder may take back the end of a license."""

DEACTIVATIONS_COUNT_FOR = timedelta(days=30)
"""How long it counts that a program gave a seat back by the key."""

SPARE_FILES = 1
"""How many license files may work beyond the seats: that of a broken device works until it is over."""

ExactCode = Literal[
    "NOT_FOUND",
    "ENDED",
    "SUSPENDED",
    "EXPIRED",
    "PRODUCT_MISMATCH",
    "EDITION_MISMATCH",
    "VERSION_NOT_COVERED",
    "ENTITLEMENT_MISSING",
    "HEARTBEAT_DEAD",
    "NOT_ACTIVATED",
    "TRIAL_USED",
    "TOO_MANY_DEVICES",
    "VALID",
]
"""The first that applies, in this order."""

OLDER: Mapping[ExactCode, licensing.Code] = {
    "EDITION_MISMATCH": "PRODUCT_MISMATCH",
    "VERSION_NOT_COVERED": "EXPIRED",
    "ENTITLEMENT_MISSING": "PRODUCT_MISMATCH",
    "HEARTBEAT_DEAD": "NOT_ACTIVATED",
    "TRIAL_USED": "TOO_MANY_DEVICES",
}
"""What a reader is told that knows the codes from before there were these."""

NOTED_FOR = timedelta(hours=1)

OVERAGE: Mapping[licensing.Overage, int | None] = {
    "none": 100,
    "1.25x": 125,
    "1.5x": 150,
    "2x": 200,
    "always": None,
}
"""In percent of the limit."""

StoredState = Literal["active", "suspended", "expired", "ended"]
"""`expired` is noted by a job, once the day after the last one is over."""


@dataclass(frozen=True)
class License:
    """A stored license; `sealed_key` is None after an erasure, when `live` is false."""

    license_id: UUID
    subject_id: UUID
    order_id: UUID | None
    policy: Policy
    key_end: str
    sealed_key: bytes | None
    state: StoredState
    device_limit: int
    issued_at: datetime
    expires_at: datetime | None
    updates_until: datetime | None
    trial_until: datetime | None
    ended_at: datetime | None
    end_reason: licensing.EndReason | None
    ended_from: StoredState | None
    live: bool

    @property
    def product(self) -> str:
        return self.policy.product

    @property
    def term(self) -> Term:
        return Term(self.expires_at, self.updates_until)


@dataclass(frozen=True)
class Scope:
    """What a program says of itself, and what it needs; what it leaves out is not asked."""

    product: str = ""
    edition: str = ""
    released_on: date | None = None
    entitlements: frozenset[str] = frozenset()


def scope_of(asked: licensing.ValidateLicense | licensing.ActivateLicense | licensing.CheckOutLicense) -> Scope:
    return Scope(asked.product, asked.edition, asked.released_on, frozenset(asked.entitlements))


def older(code: ExactCode) -> licensing.Code:
    return OLDER.get(code) or cast("licensing.Code", code)


def judge(
    license_: License, at: datetime, scope: Scope | None, *, active_here: bool | None = None, dead_here: bool = False
) -> ExactCode:
    """The first reason why a license may not be used, or VALID.

    Without a scope nothing is asked of the program; `active_here` is None when no device is named, `dead_here` true
    when its seat was not renewed in time.
    """
    seated = not license_.policy.fingerprint_required if active_here is None else active_here
    if license_.state == "ended":
        return "ENDED"
    if license_.state == "suspended":
        return "SUSPENDED"
    if license_.state == "expired" or (license_.expires_at is not None and at >= license_.expires_at + GRACE):
        return "EXPIRED"
    if scope and (code := _outside(license_, at, scope)):
        return code
    if seated:
        return "VALID"
    return "HEARTBEAT_DEAD" if dead_here else "NOT_ACTIVATED"


def most_devices(license_: License) -> int | None:
    """How many devices are let in, those beyond the limit among them; None for any number."""
    percent = OVERAGE[license_.policy.overage]
    return None if percent is None else license_.device_limit * percent // 100


def is_full(license_: License, devices: int) -> bool:
    most = most_devices(license_)
    return most is not None and devices >= most


def alive_since(license_: License, at: datetime) -> datetime | None:
    """Since when a seat must have been in use to be one; None where it need not."""
    minutes = license_.policy.heartbeat_minutes
    return None if minutes is None else at - timedelta(minutes=minutes)


def note_after(license_: License) -> timedelta:
    """How long the use of a device need not be noted again: a part of what its seat may wait, an hour at most."""
    minutes = license_.policy.heartbeat_minutes
    return NOTED_FOR if minutes is None else min(NOTED_FOR, timedelta(minutes=minutes) / 4)


def _outside(license_: License, at: datetime, scope: Scope) -> ExactCode | None:
    """The first reason why a license is not one for this program."""
    policy = license_.policy
    if scope.product not in ("", policy.product):
        return "PRODUCT_MISMATCH"
    if scope.edition not in ("", policy.edition):
        return "EDITION_MISMATCH"
    if not covers(license_, at, scope.released_on):
        return "VERSION_NOT_COVERED"
    return "ENTITLEMENT_MISSING" if scope.entitlements - set(policy.entitlements) else None


def covers(license_: License, at: datetime, released_on: date | None) -> bool:
    """Whether a program version may be used; one that names no day may while the updates last."""
    if license_.updates_until is None:
        return True
    released = at if released_on is None else datetime.combine(released_on, time(), WARSAW)
    return released < license_.updates_until


def missing(license_: License, at: datetime, scope: Scope, *, named: bool) -> str:
    """The field that a question has to have."""
    if license_.policy.fingerprint_required and not named:
        return "fingerprint"
    return "" if scope.released_on or covers(license_, at, None) else "released_on"


def check_deactivation(license_: License, before: Sequence[datetime], at: datetime) -> None:
    """Raise Refused (409) where programs gave back as many seats as the license allows; its owner may go on."""
    most = license_.policy.max_deactivations
    counted = sorted(moment for moment in before if moment > at - DEACTIVATIONS_COUNT_FOR)
    if most is None or len(counted) < most:
        return
    possible_at = counted[-most] + DEACTIVATIONS_COUNT_FOR
    raise refuse(
        409,
        "no more deactivations for now",
        field="key",
        message=f"{most} in {DEACTIVATIONS_COUNT_FOR.days} days; the next at {possible_at:%Y-%m-%dT%H:%M:%SZ}, "
        "or by the owner in the panel",
        retry_after=ceil((possible_at - at).total_seconds()),
    )


def is_trial(license_: License) -> bool:
    """Whether nobody has bought it yet; then its end is another one."""
    return license_.trial_until is not None and license_.term.end == license_.trial_until


def may_lease(license_: License, others: int) -> bool:
    """Whether one more device may work by a file; `others` are those that do."""
    return others < license_.device_limit + SPARE_FILES


def has_expired(license_: License, at: datetime) -> bool:
    return license_.expires_at is not None and at >= license_.expires_at


def holder_state(license_: License, at: datetime) -> licensing.LicenseState:
    return "expired" if license_.state == "active" and has_expired(license_, at) else license_.state


def needs_proof(license_: License) -> bool:
    """Whether ending it takes away what can't be bought for the same money again: a perpetual one."""
    return license_.state != "ended" and license_.expires_at is None


def restored_state(license_: License, at: datetime) -> StoredState:
    """What a license is again when its end is taken back. Raises Refused (409)."""
    by_holder = license_.end_reason == "ended by holder"
    if license_.ended_from is None or license_.ended_at is None or not by_holder or at > license_.ended_at + UNDO:
        raise refuse(409, "the end of this license stands", message="what its holder ended can be undone for 7 days")
    return license_.ended_from


def check_current(license_: License) -> None:
    """Raise Refused (409) for a license that is over: reinstated, it would run out once more."""
    check_running(license_)
    if license_.state == "expired":
        raise refuse(409, "the license has expired")


def check_running(license_: License) -> None:
    """Raise Refused (409) for a license whose contract ended."""
    if license_.state == "ended":
        raise refuse(409, "the license has ended")
