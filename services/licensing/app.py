"""The licensing service: catalogue, orders, payments, invoices, licenses, devices."""

from typing import Any

from services.licensing import catalogue, ordering, upkeep, webhook
from services.licensing.data_map import DATA_MAP
from services.licensing.invoices import handlers as invoices
from services.licensing.licenses import by_key
from services.licensing.licenses import handlers as licenses
from services.licensing.licenses.delivery import Keys
from services.licensing.payments import handlers as payments
from services.licensing.payments import returns
from services.licensing.payments.sandbox import Sandbox
from services.licensing.sealing import Seal
from services.licensing.settings import LicensingSettings
from services.licensing.settling import settle
from shared.loops import Loop
from shared.messaging.router import ServiceRouter
from shared.personal_data.erasure import Eraser
from shared.service import Resources, Service

router = ServiceRouter("licensing")
router.include(catalogue.router, ordering.router, payments.router, webhook.router)
router.include(invoices.router, licenses.router, by_key.router)


def sandbox(settings: LicensingSettings) -> Sandbox:
    return Sandbox(
        settings.payment_provider, settings.webhook_secret, settings.payment_tolerance_s, settings.public_url
    )


def wire(resources: Resources) -> dict[str, Any]:
    built_in = sandbox(resources.settings)
    seal = Seal(resources.settings.sealing_key.get_secret_value())
    return {"sandbox": built_in, "provider": built_in.provider(), "mint": Keys(seal)}


def jobs(settings: LicensingSettings) -> list[Loop]:
    return [Loop(returns.LOOP, returns.send_back, 30.0), Loop("upkeep", upkeep.step, settings.notices_every_s)]


SERVICE = Service("licensing", router, Eraser(DATA_MAP, settle), settings=LicensingSettings, wire=wire, jobs=jobs)

if __name__ == "__main__":
    SERVICE.main()
