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
from shared.mail import Mailer
from shared.messaging.router import ServiceRouter
from shared.service import Kit, Service

EXPIRY_INTERVAL_S = 3600.0
AUDIENCE_INTERVAL_S = 10.0

router = ServiceRouter("marketing")
router.include(signups.router, subscribers.router, interests.router, campaigns.router)


def wire(kit: Kit) -> dict[str, Any]:
    return {"keys": Keys(kit.settings.suppression_key.get_secret_value()), "texts": ConsentTexts(kit.ask)}


def loops(kit: Kit) -> list[Loop]:
    settings: MarketingSettings = kit.settings
    database, keys, texts = kit.database, Keys(settings.suppression_key.get_secret_value()), ConsentTexts(kit.ask)
    mailer = Mailer(settings.smtp_url, settings.mail_sender)
    sender = Sender(database, mailer, keys, settings)
    return [
        Loop("confirmations", lambda: send_confirmations(database, mailer, keys, texts, settings)),
        Loop("campaigns", sender.work),
        Loop("audience", lambda: look_after_audience(database, kit.ask, keys), AUDIENCE_INTERVAL_S),
        Loop("expiry", lambda: expire(database), EXPIRY_INTERVAL_S),
    ]


SERVICE = Service("marketing", router, ERASER, settings=MarketingSettings, wire=wire, loops=loops)

if __name__ == "__main__":
    SERVICE.main()
