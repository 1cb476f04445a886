"""Erasure in marketing: all goes but the keyed hashes of addresses whose owners did not want to be written to."""

from collections.abc import Sequence

from services.marketing import sign_ups
from services.marketing.data_map import DATA_MAP
from shared.contracts.privacy import OrderedSubject
from shared.database import Transaction
from shared.personal_data.erasure import Eraser

# The latest decision counts: who objected and later confirmed the newsletter anew wanted mail.
SUPPRESS = """
INSERT INTO suppression (address_hash, reason)
SELECT DISTINCT s.address_hash, 'erased after leaving' FROM subscriber s
LEFT JOIN permission mail ON mail.subject_id = s.subject_id AND mail.purpose = 'direct-marketing.email'
LEFT JOIN permission every ON every.subject_id = s.subject_id AND every.purpose = 'direct-marketing'
WHERE s.subject_id = ANY ($1) AND s.address_hash IS NOT NULL
  AND (s.state = 'left' OR NOT coalesce(mail.allowed, every.allowed, true))
ORDER BY s.address_hash ON CONFLICT DO NOTHING
"""


async def prepare_erasure(tx: Transaction, people: Sequence[OrderedSubject]) -> None:
    """Keep the objections, drop half-finished sign-ups; everything else goes by the data map."""
    ids = [person.subject_id for person in people]
    await tx.run(SUPPRESS, ids)
    await sign_ups.drop_of_subscribers(tx, ids)


ERASER = Eraser(DATA_MAP, prepare_erasure)
