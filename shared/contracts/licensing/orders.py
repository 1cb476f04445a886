"""Orders."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Member
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.licensing.catalogue import STANDARD, Edition
from shared.contracts.message import Created, Done, Event, Message, Request

OrderState = Literal["open", "invoiced", "paid", "refunded", "cancelled"]
PaidBy = Literal["card", "transfer"]


class OrderPlaced(Event, type="licensing.order-placed.v1", carries=("D9",)):
    """A person ordered something and has not paid yet."""

    subject_id: UUID
    order_id: UUID


class OrderCancelled(Event, type="licensing.order-cancelled.v1", carries=("D9",)):
    """An order ended without payment."""

    subject_id: UUID
    order_id: UUID


class OrderPaid(Event, type="licensing.order-paid.v1", carries=("D9",)):
    """The money for an order arrived."""

    subject_id: UUID
    order_id: UUID


class PlaceOrder(
    Request[Created], type="licensing.place-order", askers=("gateway",), actor=Member(), circumstances=("ip",)
):
    """Order a product. A consumer must say each of the three things before a key can be shown.

    A sole trader says whether the purchase is of a professional nature; one who says no has a consumer's rights.
    `expected_gross` is what a quote said: 409 when the price is another one by now.

    `ip` is observed by the gateway, empty where a proxy does not tell. Who orders from another country than that of
    the address says with `confirms_country` that the address is right.
    A transfer (invoice first, then the money, then the key) is for businesses.
    """

    subject_id: Acting = NOBODY
    product: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    quantity: int = Field(default=1, ge=1, le=100)
    pay_by: PaidBy = "card"
    ip: str = Field(default="", max_length=45)
    terms_version: str = Field(min_length=1, max_length=40)
    accepts_terms: bool
    wants_immediate_delivery: bool = False
    knows_withdrawal_lapses: bool = False
    professional: bool | None = None
    confirms_country: bool = False
    expected_gross: int | None = Field(default=None, ge=1, le=1_000_000_000_000)
    edition: Edition = STANDARD
    renews: UUID | None = None
    """One's own license of the same product, with all its seats: its end moves, key and devices stay."""


class Order(Message):
    """An order as its buyer sees it; money in grosze. `bank_account` is where an invoiced order is to be paid."""

    order_id: UUID
    product: str
    quantity: int
    state: OrderState
    pay_by: PaidBy
    net: int
    vat: int
    gross: int
    refunded: int
    placed_at: datetime
    paid_at: datetime | None
    bank_account: str = ""
    edition: str = STANDARD
    policy_version: int = 1
    """The version of the product's terms on which it was sold."""
    renews: UUID | None = None


class Orders(Message):
    """A person's orders, newest first."""

    orders: tuple[Order, ...]


class ListOrders(Request[Orders], type="licensing.list-orders", askers=("gateway",), actor=Member()):
    """A member's own orders."""

    subject_id: Acting = NOBODY


class ResendConfirmation(Request[Done], type="licensing.resend-confirmation", askers=("gateway",), actor=Member()):
    """Have the letter that confirms the contract sent again, at most every ten minutes, until it was handed over."""

    subject_id: Acting = NOBODY
    order_id: UUID


class CancelOrder(Request[Done], type="licensing.cancel-order", askers=("gateway",), actor=Member()):
    """Take back an order that is still open."""

    subject_id: Acting = NOBODY
    order_id: UUID
