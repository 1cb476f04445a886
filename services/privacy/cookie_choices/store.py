"""The rows of visitors' choices: a random id, what is allowed, which notice held, since when and until when."""

from datetime import date
from uuid import UUID

from services.privacy.cookie_choices.rules import Choice
from shared.database import Transaction

# Of two devices with one id the later one counts; what was chosen before is kept nowhere.
KEEP = """
INSERT INTO cookie_choice (visitor_id, allowed, retain_until, notice_version)
VALUES ($1, $2, $3, (SELECT max(version) FROM standing_publication WHERE kind = 'notice' AND effective_on <= $4))
ON CONFLICT (visitor_id) DO UPDATE SET allowed = excluded.allowed, retain_until = excluded.retain_until,
  notice_version = excluded.notice_version, made_at = excluded.made_at
"""
FIND = "SELECT allowed, retain_until FROM cookie_choice WHERE visitor_id = $1"


async def keep(tx: Transaction, visitor_id: UUID, choice: Choice, day: date) -> None:
    """Put a choice in the place of the one before, with the notice that holds on the day."""
    await tx.run(KEEP, visitor_id, list(choice.allowed), choice.retain_until, day)


async def find(tx: Transaction, visitor_id: UUID) -> Choice | None:
    row = await tx.row(FIND, visitor_id)
    return Choice(tuple(row["allowed"]), row["retain_until"]) if row else None
