"""The disclosure log: who was given what about whom, by name (GDPR Art. 15(1)(c), 19; C-154/21)."""

from pydantic_core import to_json

from shared.clock import today
from shared.contracts import participants
from shared.database import Transaction
from shared.law.retention import proof
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")

# Also for somebody erased meanwhile: that data went to a recipient stays provable until its date.
NOTE = """
INSERT INTO disclosure (subject_id, recipient, purpose, categories, disclosed_at, told_by,
  live, retain_until, provisions, exemptions)
SELECT subject_id, d.recipient, d.purpose, d.categories, d.disclosed_at, d.told_by, s.live,
  $3::date, $4::text[], $5::text[]
FROM ROWS FROM (
  jsonb_to_recordset($1) AS (
    subject_id uuid, recipient text, purpose text, categories text[], disclosed_at timestamptz),
  unnest($2::text[])
) AS d (subject_id, recipient, purpose, categories, disclosed_at, told_by)
JOIN subject s USING (subject_id)
"""


@router.event(participants.Disclosed, purpose=Purpose.LEGAL_DUTY, batch=True)
async def note(events: list[participants.Disclosed], tx: Transaction, senders: list[str]) -> None:
    """Enter disclosures into the log: a campaign tells of one for each of its readers."""
    kept = proof(today())
    await tx.run(NOTE, to_json(events).decode(), senders, kept.until, kept.provisions, kept.exemptions)
