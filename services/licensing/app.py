"""The licensing service: catalogue, orders, payments, invoices, licenses, devices."""

from typing import Any

from services.licensing.erasure import ERASER
from services.licensing.fulfilment import TransferTerms, Vendor
from services.licensing.handlers import (
    accounting,
    agreements,
    catalogue,
    contract_holders,
    corrections,
    invoices,
    license_keys,
    licenses,
    orders,
    payment_webhook,
    payments,
    refunds,
    sandbox,
    staff_cases,
    terms,
    trials,
    withdrawals,
)
from services.licensing.invoices.rules import Seller
from services.licensing.jobs import due_dates, older_invoices, returned_payments
from services.licensing.licenses.keys import KeyMint
from services.licensing.licenses.offline import Notary
from services.licensing.payments.provider import no_provider
from services.licensing.payments.sandbox import Sandbox
from services.licensing.payments.store import RETURNED_PAYMENTS
from services.licensing.retention import RETENTION
from services.licensing.settings import LicensingSettings
from services.licensing.terms.editions import published
from services.licensing.vat.countries import Taxation, opened
from shared.loops import Loop
from shared.messaging.router import ServiceRouter
from shared.service import Resources, Service

router = ServiceRouter("licensing")
router.include(catalogue.router, orders.router, payments.router, payment_webhook.router, sandbox.router)
router.include(invoices.router, licenses.router, license_keys.router, terms.router)
router.include(staff_cases.router, corrections.router, contract_holders.router, agreements.router)
router.include(withdrawals.router, refunds.router, accounting.router, trials.router)


def wire(resources: Resources) -> dict[str, Any]:
    settings: LicensingSettings = resources.settings
    sandbox = Sandbox(settings.payment_provider, settings.webhook_secret, settings.public_url)
    mint = KeyMint(settings.keyring("licensing"))
    seller = Seller(settings.seller, settings.seller_nip, settings.seller_address)
    transfer = TransferTerms(settings.bank_account, settings.days_to_pay, settings.credit_limit)
    chosen = settings.payment_adapter == "sandbox"
    return {
        "sandbox": sandbox if chosen else None,
        "provider": sandbox.provider() if chosen else no_provider(),
        "mint": mint,
        "notary": Notary(settings.license_signing, settings.offline),
        "bookkeeper": settings.bookkeeper,
        "vendor": Vendor(mint, seller, transfer, published()),
        "taxation": Taxation(settings.taxes, opened(settings.country_database)),
    }


def jobs(settings: LicensingSettings) -> list[Loop]:
    return [
        Loop(RETURNED_PAYMENTS, returned_payments.send_back, 30.0),
        Loop("due dates", due_dates.step, settings.notices_every_s),
        Loop("sellers of older invoices", older_invoices.name_sellers, settings.notices_every_s),
    ]


SERVICE = Service("licensing", router, ERASER, settings=LicensingSettings, wire=wire, jobs=jobs, ends=RETENTION)

if __name__ == "__main__":
    SERVICE.main()
