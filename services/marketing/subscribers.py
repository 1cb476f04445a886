"""Subscribers: joining by a confirmed address, leaving by one click (RFC 8058, GDPR Art. 7(3), 21(2)-(3))."""

from typing import Literal
from uuid import UUID

from services.marketing.keys import Keys
from services.marketing.words import LIST
from shared.clock import now, today
from shared.contracts import identity, marketing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.law import retention
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("marketing")

Source = Literal["double opt-in", "account"]

STORE = """
INSERT INTO subscriber (subject_id, state, email, address_hash, language, source, since, keep_until)
VALUES ($1, 'subscribed', $2, $3, $4, $5, now(), $6)
ON CONFLICT (subject_id) DO UPDATE SET state = 'subscribed', email = excluded.email,
  address_hash = excluded.address_hash, language = excluded.language, source = excluded.source,
  since = CASE WHEN subscriber.state = 'subscribed' THEN subscriber.since ELSE excluded.since END,
  left_at = NULL, stale = false, keep_until = excluded.keep_until
"""
READMIT = "DELETE FROM suppression WHERE address_hash = $1"


async def store(tx: Transaction, subject_id: UUID, address: str, keys: Keys, language: str, source: Source) -> None:
    """Keep or renew marketing's copy of a confirmed address."""
    kept = retention.marketing(today()).until
    await tx.run(STORE, subject_id, address, keys.address_hash(address), language, source, kept)


async def readmit(tx: Transaction, address_hash: bytes) -> None:
    """Lift the suppression of an address; only a new double opt-in may do so."""
    await tx.run(READMIT, address_hash)


# In the sender's order: first the permission, on which a mail under way is waited for. The version stays:
# what the ledger decides about this leaving has a higher one.
FORBID = """
INSERT INTO permission (subject_id, purpose, allowed, version)
SELECT $1, purpose, false, 0 FROM unnest($2::text[]) AS p (purpose) ORDER BY purpose
ON CONFLICT (subject_id, purpose) DO UPDATE SET allowed = false WHERE permission.allowed
"""
LEAVE = """
UPDATE subscriber SET state = 'left', left_at = $2, email = NULL, keep_until = NULL
WHERE subject_id = $1 AND state <> 'left'
"""
DROP_MAILINGS = """
WITH gone AS (DELETE FROM mailing WHERE subject_id = $1 RETURNING campaign_id, state)
UPDATE campaign c SET cancelled = cancelled + 1 FROM gone
WHERE gone.campaign_id = c.campaign_id AND gone.state IN ('queued', 'sending')
"""
DROP_INTERESTS = "DELETE FROM interest WHERE subject_id = $1"
SUPPRESS = """
INSERT INTO suppression (address_hash, reason)
SELECT address_hash, 'objected' FROM subscriber WHERE subject_id = $1 AND address_hash IS NOT NULL
ON CONFLICT DO NOTHING
"""
CHANNELS = (Purpose.MARKETING_EMAIL, Purpose.MARKETING_PHONE, Purpose.MARKETING_SMS)
OBJECTED = (Purpose.MARKETING, *CHANNELS, Purpose.PROFILING)


async def leave(tx: Transaction, subject_id: UUID, method: str, *, objects: bool) -> None:
    """End the newsletter, or all of direct marketing: here at once, in the ledger by the event."""
    news = await tx.run(FORBID, subject_id, list(OBJECTED if objects else (Purpose.MARKETING_EMAIL,)))
    at = now()
    news += await tx.run(LEAVE, subject_id, at)
    await tx.run(DROP_MAILINGS, subject_id)
    if objects:
        await tx.run(DROP_INTERESTS, subject_id)
        await tx.run(SUPPRESS, subject_id)
    if news:
        tx.publish(marketing.Unsubscribed(subject_id=subject_id, objects=objects, method=method, decided_at=at))


@router.request(marketing.Unsubscribe, purpose=Purpose.UPKEEP)
async def unsubscribe(request: marketing.Unsubscribe, tx: Transaction, keys: Keys) -> Done:
    """Leave by the link of a mail."""
    person = leaver(request.token, keys)
    if await lock_subject(tx, person) is not Standing.ERASED:
        await leave(tx, person, "unsubscribe link", objects=request.objects)
    return Done()


STATE = "SELECT state = 'subscribed' FROM subscriber WHERE subject_id = $1"


@router.request(marketing.ReadUnsubscribe, purpose=Purpose.UPKEEP)
async def read_unsubscribe(
    request: marketing.ReadUnsubscribe, tx: Transaction, keys: Keys
) -> marketing.UnsubscribeOffer:
    """What the page of an unsubscribe link shows; changes nothing."""
    subscribed = bool(await tx.value(STATE, leaver(request.token, keys)))
    return marketing.UnsubscribeOffer(list_name=LIST, subscribed=subscribed)


def leaver(token: str, keys: Keys) -> UUID:
    """The recipient of the link. Raises Refused (404) for a link that is none of ours."""
    person = keys.leaver(token, LIST)
    if person is None:
        raise refuse(404, "no such link")
    return person


OUTDATE = "UPDATE subscriber SET stale = true WHERE subject_id = $1 AND state = 'subscribed'"


@router.event(identity.ProfileChanged, purpose=Purpose.UPKEEP)
async def follow_profile(event: identity.ProfileChanged, tx: Transaction) -> None:
    """A corrected address or language is asked for anew (GDPR Art. 16, 19)."""
    if {"email", "language"} & set(event.fields) and await tx.run(OUTDATE, event.subject_id):
        tx.wake("audience")
