"""What licensing says and can be asked: catalogue, orders, payments, invoices, licenses, devices."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Created, Done, Event, Message, Request

OrderState = Literal["open", "invoiced", "paid", "refunded", "cancelled"]
PaidBy = Literal["card", "transfer"]
EndReason = Literal["ended by holder", "refunded", "erasure", "expired", "revoked"]
LicenseState = Literal["active", "suspended", "expired", "ended"]


# ── Events ──────────────────────────────────────────────────────────────────────────────────────


class OrderPlaced(Event, type="licensing.order-placed.v1"):
    """A person ordered something and has not paid yet."""

    subject_id: UUID
    order_id: UUID


class OrderCancelled(Event, type="licensing.order-cancelled.v1"):
    """An order ended without payment."""

    subject_id: UUID
    order_id: UUID


class OrderPaid(Event, type="licensing.order-paid.v1"):
    """The money for an order arrived."""

    subject_id: UUID
    order_id: UUID


class LicenseIssued(Event, type="licensing.license-issued.v1"):
    """A person holds a new license."""

    subject_id: UUID
    license_id: UUID
    order_id: UUID


class LicenseEnded(Event, type="licensing.license-ended.v1"):
    """A license contract ended for good."""

    subject_id: UUID
    license_id: UUID
    reason: EndReason


class InvoiceIssued(Event, type="licensing.invoice-issued.v1", late="statutory"):
    """An invoice or a correcting invoice was issued."""

    subject_id: UUID
    invoice_id: UUID
    kind: Literal["invoice", "correction"]


class RefundMade(Event, type="licensing.refund-made.v1", late="statutory"):
    """Money went back; `full` means that nothing of the payment is left."""

    subject_id: UUID
    order_id: UUID
    refund_id: UUID
    full: bool


# ── Catalogue ───────────────────────────────────────────────────────────────────────────────────


class Product(Message):
    """What is on sale. Money in grosze; `months` is None for a perpetual license."""

    code: str
    name: str
    net: int
    device_limit: int
    months: int | None


class Products(Message):
    """The catalogue."""

    products: tuple[Product, ...]


class ListProducts(Request, type="licensing.list-products", reply=Products):
    """What is on sale now."""


class PutProduct(Request, type="licensing.put-product", reply=Done):
    """Staff add or change a product; what was ordered before keeps its terms."""

    code: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    name: str = Field(min_length=1, max_length=120)
    net: int = Field(ge=1, le=100_000_000)
    device_limit: int = Field(ge=1, le=10_000)
    months: int | None = Field(default=None, ge=1, le=120)
    on_sale: bool = True


# ── Orders ──────────────────────────────────────────────────────────────────────────────────────


class PlaceOrder(Request, type="licensing.place-order", reply=Created):
    """Order a product. A consumer must say each of the three things before a key can be shown.

    `ip` is observed by the gateway. A transfer (invoice first, 14 days to pay) is for businesses.
    """

    subject_id: UUID
    product: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    quantity: int = Field(default=1, ge=1, le=100)
    pay_by: PaidBy = "card"
    ip: str = Field(max_length=45)
    terms_version: str = Field(min_length=1, max_length=40)
    accepts_terms: bool
    wants_immediate_delivery: bool = False
    knows_withdrawal_lapses: bool = False


class Order(Message):
    """An order as its buyer sees it; money in grosze."""

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


class Orders(Message):
    """A person's orders, newest first."""

    orders: tuple[Order, ...]


class ListOrders(Request, type="licensing.list-orders", reply=Orders):
    """A member's own orders."""

    subject_id: UUID


class CancelOrder(Request, type="licensing.cancel-order", reply=Done):
    """Take back an order that is still open."""

    subject_id: UUID
    order_id: UUID


# ── Payments ────────────────────────────────────────────────────────────────────────────────────


class StartPayment(Request, type="licensing.start-payment", reply=Created):
    """Begin to pay an open order with the payment provider; answers the payment's id."""

    subject_id: UUID
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


class ReadPayment(Request, type="licensing.read-payment", reply=Payment):
    """A member's own payment."""

    subject_id: UUID
    payment_id: UUID


class PaymentWebhook(Request, type="licensing.payment-webhook", reply=Done):
    """The provider tells what happened, as received (raw body, headers of Standard Webhooks).

    Done means committed. 401: the signature is wrong or too old. 409: too early, to be sent again.
    """

    body: str = Field(max_length=20_000, repr=False)
    webhook_id: str = Field(max_length=100)
    timestamp: str = Field(max_length=20)
    signature: str = Field(max_length=1000, repr=False)


class SignedWebhook(Message):
    """What the sandbox would post to `/webhooks/payments`: body and the values of its three headers."""

    body: str
    webhook_id: str
    timestamp: str
    signature: str


