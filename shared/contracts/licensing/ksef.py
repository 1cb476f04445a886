"""What the national system of e-invoices (KSeF) has of our invoices."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Staff
from shared.contracts.message import Done, Message, Request

KsefState = Literal["waiting", "sent", "rejected", "other document", "by hand"]


class KsefInvoice(Message):
    """An invoice that KSeF has not accepted.

    `due_on` is the last day for sending it, None while an outage of KSeF moves it. `fault` says by a code why it is not
    there; `rejected`, `other document` and `by hand` wait for staff.
    """

    invoice_id: UUID
    number: str
    kind: Literal["invoice", "correction"]
    issued_on: date
    due_on: date | None
    overdue: bool
    state: KsefState
    fault: str
    attempts: int


class KsefInvoices(Message):
    """The oldest first."""

    invoices: tuple[KsefInvoice, ...]


class ListKsefInvoices(
    Request[KsefInvoices], type="licensing.list-ksef-invoices", askers=("gateway",), actor=Staff("finance")
):
    """Invoices on their way to KSeF, and those that wait for staff; `limit` at a time."""

    limit: int = Field(default=100, ge=1, le=1000)


class RetryKsefInvoice(Request[Done], type="licensing.retry-ksef-invoice", askers=("gateway",), actor=Staff("finance")):
    """Send one again that KSeF rejected, or that no document could be made of. 409 for any other."""

    invoice_id: UUID


class KsefDocument(Message):
    """The document as KSeF takes it, or its receipt (UPO): XML in UTF-8."""

    number: str
    content: str


class ReadKsefDocument(
    Request[KsefDocument], type="licensing.read-ksef-document", askers=("gateway",), actor=Staff("finance", "support")
):
    """An invoice in the structure FA(3): as it was sent, or as it would be. Who looked at which one is in the audit."""

    invoice_id: UUID


class ReadKsefReceipt(
    Request[KsefDocument], type="licensing.read-ksef-receipt", askers=("gateway",), actor=Staff("finance", "support")
):
    """What KSeF confirmed when it took an invoice. 404 before that."""

    invoice_id: UUID
