"""Corrections that a service has not applied which left meanwhile: nobody waits for it, and the case says so."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.privacy.cases.reasons import Left
from shared.database import Transaction

# The case first, as whoever applies a correction locks it.
WAITING = """
SELECT c.case_id, c.about FROM privacy_case c WHERE c.state = 'correcting' AND EXISTS (
  SELECT FROM case_correction k JOIN participant p ON p.service = ANY (k.waits)
  WHERE k.case_id = c.case_id AND p.left_at IS NOT NULL)
ORDER BY c.case_id FOR NO KEY UPDATE
"""
SAY = """
INSERT INTO case_event (case_id, actor, before, after, reason)
SELECT DISTINCT k.case_id, 'operator', 'correcting', 'correcting', p.service || ' left before it had corrected this'
FROM case_correction k JOIN participant p ON p.service = ANY (k.waits)
WHERE k.case_id = ANY ($1) AND p.left_at IS NOT NULL
"""
GIVE_UP = """
UPDATE case_correction k SET waits = ARRAY(SELECT unnest(k.waits) EXCEPT SELECT unnest(d.services)),
  gone = k.gone || ARRAY(SELECT unnest(k.waits) INTERSECT SELECT unnest(d.services))
FROM (SELECT array_agg(service) AS services FROM participant WHERE left_at IS NOT NULL) d
WHERE k.case_id = ANY ($1)
"""
LEFT = """
SELECT d.service, max(d.left_at) AS left_at, (array_agg(d.reason ORDER BY d.left_at DESC))[1] AS reason
FROM participant_departure d
WHERE EXISTS (SELECT FROM case_correction k WHERE k.case_id = $1 AND d.service = ANY (k.gone))
GROUP BY d.service ORDER BY d.service
"""


@dataclass(frozen=True)
class Waiting:
    """A case that waits for a service that has left, and the category that is corrected."""

    case_id: UUID
    about: str


async def waiting(tx: Transaction) -> list[Waiting]:
    """Those that wait for somebody who left, held against everybody else."""
    return [Waiting(**row) for row in await tx.rows(WAITING)]


async def give_up(tx: Transaction, cases: Collection[UUID]) -> None:
    """Wait no more in these cases for who left, and note that it has not corrected."""
    await tx.run(SAY, list(cases))
    await tx.run(GIVE_UP, list(cases))


async def left(tx: Transaction, case_id: UUID) -> list[Left]:
    """Who left before it had applied the correction of a case."""
    return [Left(**row) for row in await tx.rows(LEFT, case_id)]
