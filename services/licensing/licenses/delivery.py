"""Making a license for a paid order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from services.licensing.licenses import keys, rules
from services.licensing.sealing import Seal
from shared.contracts import licensing
from shared.database import Row, Transaction
from shared.law.calendar import WARSAW

ISSUE = """
INSERT INTO license (license_id, subject_id, order_id, product, key_hash, key_end, sealed_key, state, device_limit,
  issued_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, $10)
"""
CONFIRM_TERMS = "UPDATE purchase_terms SET confirmed_at = $2 WHERE order_id = $1"


@dataclass(frozen=True)
class FreshKey:
    """A key in the three forms in which it is stored; the clear text is shown to its holder alone."""

    text: str
    hash: bytes
    end: str
    sealed: bytes


@dataclass(frozen=True)
class Keys:
    """The mint of license keys."""

    seal: Seal

    def mint(self) -> FreshKey:
        """A fresh key."""
        text = keys.new_key()
        return FreshKey(text, keys.key_hash(text), keys.key_end(text), self.seal.close(text))


async def issue(tx: Transaction, order: Row, mint: Keys, at: datetime) -> UUID:
    """Issue the license of an order, with the confirmation of the buyer's declarations."""
    license_id, key = uuid4(), mint.mint()
    expires = rules.expires_at(at.astimezone(WARSAW).date(), order["months"])
    await tx.run(
        ISSUE,
        *(license_id, order["subject_id"], order["order_id"], order["product"]),
        *(key.hash, key.end, key.sealed, order["device_limit"], at, expires),
    )
    await tx.run(CONFIRM_TERMS, order["order_id"], at)
    tx.publish(
        licensing.LicenseIssued(subject_id=order["subject_id"], license_id=license_id, order_id=order["order_id"])
    )
    return license_id
