"""The disclosure log: who was given what about whom, by name (GDPR Art. 15(1)(c), 19; C-154/21)."""

from collections.abc import Sequence
from uuid import UUID

from pydantic_core import to_json

from shared.clock import now
from shared.contracts.participants import Disclosed
from shared.database import Transaction
from shared.law.retention import Retention
from shared.personal_data.data_map import Category
from shared.purposes import ProcessingPurpose

# Also for somebody erased meanwhile: that data went to a recipient stays provable until its date.
INSERT = """
INSERT INTO disclosure (subject_id, recipient, purpose, categories, disclosed_at, reference, told_by,
  live, retain_until, provisions, exemptions)
SELECT subject_id, d.recipient, d.purpose, d.categories, d.disclosed_at, coalesce(d.reference, ''), d.told_by, s.live,
  $3::date, $4::text[], $5::text[]
FROM ROWS FROM (
  jsonb_to_recordset($1) AS (
    subject_id uuid, recipient text, purpose text, categories text[], disclosed_at timestamptz, reference text),
  unnest($2::text[])
) AS d (subject_id, recipient, purpose, categories, disclosed_at, reference, told_by)
JOIN subject s USING (subject_id)
RETURNING disclosure_id
"""


async def insert(
    tx: Transaction, events: Sequence[Disclosed], senders: Sequence[str], kept: Retention
) -> Sequence[UUID]:
    """Enter disclosures into the log, each with the service that told of it; answers their ids."""
    arguments = (kept.until, kept.provisions, kept.exemptions)
    rows = await tx.rows(INSERT, to_json(events).decode(), list(senders), *arguments)
    return [row["disclosure_id"] for row in rows]


def to_mail_provider(subject_id: UUID, provider: str, message_id: str) -> Disclosed:
    """The mail provider saw the address; noted also after the erasure, as a statutory fact."""
    return Disclosed(
        subject_id=subject_id,
        recipient=provider,
        purpose=ProcessingPurpose.ACCOUNTABILITY,
        categories=(Category.EMAIL,),
        disclosed_at=now(),
        reference=message_id,
    )
