"""What time brings about: contracts of erased people run out, addresses grow old, licenses and debts fall due."""

from services.licensing.fulfilment import zloty
from services.licensing.licenses import ending
from shared.clock import now, today
from shared.contracts import identity
from shared.database import Database, Transaction
from shared.law.retention import open_claim
from shared.purposes import Purpose

BATCH = 200
DUNNING_DAYS = (2, 7, 14, 21)
"""When a buyer is reminded of an unpaid invoice, in days after it fell due."""
EXPIRY_NOTICE_DAYS = 3

FORGET_ORIGINS = "DELETE FROM purchase_origin WHERE purge_after < $1"
REVIEWABLE = """
SELECT * FROM license WHERE NOT live AND review_at <= $1 ORDER BY subject_id LIMIT $2 FOR UPDATE SKIP LOCKED
"""
POSTPONE = """
WITH l AS (UPDATE license SET review_at = least((expires_at AT TIME ZONE 'Europe/Warsaw')::date, $2::date)
  WHERE license_id = $1 RETURNING license_id, order_id, review_at),
a AS (UPDATE activation SET review_at = l.review_at FROM l WHERE activation.license_id = l.license_id),
t AS (UPDATE purchase_terms SET review_at = l.review_at FROM l WHERE purchase_terms.order_id = l.order_id)
UPDATE purchase SET review_at = l.review_at FROM l WHERE purchase.order_id = l.order_id
"""
EXPIRING = """
UPDATE license SET expiry_told_at = $1 WHERE license_id IN (
  SELECT license_id FROM license WHERE state = 'active' AND expiry_told_at IS NULL
    AND expires_at BETWEEN $1::timestamptz AND $1 + make_interval(days => $2::integer)
  ORDER BY license_id LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING subject_id, license_id, (expires_at - interval '1 second') AT TIME ZONE 'Europe/Warsaw' AS last_day
"""
OVERDUE = """
UPDATE invoice SET reminders = reminders + 1 WHERE invoice_id IN (
  SELECT invoice_id FROM invoice WHERE settled_on IS NULL AND due_on + ($2::integer[])[reminders + 1] <= $1::date
  ORDER BY invoice_id LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING subject_id, number, gross, due_on
"""


async def step(database: Database) -> bool:
    """One round; answers whether more waits."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        await tx.run(FORGET_ORIGINS, today())
        told = await _tell_expiring(tx)
        dunned = await _dun(tx)
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        reviewed = await _review(tx)
    return BATCH in (told, dunned, reviewed)


async def _review(tx: Transaction) -> int:
    """A contract that outlived the account: it ran out, or it is looked at again in a year."""
    rows = await tx.rows(REVIEWABLE, today(), BATCH)
    for row in rows:
        if row["expires_at"] is not None and row["expires_at"] <= now():
            await ending.end(tx, row, "expired")
        else:
            await tx.run(POSTPONE, row["license_id"], open_claim(today()).review_at)
    return len(rows)


async def _tell_expiring(tx: Transaction) -> int:
    """Once per license, some days before its end."""
    rows = await tx.rows(EXPIRING, now(), EXPIRY_NOTICE_DAYS, BATCH)
    for row in rows:
        facts = {"license_id": str(row["license_id"]), "due_on": f"{row['last_day']:%Y-%m-%d}"}
        tx.publish(identity.ServiceMailDue(subject_id=row["subject_id"], template="license-expiring", facts=facts))
    return len(rows)


async def _dun(tx: Transaction) -> int:
    """Remind of unpaid invoices; each step once."""
    rows = await tx.rows(OVERDUE, today(), list(DUNNING_DAYS), BATCH)
    for row in rows:
        facts = {"invoice": row["number"], "amount": zloty(row["gross"]), "due_on": f"{row['due_on']:%Y-%m-%d}"}
        tx.publish(identity.ServiceMailDue(subject_id=row["subject_id"], template="payment-due", facts=facts))
    return len(rows)
