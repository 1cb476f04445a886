"""The disclosure log: who was given what about whom, by name (GDPR Art. 15(1)(c), 19; C-154/21)."""

from shared.clock import today
from shared.contracts import privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.retention import proof
from shared.purposes import Purpose

router = ServiceRouter("privacy")

# Also for somebody erased meanwhile: that data went to a recipient stays provable until its date.
NOTE = """
INSERT INTO disclosure (subject_id, recipient, purpose, categories, disclosed_at, told_by,
  live, retain_until, provision, exception)
SELECT $1, $2, $3, $4, $5, $6, s.live, $7, $8, $9 FROM subject s WHERE s.subject_id = $1
"""


@router.event(privacy.Disclosed, purpose=Purpose.LEGAL_DUTY)
async def note(event: privacy.Disclosed, tx: Transaction, sender: str) -> None:
    """Enter a disclosure into the log."""
    kept = proof(today())
    await tx.run(
        NOTE,
        event.subject_id,
        event.recipient,
        event.purpose,
        list(event.categories),
        event.disclosed_at,
        sender,
        kept.until,
        kept.provision,
        kept.exception,
    )
