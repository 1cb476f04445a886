"""Which version of the notice each person was shown, wherever data are collected (GDPR Art. 13(1), 13(3)).

By an account's sign-up, an order, the newsletter's double opt-in and a privacy request. Contests do not exist yet, and
enquiries come by mail; they belong here when they do.
"""

from datetime import date
from typing import Literal
from uuid import UUID

from shared.database import Transaction

Surface = Literal["sign-up", "order", "newsletter", "privacy request"]

SEEN = """
INSERT INTO notice_seen (subject_id, version, surface)
SELECT $1, version, $3 FROM standing_publication
WHERE kind = 'notice' AND effective_on <= $2 ORDER BY version DESC LIMIT 1
ON CONFLICT DO NOTHING
"""


async def note_seen(tx: Transaction, subject_id: UUID, day: date, surface: Surface) -> None:
    """The person was shown the notice in force on a day."""
    await tx.run(SEEN, subject_id, day, surface)
