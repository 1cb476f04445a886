"""Decisions made in the account: who allows e-mail or objects there, and is not known here as such.

privacy's decisions arrive as rows of `permission` (the kit stores them). Withdrawals need nothing here:
PostgreSQL hides the person at the moment of sending.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.marketing import subscribers
from services.marketing.addresses import current_hash
from shared.contracts import identity
from shared.database import Transaction
from shared.secrets import Keyring

AUDIENCE = "audience"
"""The loop that asks for the addresses of these people."""

# Who allows e-mail or objects to marketing and is not known here; whose copy is outdated; and who left by a
# link and allows e-mail now, either by a newer decision or because the ledger has not heard of the leaving.
UNRECONCILED = """
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


@dataclass(frozen=True)
class Decision:
    """Whether a person allows e-mail, and what marketing knows of the person: nothing, or a state."""

    subject_id: UUID
    allowed: bool
    state: str | None
    left_at: datetime | None


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
