"""Interests: topics a person showed interest in, with their source; an objection to profiling ends them (Art. 21)."""

from datetime import date
from uuid import UUID

from services.marketing.data_map import DATA_MAP
from shared.contracts import marketing
from shared.database import Transaction
from shared.personal_data.holds import unless_held

HEAVIEST = 100

NOTE = f"""
INSERT INTO interest (subject_id, topic, source, keep_until) VALUES ($1, $2, $3, $4)
ON CONFLICT (subject_id, topic) DO UPDATE SET weight = least(interest.weight + 1, {HEAVIEST}),
  source = excluded.source, noted_at = now(), keep_until = excluded.keep_until
"""  # noqa: S608 constants
READ = """
SELECT topic, source, weight, noted_at FROM interest WHERE subject_id = $1 ORDER BY weight DESC, topic
"""
# What profiling noted about somebody who objects to it or to marketing is not only hidden but deleted.
DROP_OF_OBJECTORS = """
DELETE FROM interest i USING permission p
WHERE p.subject_id = i.subject_id AND NOT p.allowed AND p.purpose IN ('direct-marketing', 'profiling')
"""
DROP_EXPIRED = f"""
WITH old AS MATERIALIZED (
  SELECT subject_id, topic FROM interest WHERE keep_until < $1 AND {unless_held(DATA_MAP, "interest")}
  LIMIT $2 FOR UPDATE SKIP LOCKED)
DELETE FROM interest i USING old WHERE i.subject_id = old.subject_id AND i.topic = old.topic
"""  # noqa: S608 constants


async def note(tx: Transaction, request: marketing.NoteInterest, keep_until: date | None) -> None:
    """PostgreSQL refuses it for somebody who objected to profiling."""
    await tx.run(NOTE, request.subject_id, request.topic, request.source, keep_until)


async def of_person(tx: Transaction, subject_id: UUID) -> tuple[marketing.Interest, ...]:
    return tuple(marketing.Interest.model_validate(dict(row)) for row in await tx.rows(READ, subject_id))


async def drop_of_objectors(tx: Transaction) -> None:
    await tx.run(DROP_OF_OBJECTORS)


async def drop_expired(tx: Transaction, day: date, limit: int) -> int:
    return await tx.run(DROP_EXPIRED, day, limit)
