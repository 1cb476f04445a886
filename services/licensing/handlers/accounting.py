"""Handing the books over to the accountant."""

from datetime import timedelta

from services.licensing.accounting import rules, store
from services.licensing.accounting.disclosing import disclose
from services.licensing.accounting.tables import csv_text
from services.licensing.vat.rules import NOTES
from shared.contracts import licensing
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import ProcessingPurpose, Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ExportVatRegister, purpose=Purpose.LEGAL_DUTY)
async def export_vat_register(
    request: licensing.ExportVatRegister, tx: Transaction, bookkeeper: str
) -> licensing.Export:
    issued = await store.issued(tx, *rules.days_of_month(request.month))
    sales = [sale for sale in issued if rules.in_register(sale)]
    content = csv_text(rules.REGISTER, rules.register(sales))
    reference = disclose(tx, sales, bookkeeper, ProcessingPurpose.TAXES)
    return licensing.Export(name=f"vat-register-{request.month}.csv", content=content, reference=reference)


@router.request(licensing.ExportOssReturn, purpose=Purpose.LEGAL_DUTY)
async def export_oss_return(request: licensing.ExportOssReturn, tx: Transaction) -> licensing.Export:
    rates = {rate.quarter: rate.pln_per_eur for rate in request.rates}
    sales = await store.issued(tx, *rules.days_of_quarter(request.quarter), NOTES["oss"])
    content = csv_text(rules.OSS, rules.oss_return(sales, request.quarter, rates))
    return licensing.Export(name=f"oss-return-{request.quarter}.csv", content=content)


@router.request(licensing.ExportLedger, purpose=Purpose.LEGAL_DUTY)
async def export_ledger(request: licensing.ExportLedger, tx: Transaction, bookkeeper: str) -> licensing.Export:
    rules.check_days(request.first_day, request.last_day)
    sales = await store.issued(tx, request.first_day, request.last_day + timedelta(days=1))
    content = csv_text(rules.LEDGER, rules.ledger(sales))
    reference = disclose(tx, sales, bookkeeper, ProcessingPurpose.ACCOUNTING)
    name = f"ledger-{request.first_day}-{request.last_day}.csv"
    return licensing.Export(name=name, content=content, reference=reference)
