"""Showing invoices to their buyer."""

from dataclasses import asdict

from services.licensing.invoices import store
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
