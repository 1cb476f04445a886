"""The privacy service: cases, orders, consents, evidence."""

from typing import Any

from services.privacy import participants, replication
from services.privacy.cases import handlers as cases
from services.privacy.cases.closing import ERASER
from services.privacy.orders import reports
from services.privacy.orders.dispatcher import dispatch
from services.privacy.orders.reminders import remind
from services.privacy.sealing import Seal
from services.privacy.settings import PrivacySettings
from shared.loops import Loop
from shared.messaging.router import ServiceRouter
from shared.service import Kit, Service

router = ServiceRouter("privacy")
router.include(participants.router, cases.router, reports.router, replication.router)


def wire(kit: Kit) -> dict[str, Any]:
    return {"seal": Seal(kit.settings.sealing_key.get_secret_value())}


def loops(kit: Kit) -> list[Loop]:
    settings: PrivacySettings = kit.settings
    return [
        Loop("dispatcher", lambda: dispatch(kit.database, settings.required)),
        Loop("reminders", lambda: remind(kit.database, settings.remind_after_s), settings.remind_after_s / 4),
    ]


SERVICE = Service("privacy", router, ERASER, settings=PrivacySettings, wire=wire, loops=loops, takes_orders=False)

if __name__ == "__main__":
    SERVICE.main()
