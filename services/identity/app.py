"""The identity service: accounts, sessions, who is who, service mail."""

from typing import Any

from services.identity import activity, links, password_changes, profile, recognition, sessions, signing_in
from services.identity.delivery import Delivery
from services.identity.erasing import ERASER
from services.identity.housekeeping import INTERVAL_S, forget
from services.identity.keys import Keys
from services.identity.passwords import Passwords
from services.identity.service_mail import handlers as service_mail
from services.identity.service_mail.sending import send_due
from services.identity.service_mail.store import SENDER
from services.identity.settings import IdentitySettings
from services.identity.signups import handlers as signups
from services.identity.signups.codes import mail_codes
from shared.loops import Loop
from shared.mail.mailer import Mailer
from shared.messaging.router import ServiceRouter
from shared.service import Resources, Service

router = ServiceRouter("identity")
router.include(signups.router, signing_in.router, sessions.router, password_changes.router)
router.include(profile.router, activity.router, recognition.router, links.router, service_mail.router)


def wire(resources: Resources) -> dict[str, Any]:
    settings: IdentitySettings = resources.settings
    return {
        "keys": Keys(settings.address_key.get_secret_value()),
        "passwords": Passwords(settings),
        "delivery": Delivery(Mailer(settings.smtp_url, settings.mail_sender)),
    }


def jobs(_settings: IdentitySettings) -> list[Loop]:
    return [Loop("codes", mail_codes), Loop(SENDER, send_due), Loop("expiry", forget, INTERVAL_S)]


SERVICE = Service("identity", router, ERASER, settings=IdentitySettings, wire=wire, jobs=jobs)

if __name__ == "__main__":
    SERVICE.main()
