"""Interests: topics a person showed interest in, with their source; an objection to profiling ends them (Art. 21)."""

from datetime import date
from uuid import UUID

from shared.contracts import marketing
from shared.database import Transaction

HEAVIEST = 100

NOTE = f"""
INSERT INTO interest (subject_id, topic, source, keep_until) VALUES ($1, $2, $3, $4)
ON CONFLICT (subject_id, topic) DO UPDATE SET weight = least(interest.weight + 1, {HEAVIEST}),
  source = excluded.source, noted_at = now(), keep_until = excluded.keep_until
"""  # noqa: S608 constants
READ = """
SELECT topic, source, weight, noted_at FROM interest WHERE subject_id = $1 ORDER BY weight DESC, topic
"""


async def note(tx: Transaction, request: marketing.NoteInterest, keep_until: date | None) -> None:
    """PostgreSQL refuses it for somebody who objected to profiling."""
    await tx.run(NOTE, request.subject_id, request.topic, request.source, keep_until)


async def of_person(tx: Transaction, subject_id: UUID) -> tuple[marketing.Interest, ...]:
    return tuple(marketing.Interest.model_validate(dict(row)) for row in await tx.rows(READ, subject_id))
