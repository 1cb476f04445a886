"""Many readers at once, for the demonstration and the benchmark: set-based, past the requests."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.marketing.addresses import hashes_of
from shared.clock import today
from shared.law import retention
from shared.secrets import Keyring

LAST_CAMPAIGNS = (UUID("00000000-0000-4000-8000-00000000000a"), UUID("00000000-0000-4000-8000-00000000000b"))
TOPICS = ("seo", "servers")


@dataclass(frozen=True)
class Reader:
    """Somebody marketing knows; who does not allow e-mail has left the newsletter."""

    subject_id: UUID
    email: str
    full_name: str
    allows: bool


CAMPAIGNS = """
INSERT INTO campaign (campaign_id, subject, body, language, topic, state, planned, finished_at)
SELECT id, 'News', 'News of the product.', '', '', 'finished', true, now() FROM unnest($1::uuid[]) AS c (id)
ON CONFLICT DO NOTHING
"""
KNOW = "INSERT INTO subject (subject_id) SELECT unnest($1::uuid[]) ORDER BY 1 ON CONFLICT DO NOTHING"
READERS = """
INSERT INTO subscriber (subject_id, state, email, address_hash, language, source, since, left_at, keep_until)
SELECT subject_id, CASE WHEN allows THEN 'subscribed' ELSE 'left' END, CASE WHEN allows THEN email END, hash, 'pl',
  'double opt-in', now(), CASE WHEN NOT allows THEN now() END, CASE WHEN allows THEN $5::date END
FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::boolean[]) AS r (subject_id, email, hash, allows)
"""
PERMISSIONS = """
INSERT INTO permission (subject_id, purpose, allowed, version)
SELECT subject_id, 'direct-marketing.email', allows, 1 FROM unnest($1::uuid[], $2::boolean[]) AS r (subject_id, allows)
ON CONFLICT DO NOTHING
"""
INTERESTS = """
INSERT INTO interest (subject_id, topic, source, keep_until)
SELECT r.subject_id, t.topic, 'observed', $3 FROM unnest($1::uuid[]) AS r (subject_id)
CROSS JOIN unnest($2::text[]) AS t (topic)
"""
MAILINGS = """
INSERT INTO mailing (campaign_id, subject_id, state, attempts, settled_at, keep_until)
SELECT c.campaign_id, r.subject_id, 'sent', 1, now(), $4 FROM unnest($1::uuid[], $2::boolean[])
  AS r (subject_id, allows) CROSS JOIN unnest($3::uuid[]) AS c (campaign_id) WHERE r.allows
"""
COUNT = "UPDATE campaign SET sent = sent + $2 WHERE campaign_id = ANY ($1)"


async def insert_audience(connection: Any, people: Sequence[Reader], keyring: Keyring | None = None) -> None:
    """Six rows for everybody who allows e-mail, four for who left; nobody is written to.

    Without the keys of the running service an erasure remembers objections under another key.
    """
    keyring = keyring or Keyring("marketing", f"1:{secrets.token_urlsafe(32)}")
    ids, allows = [p.subject_id for p in people], [p.allows for p in people]
    hashes = [hashes_of(keyring, p.email).newest for p in people]
    kept = retention.marketing(today()).until
    async with connection.transaction():
        await connection.execute(CAMPAIGNS, list(LAST_CAMPAIGNS))
        await connection.execute(KNOW, ids)
        await connection.execute(READERS, ids, [p.email for p in people], hashes, allows, kept)
        await connection.execute(PERMISSIONS, ids, allows)
        await connection.execute(INTERESTS, ids, list(TOPICS), kept)
        await connection.execute(MAILINGS, ids, allows, list(LAST_CAMPAIGNS), kept)
        await connection.execute(COUNT, list(LAST_CAMPAIGNS), sum(allows))
