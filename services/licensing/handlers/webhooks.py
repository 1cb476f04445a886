"""Which systems of the vendor's are told what, by staff."""

import base64
import secrets
from uuid import uuid4

from services.licensing.licenses.keys import KeyMint
from services.licensing.webhooks import rules, store
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from shared.seals import seal
from shared.secrets import WEBHOOK_PREFIX
from shared.webhooks.posting import Sender

router = ServiceRouter("licensing")


@router.request(licensing.AddWebhookEndpoint, purpose=Purpose.UPKEEP)
async def add_endpoint(
    request: licensing.AddWebhookEndpoint, tx: Transaction, sender: Sender, mint: KeyMint
) -> licensing.NewWebhookEndpoint:
    rules.check(request.url, request.types, local=sender.local)
    endpoint_id, secret = uuid4(), WEBHOOK_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    await store.add(tx, endpoint_id, request.url, request.types, seal(mint.keyring, rules.SEALED_FOR, secret))
    return licensing.NewWebhookEndpoint(endpoint_id=endpoint_id, secret=secret)


@router.request(licensing.RemoveWebhookEndpoint, purpose=Purpose.UPKEEP)
async def remove_endpoint(request: licensing.RemoveWebhookEndpoint, tx: Transaction) -> Done:
    await store.remove(tx, request.endpoint_id)
    return Done()


@router.request(licensing.EnableWebhookEndpoint, purpose=Purpose.UPKEEP)
async def enable_endpoint(request: licensing.EnableWebhookEndpoint, tx: Transaction) -> Done:
    await store.enable(tx, request.endpoint_id)
    return Done()


@router.request(licensing.ListWebhookEndpoints, purpose=Purpose.UPKEEP)
async def list_endpoints(_request: licensing.ListWebhookEndpoints, tx: Transaction) -> licensing.WebhookEndpoints:
    return licensing.WebhookEndpoints(endpoints=await store.endpoints(tx))


@router.request(licensing.ListWebhookDeliveries, purpose=Purpose.UPKEEP)
async def list_deliveries(request: licensing.ListWebhookDeliveries, tx: Transaction) -> licensing.WebhookDeliveries:
    found = await store.deliveries(tx, request.endpoint_id, request.state, request.limit)
    return licensing.WebhookDeliveries(deliveries=found)


@router.request(licensing.ReplayWebhookDelivery, purpose=Purpose.UPKEEP)
async def replay(request: licensing.ReplayWebhookDelivery, tx: Transaction) -> Done:
    await store.replay(tx, request.delivery_id)
    return Done()
