"""Interests: topics a person showed interest in, with their source; an objection to profiling ends them (Art. 21)."""

from shared.clock import today
from shared.contracts import marketing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.law import retention
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("marketing")

HEAVIEST = 100

NOTE = f"""
INSERT INTO interest (subject_id, topic, source, keep_until) VALUES ($1, $2, $3, $4)
ON CONFLICT (subject_id, topic) DO UPDATE SET weight = least(interest.weight + 1, {HEAVIEST}),
  source = excluded.source, noted_at = now(), keep_until = excluded.keep_until
"""  # noqa: S608 constants
RENEW = """
UPDATE subscriber SET keep_until = $2 WHERE subject_id = $1 AND state = 'subscribed' AND keep_until < $2
"""
READ = """
SELECT topic, source, weight, noted_at FROM interest WHERE subject_id = $1 ORDER BY weight DESC, topic
"""


@router.request(marketing.NoteInterest, purpose=Purpose.PROFILING)
async def note(request: marketing.NoteInterest, tx: Transaction) -> Done:
    """Note an interest; PostgreSQL refuses it for somebody who objected to profiling."""
    kept = retention.marketing(today()).until
    await tx.run(NOTE, request.subject_id, request.topic, request.source, kept)
    await tx.run(RENEW, request.subject_id, kept)
    return Done()


@router.request(marketing.ReadInterests, purpose=Purpose.RIGHTS)
async def read(request: marketing.ReadInterests, tx: Transaction) -> marketing.Interests:
    """What is noted about a member, for that member (GDPR Art. 15(1)(h))."""
    rows = await tx.rows(READ, request.subject_id)
    return marketing.Interests(interests=tuple(marketing.Interest.model_validate(dict(row)) for row in rows))
