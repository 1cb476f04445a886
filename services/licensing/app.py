"""The licensing service: catalogue, orders, payments, invoices, licenses, devices."""

from typing import Any

from services.licensing.erasure import ERASER
from services.licensing.handlers import (
    catalogue,
    invoices,
    license_keys,
    licenses,
    orders,
    payment_webhook,
    payments,
    sandbox,
)
from services.licensing.jobs import due_dates, returned_payments
from services.licensing.licenses.keys import KeyMint
from services.licensing.payments.provider import no_provider
from services.licensing.payments.sandbox import Sandbox
from services.licensing.payments.store import RETURNED_PAYMENTS
from services.licensing.settings import LicensingSettings
from shared.loops import Loop
from shared.messaging.router import ServiceRouter
from shared.service import Resources, Service

router = ServiceRouter("licensing")
router.include(catalogue.router, orders.router, payments.router, payment_webhook.router, sandbox.router)
router.include(invoices.router, licenses.router, license_keys.router)


def wire(resources: Resources) -> dict[str, Any]:
    settings: LicensingSettings = resources.settings
    sandbox = Sandbox(settings.payment_provider, settings.webhook_secret, settings.public_url)
    chosen = settings.payment_adapter == "sandbox"
    return {
        "sandbox": sandbox if chosen else None,
        "provider": sandbox.provider() if chosen else no_provider(),
        "mint": KeyMint(settings.keyring("licensing")),
    }


def jobs(settings: LicensingSettings) -> list[Loop]:
    return [
        Loop(RETURNED_PAYMENTS, returned_payments.send_back, 30.0),
        Loop("due dates", due_dates.step, settings.notices_every_s),
    ]


SERVICE = Service("licensing", router, ERASER, settings=LicensingSettings, wire=wire, jobs=jobs)

if __name__ == "__main__":
    SERVICE.main()
