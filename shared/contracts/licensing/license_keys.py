"""What the vendor's program asks with a license key."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.contracts.fields import Day, Line, Token
from shared.contracts.licensing.catalogue import Entitlement
from shared.contracts.message import Done, Message, Request

Code = Literal[
    "NOT_FOUND", "ENDED", "SUSPENDED", "EXPIRED", "PRODUCT_MISMATCH", "NOT_ACTIVATED", "TOO_MANY_DEVICES", "VALID"
]
"""The first that applies, in this order, in the words of older readers; `exact_code` says it in those of today."""


class Judgement(Message):
    """Whether a key may be used, and for what."""

    valid: bool
    product: str = ""
    edition: str = ""
    entitlements: tuple[str, ...] = ()
    updates_until: datetime | None = None
    """Program versions released before this may be used without an end; None where the license covers every version."""
    expires_at: datetime | None = None
    devices: int = 0
    device_limit: int = 0
    missing: str = ""
    """The field without which this license is never valid: `fingerprint`, `released_on`, or nothing."""
    overage: bool = False
    """Whether more devices are active than the license is for; its terms let them in."""
    signed: str = ""
    """This answer as a compact JWS, where the question had a nonce."""


class Validation(Judgement):
    """A judgement with the one reason why not; `exact_code` is one of the codes of docs/licenses.md."""

    code: Code
    exact_code: str = ""


class ValidateLicense(Request[Validation], type="licensing.validate-license", askers=("gateway",)):
    """May this key be used (on this device)? Asked by the vendor's program, without a session."""

    key: str = Field(min_length=1, max_length=100, repr=False)
    fingerprint: str = Field(default="", max_length=200, repr=False)
    product: str = Field(default="", max_length=40)
    edition: str = Field(default="", max_length=40)
    released_on: Day | None = None
    """When this version of the program was released."""
    entitlements: tuple[Entitlement, ...] = Field(default=(), max_length=50)
    """What the license has to open."""
    nonce: Token = Field(default="", max_length=64)
    """With one the answer is signed, for a program that works on while nothing answers."""


class ActivateLicense(Request[Validation], type="licensing.activate-license", askers=("gateway",)):
    """Bind a device to a license, within its limit; repeating it changes nothing."""

    key: str = Field(min_length=1, max_length=100, repr=False)
    fingerprint: str = Field(min_length=8, max_length=200, repr=False)
    product: str = Field(default="", max_length=40)
    edition: str = Field(default="", max_length=40)
    released_on: Day | None = None
    entitlements: tuple[Entitlement, ...] = Field(default=(), max_length=50)
    label: Line = Field(default="", max_length=60, repr=False)
    """What the device is called, for its owner to know it among others."""
    nonce: Token = Field(default="", max_length=64)


class DeactivateLicense(Request[Done], type="licensing.deactivate-license", askers=("gateway",)):
    """Free the seat of a device; 404 when the key is unknown, 409 where that was too often in 30 days."""

    key: str = Field(min_length=1, max_length=100, repr=False)
    fingerprint: str = Field(min_length=8, max_length=200, repr=False)
