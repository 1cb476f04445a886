"""Showing invoices to their buyer."""

from services.licensing.invoices import store
from services.licensing.settings import LicensingSettings
from shared.contracts import licensing
from shared.database import Row, Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ListInvoices, purpose=Purpose.CONTRACT)
async def list_invoices(
    request: licensing.ListInvoices, tx: Transaction, settings: LicensingSettings
) -> licensing.Invoices:
    """A member's invoices."""
    rows = await store.of_person(tx, request.subject_id)
    return licensing.Invoices(invoices=tuple(_shown(row, settings) for row in rows))


@router.request(licensing.ReadInvoice, purpose=Purpose.CONTRACT)
async def read_invoice(
    request: licensing.ReadInvoice, tx: Transaction, settings: LicensingSettings
) -> licensing.Invoice:
    """One invoice."""
    return _shown(await store.one(tx, request.subject_id, request.invoice_id), settings)


def _shown(row: Row, settings: LicensingSettings) -> licensing.Invoice:
    more = {
        "corrects": row["corrected"],
        "seller": settings.seller,
        "seller_nip": settings.seller_nip,
        "currency": "PLN",
    }
    return licensing.Invoice.model_validate(dict(row) | more)
