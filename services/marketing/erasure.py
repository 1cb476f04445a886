"""Erasure in marketing: all goes but the keyed hashes of addresses whose owners did not want to be written to."""

from collections.abc import Sequence
from functools import partial

from services.marketing import sign_ups
from services.marketing.addresses import hashes_of, lock_sign_ups
from services.marketing.data_map import DATA_MAP
from shared.contracts import privacy
from shared.contracts.privacy import ErasureOrdered, OrderedSubject
from shared.database import Transaction
from shared.mail.address_hashes import AddressHashes
from shared.messaging.request_client import RequestClient
from shared.personal_data.erasure import Eraser, Step
from shared.secrets import Keyring

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


async def ask_addresses(order: ErasureOrdered, client: RequestClient, keyring: Keyring) -> Step:
    """A sign-up that waits for its confirmation is keyed to nobody: privacy tells whose addresses it would be.

    Raises Refused when privacy does not answer.
    """
    reply = await client.request(privacy.ReadOrderAddresses(order_id=order.order_id))
    return partial(_drop_sign_ups, keyring=keyring, mailboxes=[hashes_of(keyring, email) for email in reply.emails])


async def _drop_sign_ups(tx: Transaction, keyring: Keyring, mailboxes: Sequence[AddressHashes]) -> None:
    await sign_ups.drop(tx, await lock_sign_ups(tx, keyring, mailboxes))


ERASER = Eraser(DATA_MAP, prepare_erasure, ask=ask_addresses)
