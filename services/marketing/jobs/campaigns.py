"""Campaigns are planned page by page and sent a few mails at a time."""

import asyncio

from services.marketing.campaigns import delivery, store
from services.marketing.campaigns.delivery import Sender
from services.marketing.campaigns.plan import plan_page
from shared.database import Database
from shared.purposes import Purpose


async def send_campaigns(database: Database, sender: Sender) -> bool:
    """Raises MailFailed when the mail server is away, so that the loop backs off."""
    if await plan_page(database):
        return True
    async with database.transaction(Purpose.UPKEEP) as tx:
        await store.resume_due(tx)
        if not await store.any_under_way(tx):
            return False
    turns = (delivery.send_next(sender) for _ in range(sender.settings.send_concurrency))
    results = await asyncio.gather(*turns, return_exceptions=True)
    if failures := [result for result in results if isinstance(result, BaseException)]:
        raise failures[0]
    if any(results):
        return True
    await delivery.finish(sender)
    return False
