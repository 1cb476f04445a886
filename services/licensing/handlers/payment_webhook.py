"""What the payment provider tells. Done means committed; every refusal makes the provider send it again."""

from services.licensing.fulfilment import Vendor
from services.licensing.payments import webhook
from services.licensing.payments.provider import Provider
from shared.contracts.licensing import PaymentWebhook
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(PaymentWebhook, purpose=Purpose.CONTRACT, prepare=webhook.prepare)
async def take_webhook(
    _request: PaymentWebhook,
    tx: Transaction,
    prepared: webhook.Received,
    provider: Provider,
    vendor: Vendor,
) -> Done:
    await webhook.apply(tx, prepared, provider, vendor)
    return Done()
