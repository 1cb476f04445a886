"""What an order is and what may become of it: pure decisions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from uuid import UUID, uuid4

from services.licensing.agreements.rules import Protection, check_declarations, protection_of
from services.licensing.catalogue import Product
from services.licensing.policies.rules import Policy
from services.licensing.quotes import Price, check_expected, price
from services.licensing.terms.editions import Edition
from services.licensing.vat.location import Location, check_location
from services.licensing.vat.rules import PROFILE_FIRST, SELLER_COUNTRY, Tax, TaxPolicy, check_little_abroad, tax_of
from shared.contracts import identity, licensing
from shared.law import tax_numbers
from shared.law.calendar import WARSAW
from shared.problems import refuse

ORIGIN_DAYS = 90
"""How long the IP address of an order serves against fraud (R-SEC)."""

NEXT: dict[licensing.OrderState, frozenset[licensing.OrderState]] = {
    "open": frozenset({"invoiced", "paid", "cancelled"}),
    "invoiced": frozenset({"paid"}),
    "paid": frozenset({"refunded"}),
    "refunded": frozenset(),
    "cancelled": frozenset(),
}
"""The states an order can go to from each state."""


@dataclass(frozen=True)
class Order:
    """A stored order; money in grosze, `vat_rate` in hundredths of a percent. `live` is false after an erasure."""

    order_id: UUID
    subject_id: UUID
    policy: Policy
    quantity: int
    pay_by: licensing.PaidBy
    state: licensing.OrderState
    vat_treatment: licensing.Treatment
    vat_rate: int
    net: int
    vat: int
    gross: int
    refunded: int
    placed_at: datetime
    paid_at: datetime | None
    live: bool
    renews: UUID | None
    renewed_at: datetime | None
    bank_account: str

    @property
    def product(self) -> str:
        return self.policy.product

    @property
    def edition(self) -> str:
        return self.policy.edition

    @property
    def policy_version(self) -> int:
        return self.policy.version

    @property
    def device_limit(self) -> int:
        return self.policy.devices * self.quantity


def check_step(state: licensing.OrderState, to: licensing.OrderState) -> None:
    """Raise Refused (409) when an order can't go from one state to another."""
    if to not in NEXT[state]:
        raise refuse(409, "the order can't be changed that way", message=f"it is {state}")


def is_full_refund(order: Order, amount: int) -> bool:
    """Whether nothing of the payment is left after this refund. Raises Refused (422) for more than was paid."""
    refunded = order.refunded + amount
    if refunded > order.gross:
        raise refuse(422, "more is refunded than was paid", field="amount")
    return refunded == order.gross


@dataclass(frozen=True)
class Buyer:
    """Who an invoice will name: as he was when the tax of the order was found."""

    name: str
    company: str
    nip: str
    vat_number: str
    street: str
    postal_code: str
    city: str
    country: str
    language: str
    seen_country: str
    confirms_country: bool


@dataclass(frozen=True)
class Facts:
    """What an order is judged by besides itself.

    `seen_country` is where the buyer's address on the network is, empty where nobody knows; `sold_abroad` as in
    `check_little_abroad`.
    """

    profile: identity.Profile
    taxes: TaxPolicy
    seen_country: str = ""
    sold_abroad: int = 0


@dataclass(frozen=True)
class Draft:
    """A checked order before it is stored."""

    order_id: UUID
    request: licensing.PlaceOrder
    ip: str | None
    buyer: Buyer
    tax: Tax
    protection: Protection
    terms: Edition
    price: Price
    policy: Policy
    placed_at: datetime

    @property
    def origin_until(self) -> date:
        """The last day of the order's IP address."""
        return self.placed_at.astimezone(WARSAW).date() + timedelta(days=ORIGIN_DAYS)


def draft(request: licensing.PlaceOrder, product: Product, facts: Facts, terms: Edition, at: datetime) -> Draft:
    """Check an order against the law, the terms and the catalogue. Raises Refused (422, 409) naming the field."""
    buyer, day, address = facts.profile, at.astimezone(WARSAW).date(), _address(request.ip)
    _check_buyer(buyer)
    protection = protection_of(buyer.kind, request.professional)
    _check_terms(request, buyer, protection, terms)
    tax = tax_of(facts.taxes, buyer.country, buyer.kind, buyer.vat_number, day)
    location = Location(buyer.country, facts.seen_country, request.confirms_country)
    check_location(facts.taxes, tax, buyer.kind, location, day)
    cost = price(product, request.quantity, tax)
    check_little_abroad(tax, buyer.country, cost.net, facts.sold_abroad)
    check_expected(request.expected_gross, cost)
    return Draft(
        order_id=uuid4(),
        request=request,
        ip=address,
        buyer=_frozen(buyer, location),
        tax=tax,
        protection=protection,
        terms=terms,
        price=cost,
        policy=product.policy,
        placed_at=at,
    )


def _frozen(profile: identity.Profile, location: Location) -> Buyer:
    return Buyer(
        name=profile.full_name,
        company=profile.company,
        nip=profile.nip,
        vat_number=profile.vat_number,
        street=profile.street,
        postal_code=profile.postal_code,
        city=profile.city,
        country=profile.country,
        language=profile.language,
        seen_country=location.seen,
        confirms_country=location.confirmed,
    )


def _check_buyer(buyer: identity.Profile) -> None:
    """What an invoice must say (VAT Act art. 106e); accounts are older than some rules about their numbers."""
    if not all((buyer.full_name or buyer.company, buyer.street, buyer.postal_code, buyer.city)):
        raise refuse(422, "an invoice needs name and address", field="address", message=PROFILE_FIRST)
    if buyer.kind != "person" and buyer.country == SELLER_COUNTRY and not tax_numbers.nip(buyer.nip):
        raise refuse(422, "a business in Poland needs its NIP", field="nip", message=PROFILE_FIRST)


def _check_terms(
    request: licensing.PlaceOrder, buyer: identity.Profile, protection: Protection, terms: Edition
) -> None:
    if request.terms_version != terms.version:
        raise refuse(422, "these terms are not in force", field="terms_version", message=f"{terms.version} is")
    if not request.accepts_terms:
        raise refuse(422, "the terms must be accepted", field="accepts_terms")
    if protection.consumer:
        check_declarations(request)
    if buyer.kind == "person" and request.pay_by == "transfer":
        raise refuse(422, "payment by transfer is for businesses", field="pay_by")


def _address(text: str) -> str | None:
    if not text:
        return None
    try:
        return str(ip_address(text))
    except ValueError:
        raise refuse(422, "not an IP address", field="ip") from None
