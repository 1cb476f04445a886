"""The marketing service: newsletter, interests, campaigns."""

from typing import Any

from services.marketing.audience import AUDIENCE
from services.marketing.campaigns.delivery import Sender, even_limiter
from services.marketing.campaigns.store import CAMPAIGNS
from services.marketing.consent_texts import ConsentTexts
from services.marketing.erasure import ERASER
from services.marketing.handlers import campaigns, interests, newsletter
from services.marketing.jobs import address_hashes, audience, expiry
from services.marketing.jobs.campaigns import send_campaigns
from services.marketing.jobs.confirmations import send_confirmations
from services.marketing.retention import RETENTION
from services.marketing.settings import MarketingSettings
from services.marketing.sign_ups import CONFIRMATIONS
from shared.loops import Loop
from shared.mail.mailer import Mailer
from shared.messaging.router import ServiceRouter
from shared.service import Resources, Service

router = ServiceRouter("marketing")
router.include(newsletter.router, interests.router, campaigns.router)


def wire(resources: Resources) -> dict[str, Any]:
    settings: MarketingSettings = resources.settings
    keyring = settings.keyring("marketing")
    mailer = Mailer(settings.smtp_url, settings.mail_sender, keeps=settings.send_concurrency)
    sender = Sender(resources.database, mailer, keyring, settings, even_limiter(settings.mails_per_second))
    return {"keyring": keyring, "texts": ConsentTexts(resources.client), "mailer": mailer, "sender": sender}


def jobs(_settings: MarketingSettings) -> list[Loop]:
    return [
        Loop(CONFIRMATIONS, send_confirmations),
        Loop(CAMPAIGNS, send_campaigns),
        Loop(AUDIENCE, audience.reconcile_audience, audience.INTERVAL_S),
        Loop("expiry", expiry.expire, expiry.INTERVAL_S),
        Loop("address hashes", address_hashes.renew_address_hashes, address_hashes.INTERVAL_S),
    ]


SERVICE = Service("marketing", router, ERASER, settings=MarketingSettings, wire=wire, jobs=jobs, ends=RETENTION)

if __name__ == "__main__":
    SERVICE.main()
