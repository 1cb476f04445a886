"""The rows of payments, and the references of those that are void."""

from uuid import UUID

from shared.database import Row, Transaction

OPEN = "SELECT payment_id, reference, amount FROM payment WHERE order_id = $1 AND state = 'started'"
INSERT = """
INSERT INTO payment (payment_id, subject_id, order_id, provider, reference, amount, state, started_at)
VALUES ($1, $2, $3, $4, $5, $6, 'started', $7)
"""
READ = """
SELECT payment_id, order_id, state, amount, provider, reference FROM payment WHERE subject_id = $1 AND payment_id = $2
"""
PERSON = "SELECT subject_id FROM payment WHERE reference = $1"
AMOUNT = "SELECT amount FROM payment WHERE reference = $1"
LOCK = "SELECT * FROM payment WHERE reference = $1 FOR UPDATE"
SET_STATE = """
UPDATE payment SET state = $2, confirmed_at = COALESCE($3, confirmed_at) WHERE payment_id = $1
"""
VOID_OF_ORDER = """
WITH voided AS (UPDATE payment SET state = 'void' WHERE order_id = $1 AND state IN ('started', 'failed')
  RETURNING reference, amount)
INSERT INTO void_payment (reference, amount) SELECT reference, amount FROM voided ON CONFLICT DO NOTHING
"""
VOID = "INSERT INTO void_payment (reference, amount) VALUES ($1, $2) ON CONFLICT DO NOTHING"
MONEY_CAME = """
UPDATE void_payment SET confirmed_at = COALESCE(confirmed_at, now()), amount = $2 WHERE reference = $1
"""
MONEY_WENT = "UPDATE void_payment SET sent_back_at = COALESCE(sent_back_at, now()) WHERE reference = $1"
IS_VOID = "SELECT true FROM void_payment WHERE reference = $1"


async def open_of_order(tx: Transaction, order_id: UUID) -> Row | None:
    """The payment under way of an order."""
    return await tx.row(OPEN, order_id)


async def insert(tx: Transaction, payment_id: UUID, order: Row, provider: str, reference: str, at: object) -> None:
    """Store a started payment."""
    await tx.run(INSERT, payment_id, order["subject_id"], order["order_id"], provider, reference, order["gross"], at)


async def read(tx: Transaction, subject_id: UUID, payment_id: UUID) -> Row | None:
    """A person's payment."""
    return await tx.row(READ, subject_id, payment_id)


async def person_of(tx: Transaction, reference: str) -> UUID | None:
    """Whose payment a reference is, also after an erasure."""
    found: UUID | None = await tx.value(PERSON, reference)
    return found


async def amount_of(tx: Transaction, reference: str) -> int | None:
    """What is to be paid."""
    found: int | None = await tx.value(AMOUNT, reference)
    return found


async def lock(tx: Transaction, reference: str) -> Row | None:
    """A payment, locked."""
    return await tx.row(LOCK, reference)


async def set_state(tx: Transaction, payment_id: UUID, state: str, confirmed_at: object = None) -> None:
    """Move a payment on."""
    await tx.run(SET_STATE, payment_id, state, confirmed_at)


async def void_of_order(tx: Transaction, order_id: UUID) -> None:
    """The order is no more: whatever is still paid for it is to be sent back."""
    await tx.run(VOID_OF_ORDER, order_id)


async def void(tx: Transaction, reference: str, amount: int) -> None:
    """Nothing is due under this reference."""
    await tx.run(VOID, reference, amount)


async def is_void(tx: Transaction, reference: str) -> bool:
    """Whether a reference belongs to a payment that is no more."""
    return bool(await tx.value(IS_VOID, reference))


async def money_came(tx: Transaction, reference: str, amount: int) -> bool:
    """Note that a void payment was paid all the same; False for an unknown reference."""
    return bool(await tx.run(MONEY_CAME, reference, amount))


async def money_went(tx: Transaction, reference: str) -> bool:
    """Note that the provider sent a void payment's money back; False for an unknown reference."""
    return bool(await tx.run(MONEY_WENT, reference))
