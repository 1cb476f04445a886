"""Decisions made in the account: who allows e-mail or objects there, and is not known here as such.

privacy's decisions arrive as rows of `permission` (the kit stores them). From then on PostgreSQL hides whoever
withdrew from sending; what is stored of them goes in the next round.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.marketing import subscribers
from services.marketing.addresses import current_hash
from shared.contracts import identity
from shared.database import Transaction
from shared.personal_data.data_map import Category
from shared.purposes import Purpose, restricted
from shared.secrets import Keyring

AUDIENCE = "audience"
"""The loop that asks for the addresses of these people."""

# Who allows e-mail or objects to marketing and is not known here; whose copy is outdated; who withdrew in the
# account, or was unreachable, and has decided anew; and who left by a link and allows e-mail now, either by a newer
# decision or because the ledger has not heard of the leaving. Of somebody restricted no address is copied.
UNRECONCILED = f"""
SELECT p.subject_id, p.allowed, s.state, s.left_at FROM permission p
JOIN subject who ON who.subject_id = p.subject_id AND who.live
LEFT JOIN subscriber s ON s.subject_id = p.subject_id
WHERE p.purpose = 'direct-marketing.email' AND p.allowed AND (s.subject_id IS NULL OR s.stale
  OR s.state IN ('left', 'withdrawn') OR (s.state = 'unreachable' AND p.version > s.unreachable_version))
  AND NOT {restricted("p.subject_id", Purpose.MARKETING_EMAIL, Category.EMAIL)}
UNION
SELECT p.subject_id, false, NULL, NULL FROM permission p
JOIN subject who ON who.subject_id = p.subject_id AND who.live
WHERE p.purpose = 'direct-marketing' AND NOT p.allowed
  AND NOT EXISTS (SELECT FROM subscriber s WHERE s.subject_id = p.subject_id)
  AND NOT EXISTS (SELECT FROM permission mail WHERE mail.subject_id = p.subject_id AND mail.allowed
                  AND mail.purpose = 'direct-marketing.email')
LIMIT $1
"""  # noqa: S608 constants
STORE_OBJECTOR = """
INSERT INTO subscriber (subject_id, state, address_hash, language, source, since, left_at)
VALUES ($1, 'left', $2, $3, 'account', now(), now()) ON CONFLICT DO NOTHING
"""
STORE_UNREACHABLE = """
INSERT INTO subscriber (subject_id, state, language, source, since, unreachable_version)
SELECT $1, 'unreachable', 'pl', 'account', now(), version FROM permission
WHERE subject_id = $1 AND purpose = 'direct-marketing.email'
ON CONFLICT (subject_id) DO UPDATE SET stale = false, unreachable_version = excluded.unreachable_version,
  state = CASE WHEN subscriber.state = 'subscribed' THEN subscriber.state ELSE 'unreachable' END
"""
# Deleted as one leaves by a link, but by the ledger's word: the next consent there needs no comparing of times.
FORGET = """
WITH withdrawn AS MATERIALIZED (
  SELECT s.subject_id FROM permission p JOIN subscriber s ON s.subject_id = p.subject_id
  WHERE p.purpose = 'direct-marketing.email' AND NOT p.allowed AND s.state = 'subscribed'
  ORDER BY s.subject_id LIMIT $1 FOR UPDATE OF s SKIP LOCKED),
forgotten AS (UPDATE subscriber SET state = 'withdrawn', email = NULL, keep_until = NULL, asked_on = NULL, stale = false
  WHERE subject_id IN (SELECT subject_id FROM withdrawn) RETURNING subject_id, address_hash),
suppressed AS (INSERT INTO suppression (address_hash, reason)
  SELECT f.address_hash, 'objected' FROM forgotten f JOIN permission p ON p.subject_id = f.subject_id
  WHERE p.purpose = 'direct-marketing' AND NOT p.allowed AND f.address_hash IS NOT NULL
  ORDER BY f.address_hash ON CONFLICT DO NOTHING),
dropped AS (DELETE FROM mailing WHERE subject_id IN (SELECT subject_id FROM withdrawn) RETURNING campaign_id, state),
tally AS (UPDATE campaign c SET cancelled = cancelled + n.dropped
  FROM (SELECT campaign_id, count(*) AS dropped FROM dropped
        WHERE state IN ('queued', 'sending') GROUP BY campaign_id) n
  WHERE n.campaign_id = c.campaign_id)
SELECT count(*) FROM forgotten
"""

# Whoever had withdrawn before the objection arrived: one decision in the account comes as several messages.
SUPPRESS_OBJECTORS = """
INSERT INTO suppression (address_hash, reason)
SELECT s.address_hash, 'objected' FROM permission p JOIN subscriber s ON s.subject_id = p.subject_id
WHERE p.purpose = 'direct-marketing' AND NOT p.allowed AND s.state = 'withdrawn' AND s.address_hash IS NOT NULL
  AND NOT EXISTS (SELECT FROM suppression x WHERE x.address_hash = s.address_hash)
  AND NOT EXISTS (SELECT FROM permission mail WHERE mail.subject_id = p.subject_id AND mail.allowed
                  AND mail.purpose = 'direct-marketing.email')
ORDER BY s.address_hash LIMIT $1 ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Decision:
    """Whether a person allows e-mail, and what marketing knows of the person: nothing, or a state."""

    subject_id: UUID
    allowed: bool
    state: str | None
    left_at: datetime | None


async def forget_withdrawn(tx: Transaction, limit: int) -> int:
    """Delete what is kept to write to people who withdrew in the account (R-MKT); who objects does not come back.

    Answers for how many something was done.
    """
    people: int = await tx.value(FORGET, limit)
    return people + await tx.run(SUPPRESS_OBJECTORS, limit)


async def unreconciled(tx: Transaction, limit: int) -> list[Decision]:
    return [Decision(**row) for row in await tx.rows(UNRECONCILED, limit)]


async def store(tx: Transaction, keyring: Keyring, decision: Decision, address: identity.Address | None) -> None:
    """Store the person by the decision; somebody without an account is unreachable."""
    subject_id = decision.subject_id
    if address is None:
        await tx.run(STORE_UNREACHABLE, subject_id)
        return
    if decision.allowed:
        await subscribers.store(tx, keyring, subject_id, address.email, address.language, "account")
    else:
        await tx.run(STORE_OBJECTOR, subject_id, await current_hash(tx, keyring, address.email), address.language)
