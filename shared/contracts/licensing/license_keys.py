"""What the vendor's program asks with a license key."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.contracts.fields import Line, Token
from shared.contracts.message import Done, Message, Request

Code = Literal[
    "NOT_FOUND", "ENDED", "SUSPENDED", "EXPIRED", "PRODUCT_MISMATCH", "NOT_ACTIVATED", "TOO_MANY_DEVICES", "VALID"
]
"""The first that applies, in this order."""


class Validation(Message):
    """Whether a key may be used, and the one reason why not."""

    valid: bool
    code: Code
    product: str = ""
    expires_at: datetime | None = None
    devices: int = 0
    device_limit: int = 0
    missing: str = ""
    """The field without which this license is never valid: `fingerprint`, or nothing."""
    signed: str = ""
    """This answer as a compact JWS, where the question had a nonce."""


class ValidateLicense(Request[Validation], type="licensing.validate-license", askers=("gateway",)):
    """May this key be used (on this device)? Asked by the vendor's program, without a session."""

    key: str = Field(min_length=1, max_length=100, repr=False)
    fingerprint: str = Field(default="", max_length=200, repr=False)
    product: str = Field(default="", max_length=40)
    nonce: Token = Field(default="", max_length=64)
    """With one the answer is signed, for a program that works on while nothing answers."""


class ActivateLicense(Request[Validation], type="licensing.activate-license", askers=("gateway",)):
    """Bind a device to a license, within its limit; repeating it changes nothing."""

    key: str = Field(min_length=1, max_length=100, repr=False)
    fingerprint: str = Field(min_length=8, max_length=200, repr=False)
    product: str = Field(default="", max_length=40)
    label: Line = Field(default="", max_length=60, repr=False)
    """What the device is called, for its owner to know it among others."""
    nonce: Token = Field(default="", max_length=64)


class DeactivateLicense(Request[Done], type="licensing.deactivate-license", askers=("gateway",)):
    """Free the seat of a device; 404 when the key is unknown, 409 where that was too often in 30 days."""

    key: str = Field(min_length=1, max_length=100, repr=False)
    fingerprint: str = Field(min_length=8, max_length=200, repr=False)
