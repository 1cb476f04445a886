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
from shared.mail.mailer import Mailer
from shared.messaging.router import ServiceRouter
from shared.service import Resources, Service

router = ServiceRouter("privacy")
router.include(participants.router, cases.router, unconfirmed.router, reports.router, certificates.router)
router.include(consents.router, disclosures.router, links.router, replication.router)
router.include(publishing.router, notice.router, record.router)


def wire(resources: Resources) -> dict[str, Any]:
    settings: PrivacySettings = resources.settings
    return {
        "seal": Seal(settings.sealing_key.get_secret_value()),
        "mailer": Mailer(settings.smtp_url, settings.mail_sender),
        "provider": settings.mail_provider,
        "required": settings.required,
        "after_s": settings.remind_after_s,
        "register": register(),  # a register that is not whole keeps privacy from starting
    }


def jobs(settings: PrivacySettings) -> list[Loop]:
    return [
        Loop("dispatcher", dispatch),
        Loop("reminders", remind, settings.remind_after_s / 4),
        Loop("letters", send_letters),
        Loop("codes", send_codes),
        Loop("publishing", publishing.publish_what_changed, publishing.INTERVAL_S),
    ]


SERVICE = Service("privacy", router, ERASER, settings=PrivacySettings, wire=wire, jobs=jobs, takes_orders=False)

if __name__ == "__main__":
    SERVICE.main()
