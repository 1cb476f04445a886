"""Orders in PostgreSQL: purchase, purchase_buyer, purchase_origin, purchase_terms."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from services.licensing.data_map import DATA_MAP
from services.licensing.orders.rules import Buyer, Draft, Order
from services.licensing.policies import store as policies
from services.licensing.rows import insert
from services.licensing.vat.rules import SELLER_COUNTRY
from shared.contracts.licensing import OrderState
from shared.database import Transaction
from shared.law.calendar import midnight
from shared.personal_data.holds import unless_held
from shared.problems import refuse

READ = f"""
SELECT {policies.COLUMNS}, order_id, subject_id, quantity, pay_by, state, vat_treatment, vat_rate, net, vat, gross,
  refunded, placed_at, paid_at, live, renews, renewed_at, COALESCE((SELECT i.bank_account FROM invoice i
    WHERE i.order_id = purchase.order_id AND i.kind = 'invoice' AND i.settled_on IS NULL), '') AS bank_account
FROM purchase {policies.SOLD_ON.format(table="purchase")}
"""  # noqa: S608 constants
OF_PERSON = READ + "WHERE subject_id = $1 ORDER BY placed_at DESC, order_id"
LOCK = READ + "WHERE order_id = $1 FOR UPDATE OF purchase"
SUBJECT = "SELECT subject_id FROM purchase WHERE order_id = $1"
SET_STATE = "UPDATE purchase SET state = $2, paid_at = COALESCE($3, paid_at) WHERE order_id = $1"
ADD_REFUND = "UPDATE purchase SET refunded = refunded + $2::bigint WHERE order_id = $1"
# A legal hold keeps the buyer of an order that ends; the job of due dates takes it after the release.
BUYER_IS_FREE = unless_held(DATA_MAP, "purchase_buyer")
CANCEL = f"""
WITH buyer AS (DELETE FROM purchase_buyer WHERE order_id = $1 AND {BUYER_IS_FREE})
UPDATE purchase SET state = 'cancelled' WHERE order_id = $1
"""  # noqa: S608 constants
# Once: the invoice holds the buyer from now on.
TAKE_BUYER = """
DELETE FROM purchase_buyer b USING purchase o WHERE o.order_id = b.order_id AND b.order_id = $1
RETURNING b.name, b.company, b.nip, b.vat_number, b.street, b.postal_code, b.city, o.country, b.language,
  b.seen_country, b.confirms_country
"""
EXPIRE = """
WITH old AS MATERIALIZED (SELECT order_id FROM purchase WHERE state = 'open' AND placed_at < $1
  ORDER BY placed_at LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE purchase SET state = 'cancelled' WHERE order_id IN (SELECT order_id FROM old) RETURNING order_id, subject_id
"""
# An open order may still be paid; what was refunded was sold all the same.
SOLD_ABROAD = """
SELECT COALESCE(max(net), 0) FROM (
  SELECT sum(net) AS net FROM purchase WHERE country <> $1 AND vat_treatment IN ('domestic', 'exempt')
    AND state <> 'cancelled' AND placed_at >= $2 GROUP BY placed_at >= $3) AS year
"""
DROP_BUYERS = f"""
DELETE FROM purchase_buyer USING purchase o
WHERE o.order_id = purchase_buyer.order_id AND o.state = 'cancelled' AND {BUYER_IS_FREE}
"""  # noqa: S608 constants


async def add(tx: Transaction, draft: Draft) -> Order:
    """Store an order with its buyer, its origin and the buyer's declarations; answers it locked."""
    request, buyer = draft.request, draft.buyer
    key = {"order_id": draft.order_id, "subject_id": request.subject_id}
    await insert(
        tx,
        "purchase",
        **key,
        product=request.product,
        quantity=request.quantity,
        edition=draft.policy.edition,
        policy_version=draft.policy.version,
        renews=request.renews,
        pay_by=request.pay_by,
        state="open",
        country=buyer.country,
        vat_treatment=draft.tax.treatment,
        vat_rate=draft.tax.rate,
        net=draft.price.net,
        vat=draft.price.vat,
        gross=draft.price.gross,
        placed_at=draft.placed_at,
    )
    columns = asdict(buyer)
    del columns["country"]  # it stands with the tax
    await insert(tx, "purchase_buyer", **key, **columns)
    if draft.ip is not None:
        days = {"observed_at": draft.placed_at, "purge_after": draft.origin_until}
        await insert(tx, "purchase_origin", **key, ip=draft.ip, **days)
    await insert(
        tx,
        "purchase_terms",
        **key,
        terms_version=draft.terms.version,
        terms_sha256=draft.terms.sha256,
        accepted_at=draft.placed_at,
        immediate_delivery_at=draft.placed_at if request.wants_immediate_delivery else None,
        withdrawal_waived_at=draft.placed_at if request.knows_withdrawal_lapses else None,
        professional=request.professional,
        consumer=draft.protection.consumer,
    )
    return await lock(tx, draft.order_id, request.subject_id)


async def of_person(tx: Transaction, subject_id: UUID) -> list[Order]:
    """Newest first."""
    return [Order(**policies.split(row)) for row in await tx.rows(OF_PERSON, subject_id)]


async def lock(tx: Transaction, order_id: UUID, subject_id: UUID) -> Order:
    """A person's order, locked. Raises Refused (404)."""
    row = await tx.row(LOCK, order_id)
    if row is None or row["subject_id"] != subject_id:
        raise refuse(404, "no such order")
    return Order(**policies.split(row))


async def subject_of(tx: Transaction, order_id: UUID) -> UUID:
    """Raises Refused (404)."""
    subject_id: UUID | None = await tx.value(SUBJECT, order_id)
    if subject_id is None:
        raise refuse(404, "no such order")
    return subject_id


async def set_state(tx: Transaction, order_id: UUID, state: OrderState, paid_at: datetime | None = None) -> None:
    await tx.run(SET_STATE, order_id, state, paid_at)


async def cancel(tx: Transaction, order_id: UUID) -> None:
    """End an open order; its buyer goes with it, unless held."""
    await tx.run(CANCEL, order_id)


async def take_buyer(tx: Transaction, order_id: UUID) -> Buyer:
    """Who an open order is to be invoiced to; its row goes."""
    row = await tx.row(TAKE_BUYER, order_id)
    if row is None:
        raise LookupError("an open order has its buyer")
    return Buyer(**row)


async def add_refund(tx: Transaction, order_id: UUID, amount: int) -> None:
    await tx.run(ADD_REFUND, order_id, amount)


@dataclass(frozen=True)
class ExpiredOrder:
    """An order that nobody paid in time."""

    order_id: UUID
    subject_id: UUID


async def expire(tx: Transaction, placed_before: datetime, limit: int) -> list[ExpiredOrder]:
    """Cancel open orders: their price and tax are those of their day."""
    return [ExpiredOrder(**row) for row in await tx.rows(EXPIRE, placed_before, limit)]


async def sold_abroad(tx: Transaction, day: date) -> int:
    """Net in grosze of what consumers elsewhere bought under our own tax: this year's, or the last one's if higher."""
    years = midnight(date(day.year - 1, 1, 1)), midnight(date(day.year, 1, 1))
    return int(await tx.value(SOLD_ABROAD, SELLER_COUNTRY, *years))


async def drop_buyers(tx: Transaction) -> None:
    """Delete the buyers of orders that have ended, unless held."""
    await tx.run(DROP_BUYERS)
