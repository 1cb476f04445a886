"""The identity service: accounts, sessions, who is who, service mail."""

from typing import Any

from services.identity.erasure import ERASER
from services.identity.failed_sign_ins import FAILED_SIGN_INS
from services.identity.handlers import (
    activity,
    corrections,
    email_changes,
    passwords,
    persons,
    profile,
    service_mail,
    sessions,
    sign_ups,
    staff,
)
from services.identity.jobs import address_hashes, dormant_accounts, expiry
from services.identity.jobs.failed_sign_ins import note_failures
from services.identity.jobs.mail_requests import decide_mail
from services.identity.jobs.service_mail import send_service_mail
from services.identity.jobs.sign_up_codes import mail_codes
from services.identity.keys_in_use import require_keys_in_use
from services.identity.mail_requests import MAIL_REQUESTS
from services.identity.passwords import Passwords
from services.identity.pending_addresses import CODES
from services.identity.retention import RETENTION
from services.identity.service_mail.store import SERVICE_MAIL
from services.identity.settings import IdentitySettings
from shared.assertions import Signer
from shared.loops import Loop
from shared.mail.mailer import Mailer
from shared.messaging.router import ServiceRouter
from shared.service import Resources, Service

router = ServiceRouter("identity")
router.include(sign_ups.router, sessions.router, passwords.router, profile.router)
router.include(email_changes.router, activity.router, persons.router, service_mail.router)
router.include(staff.router, corrections.router)


def wire(resources: Resources) -> dict[str, Any]:
    settings: IdentitySettings = resources.settings
    return {
        "keyring": settings.keyring("identity"),
        "signer": Signer.of(settings.assertion_signing_key.get_secret_value()),
        "passwords": Passwords(settings),
        "mailer": Mailer(settings.smtp_url, settings.mail_sender),
    }


def jobs(_settings: IdentitySettings) -> list[Loop]:
    return [
        Loop(MAIL_REQUESTS, decide_mail),
        Loop(CODES, mail_codes),
        Loop(FAILED_SIGN_INS, note_failures),
        Loop(SERVICE_MAIL, send_service_mail),
        Loop("expiry", expiry.expire, expiry.INTERVAL_S),
        Loop("dormant accounts", dormant_accounts.see_to_dormant, dormant_accounts.INTERVAL_S),
        Loop("address hashes", address_hashes.renew_address_hashes, address_hashes.INTERVAL_S),
    ]


SERVICE = Service(
    "identity",
    router,
    ERASER,
    settings=IdentitySettings,
    wire=wire,
    jobs=jobs,
    ends=RETENTION,
    check=require_keys_in_use,
)

if __name__ == "__main__":
    SERVICE.main()
