"""Invoices."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Base64Bytes

from shared.contracts.actors import Member, Staff
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.message import Event, Message, Request


class InvoiceIssued(Event, type="licensing.invoice-issued.v1", late="statutory", carries=("D9",)):
    """An invoice or a correcting invoice was issued."""

    subject_id: UUID
    invoice_id: UUID
    kind: Literal["invoice", "correction"]


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
    buyer_vat_number: str = ""
    bank_account: str = ""
    seller_address: str = ""
    cause: Literal["", "refund", "buyer"] = ""
    """Why it corrects another: money went back, or the buyer was named wrongly."""
    ksef_number: str = ""
    """What KSeF gave it; empty before that, and where it does not go there."""
    ksef_link: str = ""
    """Where anybody verifies the document that KSeF has."""


class Invoices(Message):
    """A person's invoices, newest first."""

    invoices: tuple[Invoice, ...]


class ListInvoices(Request[Invoices], type="licensing.list-invoices", askers=("gateway",), actor=Member()):
    """A member's own invoices."""

    subject_id: Acting = NOBODY


class ReadInvoice(Request[Invoice], type="licensing.read-invoice", askers=("gateway",), actor=Member()):
    """One of a member's own invoices."""

    subject_id: Acting = NOBODY
    invoice_id: UUID


class InvoiceDocument(Message):
    """An invoice or correcting invoice as a PDF: as it was issued, and the same bytes each time."""

    number: str
    content: Base64Bytes


class ReadInvoiceDocument(
    Request[InvoiceDocument], type="licensing.read-invoice-document", askers=("gateway",), actor=Member()
):
    """One of a member's own invoices as a document."""

    subject_id: Acting = NOBODY
    invoice_id: UUID


class LookAtInvoice(
    Request[InvoiceDocument], type="licensing.look-at-invoice", askers=("gateway",), actor=Staff("finance", "support")
):
    """Anybody's invoice as a document, also after an erasure. Who looked at which one is in the audit."""

    invoice_id: UUID
