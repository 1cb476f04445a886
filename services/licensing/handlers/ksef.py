"""What staff see of invoices on their way to KSeF."""

import asyncio

from services.licensing.invoices import document_rows
from services.licensing.ksef import rules, store
from shared.clock import today
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ListKsefInvoices, purpose=Purpose.CLAIMS)
async def list_ksef_invoices(request: licensing.ListKsefInvoices, tx: Transaction) -> licensing.KsefInvoices:
    waiting = await store.open_invoices(tx, request.limit)
    outages = await store.outages(tx, min((each.issued_on for each in waiting), default=today()))
    told = [rules.told(each, outages, today()) for each in waiting]
    return licensing.KsefInvoices(invoices=tuple(told))


@router.request(licensing.RetryKsefInvoice, purpose=Purpose.LEGAL_DUTY)
async def retry_ksef_invoice(request: licensing.RetryKsefInvoice, tx: Transaction) -> Done:
    await store.retry(tx, request.invoice_id)
    return Done()


@router.request(licensing.ReadKsefDocument, purpose=Purpose.CLAIMS)
async def read_ksef_document(request: licensing.ReadKsefDocument, tx: Transaction) -> licensing.KsefDocument:
    invoice, corrected = await document_rows.read(tx, request.invoice_id, None)
    stored = await store.one(tx, request.invoice_id)
    if stored is not None and stored.document is not None:
        return licensing.KsefDocument(number=invoice.number, content=stored.document)
    from services.licensing.ksef.documents import fa3  # noqa: PLC0415 its library is half of a service's start

    corrects = await store.number_of_corrected(tx, request.invoice_id)
    try:
        document = await asyncio.to_thread(fa3, invoice, corrected, corrects)
    except ValueError:
        raise refuse(409, "no document for KSeF can be made of this invoice", message="its schema refuses it") from None
    return licensing.KsefDocument(number=invoice.number, content=document.decode())


@router.request(licensing.ReadKsefReceipt, purpose=Purpose.CLAIMS)
async def read_ksef_receipt(request: licensing.ReadKsefReceipt, tx: Transaction) -> licensing.KsefDocument:
    invoice, _ = await document_rows.read(tx, request.invoice_id, None)
    stored = await store.one(tx, request.invoice_id)
    if stored is None or stored.receipt is None:
        raise refuse(404, "KSeF has not accepted this invoice")
    return licensing.KsefDocument(number=invoice.number, content=stored.receipt)
