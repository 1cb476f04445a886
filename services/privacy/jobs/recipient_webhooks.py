"""Telling recipients by webhook (GDPR Art. 19): a POST for each notice, tried for three days, then somebody's task."""

import asyncio
from collections.abc import Sequence

from services.privacy.recipients import rules, store, webhooks
from services.privacy.recipients.store import Notice, Reference
from services.privacy.recipients.webhooks import Webhooks
from services.privacy.register.model import Register
from shared.contracts.privacy import Disclosure
from shared.database import Database, Transaction
from shared.observability import log
from shared.purposes import Purpose
from shared.webhooks.posting import post
from shared.webhooks.signing import Tried, wait_s

AT_ONCE = 10
"""To one recipient: one that is slow holds up no other."""


async def post_webhooks(database: Database, posting: Webhooks, register: Register) -> bool:
    async with database.transaction(Purpose.RIGHTS) as tx:
        due = await store.lease_posts(tx, list(posting.targets), AT_ONCE)
        known = await store.references(tx, [notice.notice_id for notice in due], rules.names(register))
    told = False
    for answering in asyncio.as_completed([_tell(posting, register, notice, known) for notice in due]):
        notice, tried = await answering
        async with database.transaction(Purpose.RIGHTS) as tx:
            await _note(tx, notice, tried)
        told = told or not tried.fault
    return told


async def _tell(
    posting: Webhooks, register: Register, notice: Notice, known: Sequence[Reference]
) -> tuple[Notice, Tried]:
    """Nothing is told about a disclosure without a reference: the recipient could not say whom it is about."""
    disclosures = [
        Disclosure(reference=each.reference, day=each.day, categories=tuple(each.categories))
        for each in known
        if each.reference and each.notice_id == notice.notice_id
    ]
    content = webhooks.body(notice.about, disclosures, register, notice.written_at, lifted=notice.lifted)
    return notice, await post(posting, posting.targets[notice.recipient], notice.notice_id, content)


async def _note(tx: Transaction, notice: Notice, tried: Tried) -> None:
    if not tried.fault:
        await store.acknowledged(tx, notice.notice_id)
        return
    log.warning("recipient not told", recipient=notice.recipient, reason=tried.fault, attempt=notice.attempts)
    if webhooks.is_over(tried, notice.attempts):
        await store.by_hand(tx, [notice.notice_id], tried.fault)
    else:
        await store.failed(tx, notice.notice_id, tried.fault, wait_s(tried, notice.attempts))
    if tried.rest_s:
        await store.rest(tx, notice.recipient, tried.rest_s)
