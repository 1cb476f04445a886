"""What programs believe without a network: license files, and the keys that they are checked with."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Member
from shared.contracts.fields import NOBODY, Acting, Day, Token
from shared.contracts.licensing.catalogue import Entitlement
from shared.contracts.licensing.license_keys import Code
from shared.contracts.message import Message, Request


class PublicKey(Message):
    """A public key as RFC 8037 writes it; its id is its thumbprint (RFC 7638)."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"
    alg: Literal["EdDSA"] = "EdDSA"
    kid: str
    x: str


class LicenseKeys(Message):
    """The keys that sign answers and license files: a JWK set (RFC 7517), the one that signs now first."""

    keys: tuple[PublicKey, ...]


class ReadLicenseKeys(Request[LicenseKeys], type="licensing.read-license-keys", askers=("gateway",)):
    """The public keys of this installation."""


class FileAnswer(Message):
    """A license file, or none."""

    file: str = Field(default="", repr=False)
    fresh_until: datetime | None = None
    """When the program should ask for another one."""
    usable_until: datetime | None = None
    """The end of the grace after that."""


class LicenseFile(FileAnswer):
    """A license file, or the one reason why there is none; `exact_code` as in `Validation`."""

    code: Code
    exact_code: str = ""


class CheckOutLicense(Request[LicenseFile], type="licensing.check-out-license", askers=("gateway",)):
    """A license file for a device that holds a seat: the program works with it where nothing answers."""

    key: str = Field(min_length=1, max_length=100, repr=False)
    fingerprint: str = Field(min_length=8, max_length=200, repr=False)
    nonce: Token = Field(default="", max_length=64)
    product: str = Field(default="", max_length=40)
    edition: str = Field(default="", max_length=40)
    released_on: Day | None = None
    entitlements: tuple[Entitlement, ...] = Field(default=(), max_length=50)


class IssueOfflineFile(Request[LicenseFile], type="licensing.issue-offline-file", askers=("gateway",), actor=Member()):
    """A license file for a device without a network, by the request that its program wrote; it takes a seat."""

    subject_id: Acting = NOBODY
    license_id: UUID
    request: str = Field(min_length=1, max_length=500, repr=False)
