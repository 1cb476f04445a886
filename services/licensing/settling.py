"""What licensing does before the purge of an erasure: cancel, end, date and reason. Set-based."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.clock import today
from shared.contracts.privacy import OrderedSubject
from shared.database import Transaction
from shared.law.retention import open_claim


@dataclass(frozen=True)
class Reason:
    """Why rows stay although their person asked for erasure."""

    provision: str
    exemption: str


RUNNING = Reason("umowa w toku: GDPR Art. 6(1)(b)", "GDPR Art. 17(1)(a) not met")
CLAIM = Reason("unpaid debt: KC art. 118", "GDPR Art. 17(3)(e)")

# Open orders go with the purge. Money that still arrives for them is sent back: see payments/returns.py.
CANCEL = """
INSERT INTO void_payment (reference, amount)
SELECT reference, amount FROM payment WHERE subject_id = ANY ($1) AND state IN ('started', 'failed')
ON CONFLICT DO NOTHING
"""
# A contract ends by the purge of its license. What an earlier erasure had left is overdue first, so that it goes.
END = """
WITH ended AS (
  UPDATE license SET review_at = NULL, retain_until = $4::date - 1
  WHERE subject_id = ANY ($1) AND review_at IS NOT NULL RETURNING license_id, order_id),
a AS (UPDATE activation SET review_at = NULL, retain_until = $4 - 1
  FROM ended WHERE activation.license_id = ended.license_id),
t AS (UPDATE purchase_terms SET review_at = NULL, retain_until = $4 - 1
  FROM ended WHERE purchase_terms.order_id = ended.order_id)
UPDATE purchase SET review_at = NULL, provisions = array_remove(provisions, $2::text),
  exemptions = array_remove(exemptions, $3::text)
FROM ended WHERE purchase.order_id = ended.order_id
"""
# The contract's rows wait for its end, at most a year until somebody looks again.
CONTINUE = """
WITH kept AS (
  UPDATE license SET review_at = least((expires_at AT TIME ZONE 'Europe/Warsaw')::date, $4::date),
    provisions = ARRAY[$2::text], exemptions = ARRAY[$3::text]
  WHERE subject_id = ANY ($1) AND state <> 'ended' AND (expires_at IS NULL OR expires_at > now())
  RETURNING license_id, order_id, review_at),
a AS (UPDATE activation SET review_at = kept.review_at, provisions = ARRAY[$2], exemptions = ARRAY[$3]
  FROM kept WHERE activation.license_id = kept.license_id),
t AS (UPDATE purchase_terms SET review_at = kept.review_at, provisions = ARRAY[$2], exemptions = ARRAY[$3]
  FROM kept WHERE purchase_terms.order_id = kept.order_id)
UPDATE purchase SET review_at = kept.review_at, provisions = array_append(purchase.provisions, $2::text),
  exemptions = array_append(purchase.exemptions, $3::text)
FROM kept WHERE purchase.order_id = kept.order_id AND purchase.review_at IS NULL
"""
CLAIM_DEBTS = """
UPDATE invoice SET review_at = $2, provisions = array_append(provisions, $3::text),
  exemptions = array_append(exemptions, $4::text)
WHERE subject_id = ANY ($1) AND settled_on IS NULL AND review_at IS NULL
"""


async def settle(tx: Transaction, people: Sequence[OrderedSubject]) -> None:
    """Cancel open orders, end the contracts of those who want it, reason what must stay of the others."""
    everybody = [person.subject_id for person in people]
    # linked ids come once per case: who ends the contract in one of them ends it
    ending = list({person.subject_id for person in people if person.terminate_contract})
    going_on = list(set(everybody).difference(ending))
    review = open_claim(today()).review_at
    await tx.run(CANCEL, everybody)
    if ending:
        await tx.run(END, ending, RUNNING.provision, RUNNING.exemption, today())
    if going_on:
        await tx.run(CONTINUE, going_on, RUNNING.provision, RUNNING.exemption, review)
    await tx.run(CLAIM_DEBTS, everybody, review, CLAIM.provision, CLAIM.exemption)
