"""Telling the vendor's own systems what happened to sales and licenses."""

import asyncio

from cryptography.fernet import InvalidToken

from services.licensing.licenses.keys import KeyMint
from services.licensing.webhooks import rules, store
from services.licensing.webhooks.rules import Delivery
from shared.database import Database, Transaction
from shared.observability import log
from shared.purposes import Purpose
from shared.seals import unseal
from shared.webhooks.posting import Sender, post
from shared.webhooks.signing import Target, Tried, wait_s

BATCH = 20
LEASE_S = 120.0


async def deliver(database: Database, sender: Sender, mint: KeyMint) -> bool:
    """Side by side: a system that is slow holds up no other."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        due = await store.lease(tx, BATCH, LEASE_S)
    told = False
    for answering in asyncio.as_completed([_tell(sender, mint, delivery) for delivery in due]):
        delivery, tried = await answering
        async with database.transaction(Purpose.UPKEEP) as tx:
            await _note(tx, delivery, tried)
        told = told or not tried.fault
    return told and len(due) == BATCH


async def _tell(sender: Sender, mint: KeyMint, delivery: Delivery) -> tuple[Delivery, Tried]:
    try:
        secret = unseal(mint.keyring, rules.SEALED_FOR, delivery.sealed_secret)
    except InvalidToken:
        return delivery, Tried("no key")
    target = Target(delivery.url, (secret,))
    return delivery, await post(sender, target, delivery.event_id, rules.body(delivery))


async def _note(tx: Transaction, delivery: Delivery, tried: Tried) -> None:
    if not tried.fault:
        await store.delivered(tx, delivery)
        return
    over = rules.is_over(tried, delivery.attempts)
    await store.failed(tx, delivery, tried.fault, wait_s(tried, delivery.attempts), over=over)
    if not await store.unheard(tx, delivery.endpoint_id, tried.fault, tried.rest_s, gone=tried.for_good):
        log.error("webhook endpoint disabled", reason=tried.fault)
