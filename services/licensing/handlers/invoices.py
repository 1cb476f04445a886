"""Showing invoices to their buyer, and to staff."""

import asyncio
import base64
from dataclasses import asdict

from services.licensing.invoices import document_rows, store
from services.licensing.invoices.documents import Corrected, document
from services.licensing.invoices.rules import Invoice
from shared.contracts import licensing
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ListInvoices, purpose=Purpose.CONTRACT)
async def list_invoices(request: licensing.ListInvoices, tx: Transaction) -> licensing.Invoices:
    invoices = await store.of_person(tx, request.subject_id)
    return licensing.Invoices(invoices=tuple(licensing.Invoice(**asdict(invoice)) for invoice in invoices))


@router.request(licensing.ReadInvoice, purpose=Purpose.CONTRACT)
async def read_invoice(request: licensing.ReadInvoice, tx: Transaction) -> licensing.Invoice:
    return licensing.Invoice(**asdict(await store.one(tx, request.subject_id, request.invoice_id)))


@router.request(licensing.ReadInvoiceDocument, purpose=Purpose.CONTRACT)
async def read_document(request: licensing.ReadInvoiceDocument, tx: Transaction) -> licensing.InvoiceDocument:
    return await _document(*await document_rows.read(tx, request.invoice_id, request.subject_id))


@router.request(licensing.LookAtInvoice, purpose=Purpose.CLAIMS)
async def look_at_invoice(request: licensing.LookAtInvoice, tx: Transaction) -> licensing.InvoiceDocument:
    return await _document(*await document_rows.read(tx, request.invoice_id, None))


async def _document(invoice: Invoice, corrected: Corrected | None) -> licensing.InvoiceDocument:
    """Half a second of work, most of it fonts: in a thread, as others wait for answers meanwhile."""
    from services.licensing.invoices.pdf import pdf  # noqa: PLC0415 its library is a seventh of a service's start

    content = await asyncio.to_thread(pdf, document(invoice, corrected))
    return licensing.InvoiceDocument(number=invoice.number, content=base64.b64encode(content))
