"""The rows of orders."""

from uuid import UUID

from services.licensing.orders.rules import Draft
from shared.database import Row, Transaction
from shared.problems import refuse

INSERT = """
WITH bought AS (
  INSERT INTO purchase (order_id, subject_id, product, quantity, device_limit, months, pay_by, state, country,
    vat_treatment, vat_rate, net, vat, gross, placed_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, $11::bigint, $12::bigint, $11 + $12,
    $13)),
origin AS (
  INSERT INTO purchase_origin (order_id, subject_id, ip, billing_country, observed_at, purge_after)
  VALUES ($1, $2, $14, $8, $13, $15))
INSERT INTO purchase_terms (order_id, subject_id, terms_version, accepted_at, immediate_delivery_at,
  withdrawal_waived_at)
VALUES ($1, $2, $16, $13, CASE WHEN $17::boolean THEN $13 END, CASE WHEN $18::boolean THEN $13 END)
"""
OF_PERSON = """
SELECT order_id, product, quantity, state, pay_by, net, vat, gross, refunded, placed_at, paid_at
FROM purchase WHERE subject_id = $1 ORDER BY placed_at DESC, order_id
"""
LOCK = "SELECT * FROM purchase WHERE order_id = $1 FOR UPDATE"
SET_STATE = "UPDATE purchase SET state = $2, paid_at = COALESCE($3, paid_at) WHERE order_id = $1"
WHOSE = "SELECT subject_id FROM purchase WHERE order_id = $1"


async def insert(tx: Transaction, draft: Draft) -> None:
    """Store an order with its origin and the buyer's declarations."""
    r = draft.request
    await tx.run(
        INSERT,
        *(draft.order_id, r.subject_id, r.product, r.quantity, draft.device_limit, draft.months, r.pay_by),
        *(draft.country, draft.tax.treatment, draft.tax.rate, draft.net, draft.vat, draft.placed_at),
        *(draft.ip, draft.origin_until, r.terms_version, r.wants_immediate_delivery, r.knows_withdrawal_lapses),
    )


async def of_person(tx: Transaction, subject_id: UUID) -> list[Row]:
    """A person's orders, newest first."""
    return await tx.rows(OF_PERSON, subject_id)


async def lock(tx: Transaction, order_id: UUID, subject_id: UUID) -> Row:
    """A person's order, locked. Raises Refused (404)."""
    row = await tx.row(LOCK, order_id)
    if row is None or row["subject_id"] != subject_id:
        raise refuse(404, "no such order")
    return row


async def whose(tx: Transaction, order_id: UUID) -> UUID:
    """The person of an order. Raises Refused (404)."""
    found: UUID | None = await tx.value(WHOSE, order_id)
    if found is None:
        raise refuse(404, "no such order")
    return found


async def set_state(tx: Transaction, order_id: UUID, state: str, paid_at: object = None) -> None:
    """Move an order on; the rules have said that it may."""
    await tx.run(SET_STATE, order_id, state, paid_at)
