"""The marketing service: newsletter, interests, campaigns."""

from typing import Any

from services.marketing import interests, signups, subscribers
from services.marketing.audience import look_after_audience
from services.marketing.campaigns import handlers as campaigns
from services.marketing.campaigns.sending import Sender
from services.marketing.erasing import ERASER
from services.marketing.expiry import expire
from services.marketing.keys import Keys
from services.marketing.settings import MarketingSettings
from services.marketing.signups import send_confirmations
from services.marketing.texts import ConsentTexts
from shared.loops import Loop
from shared.mail.mailer import Mailer
from shared.messaging.router import ServiceRouter
from shared.service import Resources, Service

EXPIRY_INTERVAL_S = 3600.0
AUDIENCE_INTERVAL_S = 10.0

router = ServiceRouter("marketing")
router.include(signups.router, subscribers.router, interests.router, campaigns.router)


def wire(resources: Resources) -> dict[str, Any]:
    settings: MarketingSettings = resources.settings
    keys, mailer = Keys(settings.suppression_key.get_secret_value()), Mailer(settings.smtp_url, settings.mail_sender)
    sender = Sender(resources.database, mailer, keys, settings)
    return {"keys": keys, "texts": ConsentTexts(resources.client), "mailer": mailer, "sender": sender}


def jobs(_settings: MarketingSettings) -> list[Loop]:
    return [
        Loop("confirmations", send_confirmations),
        Loop("campaigns", send_campaigns),
        Loop("audience", look_after_audience, AUDIENCE_INTERVAL_S),
        Loop("expiry", expire, EXPIRY_INTERVAL_S),
    ]


async def send_campaigns(sender: Sender) -> bool:
    return await sender.work()


SERVICE = Service("marketing", router, ERASER, settings=MarketingSettings, wire=wire, jobs=jobs)

if __name__ == "__main__":
    SERVICE.main()
