"""What is on sale."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.message import Done, Message, Request

STANDARD = "standard"
"""The edition of what has no other."""
Edition = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
Entitlement = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,60}$")]
"""A part of a program that a license opens."""
Starts = Literal["issue", "first activation"]
"""When the months of a license begin."""
AfterEnd = Literal["block", "no updates"]
"""What ends with them: the license, or its right to newer program versions alone."""
RenewsFrom = Literal["expiry", "now", "now if expired"]
"""From when a renewal counts."""
Overage = Literal["none", "1.25x", "1.5x", "2x", "always"]
"""How many devices beyond its limit a license lets in; the answer says so."""


class Product(Message):
    """What is on sale in an edition. Money in grosze; `months` is None for a perpetual license.

    `version` is that of the terms, on which an order is sold; `trial_days` is None where there is no trial.
    `gross` and `vat_rate` are those of a consumer in the country that was asked for; None where none was.
    """

    code: str
    name: str
    net: int
    device_limit: int
    months: int | None
    gross: int | None = None
    vat_rate: int | None = None
    edition: str = STANDARD
    version: int = 1
    starts: Starts = "issue"
    after_end: AfterEnd = "block"
    renews_from: RenewsFrom = "expiry"
    entitlements: tuple[str, ...] = ()
    trial_days: int | None = None


class Products(Message):
    """The catalogue."""

    products: tuple[Product, ...]


class ListProducts(Request[Products], type="licensing.list-products", askers=("gateway",)):
    """What is on sale now; with a country also what a consumer there pays. 422 where we don't sell to consumers."""

    country: str = Field(default="", pattern=r"^([A-Z]{2})?$")


class PutProduct(Request[Done], type="licensing.put-product", askers=("gateway",), actor=Staff("administrator")):
    """Staff add or change a product in an edition. Other terms are a new version; what was ordered keeps its own."""

    code: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    name: str = Field(min_length=1, max_length=120)
    net: int = Field(ge=1, le=100_000_000)
    device_limit: int = Field(ge=1, le=10_000)
    months: int | None = Field(default=None, ge=1, le=120)
    on_sale: bool = True
    fingerprint_required: bool = False
    """Its licenses are valid on a device with a seat only, and never without a fingerprint."""
    max_deactivations: int | None = Field(default=None, ge=1, le=10_000)
    """How often a program may free a seat of a license by its key in 30 days; None for as often as it likes."""
    edition: Edition = STANDARD
    starts: Starts = "issue"
    after_end: AfterEnd = "block"
    renews_from: RenewsFrom = "expiry"
    entitlements: tuple[Entitlement, ...] = Field(default=(), max_length=50)
    trial_days: int | None = Field(default=None, ge=1, le=90)
    heartbeat_minutes: int | None = Field(default=None, ge=1, le=10_080)
    """Within which a program has to ask again, or its seat is free for another device."""
    overage: Overage = "none"


class PolicyVersion(Message):
    """One version of the terms of an edition, which nothing changes; `devices` is what one seat is worth."""

    edition: str
    version: int
    since: datetime
    months: int | None
    starts: Starts
    after_end: AfterEnd
    renews_from: RenewsFrom
    devices: int
    fingerprint_required: bool
    max_deactivations: int | None
    entitlements: tuple[str, ...]
    trial_days: int | None
    heartbeat_minutes: int | None = None
    overage: Overage = "none"


class PolicyVersions(Message):
    """The versions of a product, by edition, newest first."""

    versions: tuple[PolicyVersion, ...]


class ListPolicies(
    Request[PolicyVersions],
    type="licensing.list-policies",
    askers=("gateway",),
    actor=Staff("administrator", "finance", "support"),
):
    """Staff ask on which terms a product was and is sold."""

    product: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
