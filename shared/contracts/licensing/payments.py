"""Payments, refunds and what the provider tells of them."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Member, Staff
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.message import OPERATORS, Created, Done, Event, Message, Request


class RefundMade(Event, type="licensing.refund-made.v1", late="statutory", carries=("D9",)):
    """Money went back; `full` means that nothing of the payment is left."""

    subject_id: UUID
    order_id: UUID
    refund_id: UUID
    full: bool


class DisputeOpened(Event, type="licensing.dispute-opened.v1", late="statutory", carries=("D9",)):
    """The payer's bank takes the money of an order back; the license is suspended until that is decided."""

    subject_id: UUID
    order_id: UUID


class DisputeClosed(Event, type="licensing.dispute-closed.v1", late="statutory", carries=("D9",)):
    """A dispute was decided, for the vendor where it is `won`; one that is lost is a refund, too."""

    subject_id: UUID
    order_id: UUID
    won: bool


class StartPayment(Request[Created], type="licensing.start-payment", askers=("gateway",), actor=Member()):
    """Begin to pay an open order with the payment provider; answers the payment's id."""

    subject_id: Acting = NOBODY
    order_id: UUID


class Payment(Message):
    """A payment; the buyer goes on at `pay_url` with the provider."""

    payment_id: UUID
    order_id: UUID
    state: Literal["started", "failed", "confirmed", "void", "refunded"]
    amount: int
    provider: str
    reference: str
    pay_url: str


class ReadPayment(Request[Payment], type="licensing.read-payment", askers=("gateway",), actor=Member()):
    """A member's own payment."""

    subject_id: Acting = NOBODY
    payment_id: UUID


class PaymentWebhook(Request[Done], type="licensing.payment-webhook", askers=("gateway",)):
    """The provider tells what happened, as received (raw body, headers of Standard Webhooks).

    Stripe has one header: it is the `signature`, the others are empty.

    Done means committed. 401: the signature is wrong or too old. 409: too early, to be sent again.
    """

    body: str = Field(max_length=256 * 1024, repr=False)  # what the gateway lets in, too
    webhook_id: str = Field(max_length=100)
    timestamp: str = Field(max_length=20)
    signature: str = Field(max_length=1000, repr=False)


class SignedWebhook(Message):
    """What the sandbox would post to `/webhooks/payments`: body and the values of its three headers."""

    body: str
    webhook_id: str
    timestamp: str
    signature: str


class PlaySandbox(Request[SignedWebhook], type="licensing.play-sandbox", askers=("gateway", OPERATORS)):
    """Let the built-in sandbox provider decide about a payment. 404 where a real provider is wired.

    `amount` is for a part; None means the whole. `refund` names the refund; empty means a new one. `dispute` names the
    dispute; empty means the one that this payment has.
    """

    reference: str = Field(max_length=60)
    event: Literal[
        "payment.confirmed",
        "payment.failed",
        "refund.made",
        "refund.failed",
        "dispute.opened",
        "dispute.won",
        "dispute.lost",
    ]
    amount: int | None = Field(default=None, ge=1, le=100_000_000_000)
    refund: str = Field(default="", max_length=60)
    dispute: str = Field(default="", max_length=60)


class ReadSandbox(Request[Done], type="licensing.read-sandbox", askers=("gateway",)):
    """Whether a payment can be made at the built-in sandbox provider: 404 where it can't, or none is wired."""

    reference: str = Field(max_length=60)


class RecordTransfer(Request[Done], type="licensing.record-transfer", askers=("gateway",), actor=Staff("finance")):
    """Staff saw the money for an invoiced order on the bank account; works after an erasure too."""

    order_id: UUID