class PlaySandbox(Request, type="licensing.play-sandbox", reply=SignedWebhook):
    """Let the built-in sandbox provider decide about a payment. 404 where a real provider is wired.

    `amount` is for partial refunds; None means the whole.
    """

    reference: str = Field(max_length=60)
    event: Literal["payment.confirmed", "payment.failed", "refund.made"]
    amount: int | None = Field(default=None, ge=1, le=100_000_000_000)


class RecordTransfer(Request, type="licensing.record-transfer", reply=Done):
    """Staff saw the money for an invoiced order on the bank account; works after an erasure too."""

    order_id: UUID


# ── Invoices ────────────────────────────────────────────────────────────────────────────────────


class Invoice(Message):
    """An invoice or correcting invoice as issued; money in grosze, `vat_rate` in hundredths of a percent."""

    invoice_id: UUID
    order_id: UUID
    number: str
    kind: Literal["invoice", "correction"]
    corrects: str | None
    issued_on: date
    sold_on: date
    due_on: date
    settled_on: date | None
    seller: str
    seller_nip: str
    buyer_name: str
    buyer_company: str
    buyer_nip: str
    buyer_street: str
    buyer_postal_code: str
    buyer_city: str
    buyer_country: str
    item: str
    quantity: int
    net: int
    vat: int
    gross: int
    vat_rate: int
    vat_note: str
    currency: str
    retain_until: date


class Invoices(Message):
    """A person's invoices, newest first."""

    invoices: tuple[Invoice, ...]


class ListInvoices(Request, type="licensing.list-invoices", reply=Invoices):
    """A member's own invoices."""

    subject_id: UUID


class ReadInvoice(Request, type="licensing.read-invoice", reply=Invoice):
    """One of a member's own invoices."""

    subject_id: UUID
    invoice_id: UUID


# ── Licenses ────────────────────────────────────────────────────────────────────────────────────


class Device(Message):
    """One device on which a license is active; the device itself is known as a hash only."""

    activation_id: UUID
    activated_at: datetime
    last_seen_at: datetime


class License(Message):
    """A license as its holder sees it; the key is masked."""

    license_id: UUID
    order_id: UUID
    product: str
    key: str
    state: LicenseState
    device_limit: int
    devices: tuple[Device, ...]
    issued_at: datetime
    expires_at: datetime | None


class Licenses(Message):
    """A person's licenses, newest first."""

    licenses: tuple[License, ...]


class ListLicenses(Request, type="licensing.list-licenses", reply=Licenses):
    """A member's own licenses."""

    subject_id: UUID


class RevealedKey(Message):
    """A license key in full."""

    key: str = Field(repr=False)


class RevealLicense(Request, type="licensing.reveal-license", reply=RevealedKey):
    """Show the key of one's own license."""

    subject_id: UUID
    license_id: UUID


class RotateLicense(Request, type="licensing.rotate-license", reply=RevealedKey):
    """Replace a leaked key; the contract goes on, the old key and its devices are void."""

    subject_id: UUID
    license_id: UUID


class EndLicense(Request, type="licensing.end-license", reply=Done):
    """End the contract of one's own license for good."""

    subject_id: UUID
    license_id: UUID


class SuspendLicense(Request, type="licensing.suspend-license", reply=Done):
    """Staff suspend a license, or reinstate it."""

    license_id: UUID
    suspended: bool = True


Code = Literal[
    "VALID", "NOT_FOUND", "ENDED", "SUSPENDED", "EXPIRED", "PRODUCT_MISMATCH", "NOT_ACTIVATED", "TOO_MANY_DEVICES"
]


class Validation(Message):
    """Whether a key may be used, and the one reason why not."""

    valid: bool
    code: Code
    product: str = ""
    expires_at: datetime | None = None
    devices: int = 0
    device_limit: int = 0


class ValidateLicense(Request, type="licensing.validate-license", reply=Validation):
    """May this key be used (on this device)? Asked by the vendor's program, without a session."""

    key: str = Field(min_length=1, max_length=100, repr=False)
    fingerprint: str = Field(default="", max_length=200, repr=False)
    product: str = Field(default="", max_length=40)


class ActivateLicense(Request, type="licensing.activate-license", reply=Validation):
    """Bind a device to a license, within its limit; repeating it changes nothing."""

    key: str = Field(min_length=1, max_length=100, repr=False)
    fingerprint: str = Field(min_length=8, max_length=200, repr=False)
    product: str = Field(default="", max_length=40)


class DeactivateLicense(Request, type="licensing.deactivate-license", reply=Done):
    """Free the seat of a device; 404 when the key is unknown."""

    key: str = Field(min_length=1, max_length=100, repr=False)
    fingerprint: str = Field(min_length=8, max_length=200, repr=False)


class DeactivateDevice(Request, type="licensing.deactivate-device", reply=Done):
    """The holder frees the seat of a device that is lost or broken."""

    subject_id: UUID
    license_id: UUID
    activation_id: UUID
