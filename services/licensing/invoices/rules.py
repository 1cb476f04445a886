"""What an invoice says: pure decisions."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from services.licensing.money import amount_text
from services.licensing.orders.rules import Order
from shared.law.retention import Retention, sale

Series = Literal["FV", "KOR"]
COUNTED_BY_MONTH_SINCE = 2027


@dataclass(frozen=True)
class Seller:
    """Who sells, as an invoice names it (VAT Act art. 106e(1)(3))."""

    name: str
    nip: str
    address: str


@dataclass(frozen=True)
class Invoice:
    """A stored invoice; `corrects` is the number of the corrected one, `cause` why.

    `ksef_link` verifies the document that KSeF gets, `ksef_number` is what it gave.
    """

    invoice_id: UUID
    order_id: UUID
    number: str
    kind: Literal["invoice", "correction"]
    cause: Literal["", "refund", "buyer"]
    corrects: str | None
    issued_on: date
    sold_on: date
    due_on: date
    settled_on: date | None
    bank_account: str
    seller: str
    seller_nip: str
    seller_address: str
    currency: str
    buyer_name: str
    buyer_company: str
    buyer_nip: str
    buyer_vat_number: str
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
    retain_until: date
    ksef_number: str = ""
    ksef_link: str = ""
    ksef_certificate_link: str = ""


def counter(series: Series, issued_on: date) -> str:
    """What counts the documents of a series: one counter for each month, until 2026 one for a whole year.

    A year that was begun is counted to its end as it was: its numbers would otherwise be given twice.
    """
    return series if issued_on.year < COUNTED_BY_MONTH_SINCE else f"{series}/{issued_on:%Y/%m}"


def number(series: Series, issued_on: date, count: int) -> str:
    """The number of the `count`-th document that a counter counts (VAT Act art. 106e(1)(2))."""
    return f"{series}/{issued_on:%Y}/{issued_on:%m}/{count:04d}"


@dataclass(frozen=True)
class Payable:
    """When an invoice is to be paid, and to which account."""

    issued_on: date
    due_on: date
    settled_on: date | None
    bank_account: str


def paid(today: date) -> Payable:
    """The money was there before the invoice."""
    return Payable(today, today, today, "")


def on_account(today: date, days_to_pay: int, bank_account: str) -> Payable:
    return Payable(today, today + timedelta(days=days_to_pay), None, bank_account)


def demand(number: str, gross: int, due_on: date, bank_account: str) -> dict[str, str]:
    """What a letter says to somebody who is to pay an invoice."""
    return {"invoice": number, "amount": amount_text(gross), "due_on": due_on.isoformat(), "account": bank_account}


def retention(order: Order, sold_on: date) -> Retention:
    """Until when the records of a sale are kept (R-TAX, R-OSS)."""
    return sale(sold_on, declared_in_oss=order.vat_treatment == "oss")


@dataclass(frozen=True)
class Correction:
    """What a refund takes back from an invoice, in grosze; negative when the refund is taken back itself."""

    net: int
    vat: int
    gross: int


def correction(order: Order, amount: int) -> Correction:
    """Split a refund into net and VAT so that many refunds add up to the whole, also when some are taken back."""
    net = _net_of(order, order.refunded + amount) - _net_of(order, order.refunded)
    return Correction(net, amount - net, amount)


def _net_of(order: Order, gross: int) -> int:
    return (2 * gross * order.net + order.gross) // (2 * order.gross)
