"""People who decided by another door than the newsletter's: their address is asked for, once.

privacy's decisions arrive as rows of `permission` (the kit keeps them); this loop looks at what they
mean here. Withdrawals need nothing: PostgreSQL hides the person at the moment of sending.
"""

from uuid import UUID

from services.marketing import subscribers
from services.marketing.keys import Keys
from shared.contracts import identity, privacy
from shared.database import Database, Row, Transaction
from shared.messaging.request_client import RequestClient
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import Refused
from shared.purposes import Purpose

BATCH = 50
GONE = (404, 410)

# Who allows e-mail or objects to marketing and is not known here; whose copy is outdated; and who left by a
# link and allows e-mail now, either by a newer decision or because the ledger has not heard of the leaving.
NEW = """
SELECT p.subject_id, p.allowed, s.state, s.left_at FROM permission p
JOIN subject who ON who.subject_id = p.subject_id AND who.live
LEFT JOIN subscriber s ON s.subject_id = p.subject_id
WHERE p.purpose = 'direct-marketing.email' AND p.allowed AND (s.subject_id IS NULL OR s.stale OR s.state = 'left')
UNION
SELECT p.subject_id, false, NULL, NULL FROM permission p
JOIN subject who ON who.subject_id = p.subject_id AND who.live
WHERE p.purpose = 'direct-marketing' AND NOT p.allowed
  AND NOT EXISTS (SELECT FROM subscriber s WHERE s.subject_id = p.subject_id)
  AND NOT EXISTS (SELECT FROM permission mail WHERE mail.subject_id = p.subject_id AND mail.allowed
                  AND mail.purpose = 'direct-marketing.email')
LIMIT $1
"""
STORE_OBJECTOR = """
INSERT INTO subscriber (subject_id, state, address_hash, language, source, since, left_at)
VALUES ($1, 'left', $2, $3, 'account', now(), now()) ON CONFLICT DO NOTHING
"""
STORE_UNREACHABLE = """
INSERT INTO subscriber (subject_id, state, language, source, since) VALUES ($1, 'unreachable', 'pl', 'account', now())
ON CONFLICT (subject_id) DO UPDATE SET stale = false,
  state = CASE WHEN subscriber.state = 'left' THEN 'unreachable' ELSE subscriber.state END
"""
# What profiling noted about somebody who objects to it or to marketing is not only hidden but deleted.
DROP_INTERESTS = """
DELETE FROM interest i USING permission p
WHERE p.subject_id = i.subject_id AND NOT p.allowed AND p.purpose IN ('direct-marketing', 'profiling')
"""


async def look_after_audience(database: Database, client: RequestClient, keys: Keys) -> bool:
    """Follow the decisions made elsewhere; answers whether more are waiting."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        await tx.run(DROP_INTERESTS)
        people = await tx.rows(NEW, BATCH)
    settled = [await _follow(database, client, keys, person) for person in people]
    return len(people) == BATCH and any(settled)


async def _follow(database: Database, client: RequestClient, keys: Keys, person: Row) -> bool:
    subject_id = person["subject_id"]
    if person["state"] == "left" and not await _decided_since(client, person):
        return False
    address = await _address(client, subject_id)
    async with database.transaction(Purpose.UPKEEP) as tx:
        if await lock_subject(tx, subject_id) is not Standing.ERASED:
            await _store(tx, person, address, keys)
    return True


async def _store(tx: Transaction, person: Row, address: identity.Address | None, keys: Keys) -> None:
    subject_id = person["subject_id"]
    if address is None:
        await tx.run(STORE_UNREACHABLE, subject_id)
    elif person["allowed"]:
        await subscribers.store(tx, subject_id, address.email, keys, address.language, "account")
    else:
        await tx.run(STORE_OBJECTOR, subject_id, keys.address_hash(address.email), address.language)


async def _decided_since(client: RequestClient, person: Row) -> bool:
    """Whether the ledger's consent is newer than the leaving here."""
    answer: privacy.Consents = await client.request(privacy.ReadConsents(subject_id=person["subject_id"]))
    return any(
        c.given and c.decided_at > person["left_at"] for c in answer.consents if c.purpose == Purpose.MARKETING_EMAIL
    )


async def _address(client: RequestClient, subject_id: UUID) -> identity.Address | None:
    try:
        address: identity.Address = await client.request(identity.TellAddress(subject_id=subject_id))
    except Refused as refused:
        if refused.problem.status in GONE:
            return None
        raise
    return address
