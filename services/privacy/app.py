"""The privacy service: cases, orders, consents, evidence."""

from typing import Any

from services.privacy import (
    certificates,
    consents,
    disclosures,
    links,
    participants,
    publishing,
    replication,
    unconfirmed,
)
from services.privacy.cases import handlers as cases
from services.privacy.cases.closing import ERASER
from services.privacy.letters import send_letters
from services.privacy.notice import handlers as notice
from services.privacy.orders import reports
from services.privacy.orders.dispatcher import dispatch
from services.privacy.orders.reminders import remind
from services.privacy.record import handlers as record
from services.privacy.register.loading import register
from services.privacy.sealing import Seal
from services.privacy.settings import PrivacySettings
from services.privacy.unconfirmed import send_codes
from shared.loops import Loop
from shared.mail import Mailer
from shared.messaging.router import ServiceRouter
from shared.service import Kit, Service

router = ServiceRouter("privacy")
router.include(participants.router, cases.router, unconfirmed.router, reports.router, certificates.router)
router.include(consents.router, disclosures.router, links.router, replication.router)
router.include(publishing.router, notice.router, record.router)


def wire(kit: Kit) -> dict[str, Any]:
    return {"seal": Seal(kit.settings.sealing_key.get_secret_value())}


def loops(kit: Kit) -> list[Loop]:
    settings: PrivacySettings = kit.settings
    seal = Seal(settings.sealing_key.get_secret_value())
    mailer = Mailer(settings.smtp_url, settings.mail_sender)
    known = register()  # a register that is not whole keeps privacy from starting
    return [
        Loop("dispatcher", lambda: dispatch(kit.database, settings.required)),
        Loop("reminders", lambda: remind(kit.database, settings.remind_after_s), settings.remind_after_s / 4),
        Loop("letters", lambda: send_letters(kit.database, mailer, seal, settings.mail_provider)),
        Loop("codes", lambda: send_codes(kit.database, mailer, seal)),
        Loop(
            "publishing",
            lambda: publishing.publish_what_changed(kit.database, known, settings.required),
            publishing.INTERVAL_S,
        ),
    ]


SERVICE = Service("privacy", router, ERASER, settings=PrivacySettings, wire=wire, loops=loops, takes_orders=False)

if __name__ == "__main__":
    SERVICE.main()
