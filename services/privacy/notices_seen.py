"""Which version of the notice each person was shown (GDPR Art. 13(3))."""

from datetime import date
from uuid import UUID

from shared.database import Transaction

SEEN = """
INSERT INTO notice_seen (subject_id, version)
SELECT $1, version FROM standing_publication WHERE kind = 'notice' AND effective_on <= $2 ORDER BY version DESC LIMIT 1
ON CONFLICT DO NOTHING
"""


async def note_seen(tx: Transaction, subject_id: UUID, day: date) -> None:
    """The person was shown the notice in force on a day."""
    await tx.run(SEEN, subject_id, day)
