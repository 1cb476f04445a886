"""The mailed codes: at least once, with a stable Message-ID; a repeated mail carries the same code."""

import asyncio

from services.identity.delivery import Delivery, Letter, wait_s
from services.identity.keys import Keys
from services.identity.service_mail.words import CODE
from services.identity.settings import IdentitySettings
from shared.database import Database, Row
from shared.purposes import Purpose

BATCH = 10

# A code is valid from the mail on, not from the sign-up: the mail server may have been away.
LEASE = """
UPDATE sign_up SET attempts = attempts + 1, next_try_at = now() + interval '1 minute',
  code_expires_at = now() + make_interval(secs => $2)
WHERE address_hash IN (SELECT address_hash FROM sign_up WHERE mail_due AND next_try_at <= now()
                       ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING address_hash, nonce, email, language, attempts
"""
SENT = "UPDATE sign_up SET mail_due = false WHERE address_hash = $1 AND nonce = $2"
REFUSED = "DELETE FROM sign_up WHERE address_hash = $1 AND nonce = $2"
LATER = """
UPDATE sign_up SET next_try_at = now() + make_interval(secs => $3) WHERE address_hash = $1 AND nonce = $2
"""


async def mail_codes(database: Database, delivery: Delivery, keys: Keys, settings: IdentitySettings) -> bool:
    """Mail the codes that are due; answers whether more may be waiting."""
    async with database.transaction(Purpose.CONTRACT) as tx:
        due = await tx.rows(LEASE, BATCH, settings.code_valid_s)
    outcomes = await asyncio.gather(*(delivery.deliver(_letter(row, keys)) for row in due))
    async with database.transaction(Purpose.CONTRACT) as tx:
        for row, outcome in zip(due, outcomes, strict=True):
            which = (row["address_hash"], row["nonce"])
            if outcome == "sent":
                await tx.run(SENT, *which)
            elif outcome == "refused":
                await tx.run(REFUSED, *which)
            else:
                await tx.run(LATER, *which, wait_s(row["attempts"], settings.mail_retry_s))
    return len(due) == BATCH and "sent" in outcomes


def _letter(row: Row, keys: Keys) -> Letter:
    subject, text = CODE[row["language"]]
    return Letter(
        key=f"code-{row['nonce']}", to=row["email"], subject=subject, text=text.format(code=keys.code(row["nonce"]))
    )
