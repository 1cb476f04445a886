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
    ksef,
    license_keys,
    licenses,
    look_up,
    measures,
    orders,
    payment_webhook,
    payments,
    refunds,
    sandbox,
    staff_cases,
    terms,
    trials,
    webhooks,
    withdrawals,
)
from services.licensing.invoices.rules import Seller
from services.licensing.jobs import (
    due_dates,
    older_invoices,
    returned_payments,
    submissions,
    unheard_payments,
    webhook_deliveries,
)
from services.licensing.licenses.keys import KeyMint
from services.licensing.licenses.offline import Notary
from services.licensing.payments import stripe_checkout
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
from shared.webhooks.posting import Sender

router = ServiceRouter("licensing")
router.include(catalogue.router, orders.router, payments.router, payment_webhook.router, sandbox.router)
router.include(invoices.router, licenses.router, license_keys.router, terms.router)
router.include(staff_cases.router, corrections.router, contract_holders.router, agreements.router)
router.include(withdrawals.router, refunds.router, accounting.router, measures.router, look_up.router)
router.include(ksef.router, webhooks.router, trials.router)


def wire(resources: Resources) -> dict[str, Any]:
    settings: LicensingSettings = resources.settings
    mint = KeyMint(settings.keyring("licensing"))
    seller = Seller(settings.seller, settings.seller_nip, settings.seller_address)
    transfer = TransferTerms(settings.bank_account, settings.days_to_pay, settings.credit_limit)
    return {
        **_provider(settings),
        "mint": mint,
        "notary": Notary(settings.license_signing, settings.offline),
        "ksef": settings.ksef,
        "sender": Sender(settings.webhook_limit_s, settings.local_webhooks),
        "bookkeeper": settings.bookkeeper,
        "vendor": Vendor(mint, seller, transfer, published()),
        "taxation": Taxation(settings.taxes, opened(settings.country_database)),
    }


def _provider(settings: LicensingSettings) -> dict[str, Any]:
    """The adapter that is chosen; the sandbox stands beside its port, for who plays it."""
    if settings.payment_adapter == "stripe":
        stripe = stripe_checkout.opened(settings.stripe)
        return {"sandbox": None, "stripe": stripe, "provider": stripe.provider()}
    if settings.payment_adapter == "none":
        return {"sandbox": None, "provider": no_provider()}
    sandbox = Sandbox(settings.payment_provider, settings.webhook_secret, settings.public_url)
    return {"sandbox": sandbox, "provider": sandbox.provider()}


def jobs(settings: LicensingSettings) -> list[Loop]:
    return [
        Loop(RETURNED_PAYMENTS, returned_payments.send_back, 30.0),
        Loop("unheard payments", unheard_payments.ask, 300.0),
        Loop("due dates", due_dates.step, settings.notices_every_s),
        Loop("webhooks", webhook_deliveries.deliver, settings.webhooks_every_s),
        Loop(submissions.SUBMISSIONS, submissions.step, settings.ksef_every_s),
        Loop("sellers of older invoices", older_invoices.name_sellers, settings.notices_every_s),
    ]


SERVICE = Service("licensing", router, ERASER, settings=LicensingSettings, wire=wire, jobs=jobs, ends=RETENTION)

if __name__ == "__main__":
    SERVICE.main()
