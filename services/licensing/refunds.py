"""Money that went back: correcting invoice, refund, and the end of the license when it was all.

A refund that arrives after the erasure of its person is a statutory record (GDPR Art. 17(3)(b)): its
rows are retained ones from the start.
"""

from uuid import uuid4

from services.licensing.fulfilment import zloty
from services.licensing.invoices import rules
from services.licensing.invoices import store as invoices
from services.licensing.licenses import ending
from services.licensing.licenses.store import lock_of_order
from services.licensing.payments.provider import Notice
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Row, Transaction
from shared.problems import refuse

INSERT = """
INSERT INTO refund (refund_id, subject_id, order_id, payment_id, correction_id, provider_refund, amount, refunded_at,
  live, retain_until, provisions, exemptions)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
KNOWN = "SELECT true FROM refund WHERE provider_refund = $1"
BOOK = """
WITH m AS (UPDATE payment SET state = 'refunded' WHERE payment_id = $2 AND $4::boolean)
UPDATE purchase SET refunded = refunded + $3::bigint, state = CASE WHEN $4 THEN 'refunded' ELSE state END
WHERE order_id = $1
"""


async def record(tx: Transaction, payment: Row, order: Row, notice: Notice) -> None:
    """Book a refund of a confirmed payment; the caller holds person, payment and order locked.

    Raises Refused (422) when more goes back than was paid.
    """
    if await tx.value(KNOWN, notice.refund):
        return
    if order["refunded"] + notice.amount > order["gross"]:
        raise refuse(422, "more is refunded than was paid", field="amount")
    full = order["refunded"] + notice.amount == order["gross"]
    kept = rules.kept(order, today())
    license_ = await lock_of_order(tx, order["order_id"]) if full else None
    if license_ is not None:
        await ending.end(tx, license_, "refunded")
    correction, _ = await invoices.correct(tx, order["order_id"], rules.part(order, notice.amount), today(), kept)
    refund_id = uuid4()
    await tx.run(
        INSERT,
        *(refund_id, order["subject_id"], order["order_id"], payment["payment_id"], correction, notice.refund),
        *(notice.amount, now(), order["live"], kept.until, kept.provisions, kept.exemptions),
    )
    await tx.run(BOOK, order["order_id"], payment["payment_id"], notice.amount, full)
    await invoices.keep_papers(tx, order["order_id"], kept)
    person = order["subject_id"]
    tx.publish(licensing.InvoiceIssued(subject_id=person, invoice_id=correction, kind="correction"))
    tx.publish(licensing.RefundMade(subject_id=person, order_id=order["order_id"], refund_id=refund_id, full=full))
    if order["live"]:
        facts = {"order_id": str(order["order_id"]), "amount": zloty(notice.amount)}
        tx.publish(identity.ServiceMailDue(subject_id=person, template="refund-made", facts=facts))
