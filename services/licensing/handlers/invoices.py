"""Showing invoices to their buyer."""

from dataclasses import asdict

from services.licensing.invoices import store
from services.licensing.invoices.rules import Invoice
from services.licensing.money import CURRENCY
from services.licensing.settings import LicensingSettings
from shared.contracts import licensing
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ListInvoices, purpose=Purpose.CONTRACT)
async def list_invoices(
    request: licensing.ListInvoices, tx: Transaction, settings: LicensingSettings
) -> licensing.Invoices:
    invoices = await store.of_person(tx, request.subject_id)
    return licensing.Invoices(invoices=tuple(_published(invoice, settings) for invoice in invoices))


@router.request(licensing.ReadInvoice, purpose=Purpose.CONTRACT)
async def read_invoice(
    request: licensing.ReadInvoice, tx: Transaction, settings: LicensingSettings
) -> licensing.Invoice:
    return _published(await store.one(tx, request.subject_id, request.invoice_id), settings)


def _published(invoice: Invoice, settings: LicensingSettings) -> licensing.Invoice:
    return licensing.Invoice(
        **asdict(invoice), seller=settings.seller, seller_nip=settings.seller_nip, currency=CURRENCY
    )
