"""Licenses in the hands of their holders and of staff."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Member, Staff
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.licensing.catalogue import STANDARD
from shared.contracts.message import Done, Event, Message, Request

EndReason = Literal["ended by holder", "refunded", "erasure", "expired", "revoked"]
LicenseState = Literal["active", "suspended", "expired", "ended"]


MeasureReason = Literal["fraud", "key shared", "terms broken", "unpaid", "security", "other"]
"""Why staff act against a license or a person."""


class LicenseIssued(Event, type="licensing.license-issued.v1", carries=("D8",)):
    """A person holds a new license."""

    subject_id: UUID
    license_id: UUID
    order_id: UUID


class LicenseEnded(Event, type="licensing.license-ended.v1", carries=("D8",)):
    """A license contract ended; what its holder ended may be restored within seven days."""

    subject_id: UUID
    license_id: UUID
    reason: EndReason


class LicenseRestored(Event, type="licensing.license-restored.v1", carries=("D8",)):
    """A holder took back the end of a license: its contract goes on."""

    subject_id: UUID
    license_id: UUID


class LicenseSuspended(Event, type="licensing.license-suspended.v1", carries=("D8",)):
    """A license does not work for now."""

    subject_id: UUID
    license_id: UUID


class LicenseReinstated(Event, type="licensing.license-reinstated.v1", carries=("D8",)):
    """Nothing suspends a license any more."""

    subject_id: UUID
    license_id: UUID


class LicenseRenewed(Event, type="licensing.license-renewed.v1", carries=("D8", "D9")):
    """An order was paid that renews a license: it ends later, on the terms of the order. A trial is bought so."""

    subject_id: UUID
    license_id: UUID
    order_id: UUID


class RenewalTakenBack(Event, type="licensing.renewal-taken-back.v1", late="statutory", carries=("D8", "D9")):
    """The money of a renewal went back: the license ends as it would without it."""

    subject_id: UUID
    license_id: UUID
    order_id: UUID


class Device(Message):
    """One device on which a license is active; the device itself is known as a hash only."""

    activation_id: UUID
    label: str = ""
    activated_at: datetime
    last_seen_at: datetime
    leased_until: datetime | None = None
    """Until when its license file works; it can't be called back."""


class License(Message):
    """A license as its holder sees it; the key is masked. That of a trial has no order: the nil UUID stands there."""

    license_id: UUID
    order_id: UUID
    product: str
    key: str
    state: LicenseState
    device_limit: int
    devices: tuple[Device, ...]
    issued_at: datetime
    expires_at: datetime | None
    edition: str = STANDARD
    entitlements: tuple[str, ...] = ()
    updates_until: datetime | None = None
    """Program versions released before this work without an end; None where it makes no difference."""
    trial: bool = False


class Licenses(Message):
    """A person's licenses, newest first."""

    licenses: tuple[License, ...]


class ListLicenses(Request[Licenses], type="licensing.list-licenses", askers=("gateway",), actor=Member()):
    """A member's own licenses."""

    subject_id: Acting = NOBODY


class RevealedKey(Message):
    """A license key in full."""

    key: str = Field(repr=False)


class RevealLicense(Request[RevealedKey], type="licensing.reveal-license", askers=("gateway",), actor=Member()):
    """Show the key of one's own license."""

    subject_id: Acting = NOBODY
    license_id: UUID


class RotateLicense(Request[RevealedKey], type="licensing.rotate-license", askers=("gateway",), actor=Member()):
    """Replace a leaked key; the contract goes on, the old key and its devices are void."""

    subject_id: Acting = NOBODY
    license_id: UUID


class EndLicense(Request[Done], type="licensing.end-license", askers=("gateway",), actor=Member()):
    """End the contract of one's own license; it can be taken back for seven days.

    A perpetual one asks for a session that was proved a short while ago (403): what was paid once does not come back.
    """

    subject_id: Acting = NOBODY
    license_id: UUID


class EndContracts(Request[Done], type="licensing.end-contracts", askers=("privacy",)):
    """privacy ends, by the word of an erased person, the contracts that went on without an account."""

    subjects: tuple[UUID, ...] = Field(min_length=1, max_length=1000)


class RestoreLicense(Request[Done], type="licensing.restore-license", askers=("gateway",), actor=Member()):
    """Take back the end of one's own license; its devices have to be activated again. 409 when it is too late."""

    subject_id: Acting = NOBODY
    license_id: UUID


class SuspendLicense(
    Request[Done], type="licensing.suspend-license", askers=("gateway",), actor=Staff("support", "administrator")
):
    """Staff suspend a license for a reason, or take that back; it works again when nothing else suspends it."""

    license_id: UUID
    suspended: bool = True
    reason: MeasureReason = "other"


class DeactivateDevice(Request[Done], type="licensing.deactivate-device", askers=("gateway",), actor=Member()):
    """The holder frees the seat of a device that is lost or broken."""

    subject_id: Acting = NOBODY
    license_id: UUID
    activation_id: UUID
