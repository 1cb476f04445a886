"""Sending: at most once, and only to people who allow it at that very moment.

A mailing is marked `sending` and committed before the SMTP dialogue begins. During the dialogue one
transaction holds the person's permission: whoever withdraws waits for it, and after the withdrawal
nothing leaves. What a crash or a broken connection leaves undecided is reported as unknown and not
sent again. Claiming sees everybody; whom PostgreSQL hides by then is cancelled when the turn comes.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aiolimiter import AsyncLimiter

from services.marketing import links, subscribers, suppression
from services.marketing.campaigns import mailings, store
from services.marketing.campaigns.mailings import Draft, Mailing
from services.marketing.campaigns.rules import Ended, after_failure, pause_after, retry_wait_s
from services.marketing.mail_templates import LIST, unsubscribe_headers, with_footer
from services.marketing.settings import MarketingSettings
from shared.clock import now
from shared.contracts import participants
from shared.database import Database, Transaction
from shared.mail.delivery import Letter, send
from shared.mail.mailer import Mailer, MailFailed
from shared.personal_data.data_map import Category
from shared.personal_data.permissions import hold_permission
from shared.personal_data.subjects import Standing, lock_subject
from shared.purposes import ProcessingPurpose, Purpose
from shared.secrets import Keyring

CATEGORIES = (Category.EMAIL, Category.MARKETING)


@dataclass(frozen=True)
class Sender:
    """What a mailing needs to leave; the limiter spaces the mails of this process."""

    database: Database
    mailer: Mailer
    keyring: Keyring
    settings: MarketingSettings
    limiter: AsyncLimiter


def even_limiter(per_second: float) -> AsyncLimiter:
    """Turns at even distances, no burst."""
    return AsyncLimiter(1, 1 / per_second)


async def send_next(sender: Sender) -> bool:
    """Send one mail; False when none is due. Raises MailFailed when the mail server is away."""
    await sender.limiter.acquire()
    async with sender.database.transaction(Purpose.UPKEEP) as tx:
        mailing = await mailings.claim(tx)
    if mailing is None:
        return False
    failure = await _deliver(sender, mailing)
    if failure is not None and failure.outcome == "not sent" and failure.code is None:
        raise failure
    return True


async def _deliver(sender: Sender, mailing: Mailing) -> MailFailed | None:
    """Send one claimed mail under the person's permission and note how it ended."""
    async with sender.database.transaction(Purpose.MARKETING_EMAIL) as tx:
        if await lock_subject(tx, mailing.subject_id) is Standing.ERASED:
            return None
        draft = await _permitted(tx, sender.keyring, mailing)
        failure = await _send(sender, _letter(sender, mailing, draft)) if draft else None
        await tx.declare(Purpose.UPKEEP)
        if failure is None:
            await _end(tx, sender, mailing, "sent" if draft else "cancelled")
        else:
            await _note_failure(tx, sender, mailing, failure)
    return failure


async def _permitted(tx: Transaction, keyring: Keyring, mailing: Mailing) -> Draft | None:
    """What to write, if the person allows it; the permission is held until the transaction ends."""
    if not await hold_permission(tx, mailing.subject_id, Purpose.MARKETING_EMAIL):
        return None
    draft = await mailings.draft(tx, mailing)
    return None if draft is None or await suppression.is_suppressed(tx, keyring, draft.email) else draft


def _letter(sender: Sender, mailing: Mailing, draft: Draft) -> Letter:
    settings = sender.settings
    recipient = links.Recipient(mailing.subject_id, draft.address_hash)
    token = links.unsubscribe_token(sender.keyring, recipient, LIST)
    link = f"{settings.public_url}/newsletter/unsubscribe/{token}"
    return Letter(
        key=_key(mailing.campaign_id, mailing.subject_id),
        to=draft.email,
        subject=draft.subject,
        text=with_footer(draft.body, draft.language, draft.since.date(), link, settings.controller, draft.ends_on),
        headers=unsubscribe_headers(link, sender.mailer.domain),
    )


def _key(campaign_id: UUID, subject_id: UUID) -> str:
    """The mail's own name, by which the mail provider knows it."""
    return f"{campaign_id}.{subject_id}"


async def _send(sender: Sender, letter: Letter) -> MailFailed | None:
    try:
        await send(sender.mailer, letter)
    except MailFailed as failure:
        return failure
    return None


async def _end(tx: Transaction, sender: Sender, mailing: Mailing, ended: Ended) -> None:
    await mailings.end(tx, mailing, ended)
    if ended in ("sent", "unknown"):
        tx.publish(_disclosed(sender, mailing.campaign_id, mailing.subject_id, now()))


async def _note_failure(tx: Transaction, sender: Sender, mailing: Mailing, failure: MailFailed) -> None:
    if pause := pause_after(failure, mailing.attempts):
        await store.pause(tx, mailing.campaign_id, pause)
    transition = after_failure(failure, mailing.attempts)
    if transition.state == "queued":
        wait_s = retry_wait_s(transition, mailing.attempts)
        await mailings.postpone(tx, mailing, wait_s, counts=transition.counts)
        return
    await _end(tx, sender, mailing, transition.state)
    if transition.no_such_mailbox:
        await subscribers.mark_unreachable(tx, mailing.subject_id)


def _disclosed(sender: Sender, campaign_id: UUID, subject_id: UUID, at: datetime) -> participants.Disclosed:
    return participants.Disclosed(
        subject_id=subject_id,
        recipient=sender.settings.recipient,
        purpose=ProcessingPurpose.COMMERCIAL_MESSAGES,
        categories=CATEGORIES,
        disclosed_at=at,
        reference=sender.mailer.message_id(_key(campaign_id, subject_id)),
    )


async def finish(sender: Sender) -> None:
    """Give up what a crash left undecided, and finish campaigns that have no mail left to send."""
    async with sender.database.transaction(Purpose.UPKEEP) as tx:
        for abandoned in await mailings.abandon(tx):
            tx.publish(_disclosed(sender, abandoned.campaign_id, abandoned.subject_id, abandoned.claimed_at))
    async with sender.database.transaction(Purpose.UPKEEP) as tx:
        await store.finish(tx)
