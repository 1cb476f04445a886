"""What buyers agreed to in PostgreSQL: purchase_terms."""

from datetime import datetime
from uuid import UUID

from services.licensing.agreements.rules import Agreement
from shared.database import Transaction
from shared.law.retention import Retention

READ = """
SELECT order_id, terms_version, terms_sha256, consumer, immediate_delivery_at, withdrawal_waived_at, asked_at,
  confirmed_at, begun_at
FROM purchase_terms WHERE order_id = $1
"""
LOCK = READ + "FOR UPDATE"
NOTE_ASKED = "UPDATE purchase_terms SET asked_at = $2 WHERE order_id = $1"
CONFIRM = "UPDATE purchase_terms SET confirmed_at = $2 WHERE order_id = $1 AND confirmed_at IS NULL"
BEGIN = "UPDATE purchase_terms SET begun_at = $2 WHERE order_id = $1 AND begun_at IS NULL"
KEEP = "UPDATE purchase_terms SET retain_until = $2, provisions = $3, exemptions = $4 WHERE order_id = $1"


async def lock(tx: Transaction, order_id: UUID) -> Agreement:
    """Locked until the end of the transaction."""
    return await read(tx, order_id, how=LOCK)


async def read(tx: Transaction, order_id: UUID, how: str = READ) -> Agreement:
    row = await tx.row(how, order_id)
    if row is None:
        raise LookupError("a sale has its terms")
    return Agreement(**row)


async def note_asked(tx: Transaction, order_id: UUID, at: datetime) -> None:
    """The letter of the contract is asked for."""
    await tx.run(NOTE_ASKED, order_id, at)


async def keep(tx: Transaction, order_id: UUID, retention: Retention) -> None:
    """The contract is performed: what was agreed to is kept while claims run, whoever is erased."""
    await tx.run(KEEP, order_id, retention.until, retention.provisions, retention.exemptions)


async def confirm(tx: Transaction, order_id: UUID, at: datetime) -> None:
    """The letter of the contract was handed over; once."""
    await tx.run(CONFIRM, order_id, at)


async def begin(tx: Transaction, order_id: UUID, at: datetime) -> None:
    """The key is shown for the first time: what was bought is used from now on."""
    await tx.run(BEGIN, order_id, at)
