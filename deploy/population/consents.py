"""Many people's consents and disclosures at once, for the demonstration and the benchmark: set-based."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

KNOW = "INSERT INTO subject (subject_id) SELECT unnest($1::uuid[]) ORDER BY 1 ON CONFLICT DO NOTHING"
CONSENTS = """
WITH decided AS (INSERT INTO consent (subject_id, purpose, given, text_version, language, surface, method, decided_at,
    version)
  SELECT subject_id, 'direct-marketing.email', allows, 'T-7', 'pl', 'newsletter', 'double opt-in', now(),
    nextval('permission_version') FROM unnest($1::uuid[], $2::boolean[]) AS p (subject_id, allows)
  RETURNING subject_id, purpose, given, version)
INSERT INTO permission (subject_id, purpose, allowed, version) SELECT * FROM decided ON CONFLICT DO NOTHING
"""
DISCLOSURES = """
INSERT INTO disclosure (subject_id, recipient, purpose, categories, disclosed_at, told_by)
SELECT subject_id, recipient, purpose, categories, now(), told_by FROM unnest($1::uuid[]) AS p (subject_id)
CROSS JOIN (VALUES ('payment provider', 'contract', ARRAY['D1', 'D9'], 'licensing'),
  ('mail provider', 'direct-marketing.email', ARRAY['D5', 'D12'], 'marketing'))
  AS d (recipient, purpose, categories, told_by)
"""


async def insert_consents(connection: Any, people: Sequence[UUID], allows: Sequence[bool] | None = None) -> None:
    """A consent for e-mail with its ruling and two disclosures for everybody; `allows` tells who withdrew it."""
    ids = list(people)
    async with connection.transaction():
        await connection.execute(KNOW, ids)
        await connection.execute(CONSENTS, ids, [True] * len(ids) if allows is None else list(allows))
        await connection.execute(DISCLOSURES, ids)
