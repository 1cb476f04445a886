"""Privacy's part of an erasure: the case is closed and dated in the transaction that erases its person."""

from collections.abc import Sequence

from services.privacy.data_map import DATA_MAP
from services.privacy.recipients import store as recipients
from services.privacy.recipients.rules import names
from services.privacy.register.loading import register
from shared.clock import today
from shared.contracts.privacy import OrderedSubject
from shared.database import Transaction
from shared.law.retention import proof
from shared.personal_data.erasure import Eraser

# The case, and the proofs that outlive it, are dated before the flip: the check of the tables refuses
# an erased person's row without date and provision.
CLOSE = """
UPDATE privacy_case SET state = 'closed', closed_at = clock_timestamp(),
  letter = CASE WHEN sealed_address IS NOT NULL THEN 'outcome' END, letter_due_at = clock_timestamp(), letter_tries = 0,
  retain_until = $2, provisions = $3, exemptions = $4
WHERE case_id = ANY ($1)
"""
# A copy does not outlive its person: chunks and key go with the purge.
CLOSE_COPIES = """
UPDATE privacy_case SET state = 'closed', closed_at = clock_timestamp(), letter = NULL, sealed_address = NULL
WHERE subject_id = ANY ($1) AND kind IN ('access', 'portability') AND closed_at IS NULL
"""
# Nothing is left to restrict. Whoever was erased gets one letter, that of the erasure.
END_OTHER_CASES = """
UPDATE privacy_case c SET state = 'ended', closed_at = clock_timestamp(), letter = NULL, sealed_address = NULL
WHERE subject_id = ANY ($1) AND EXISTS (
  SELECT FROM case_transition t WHERE t.kind = c.kind AND t.before = c.state AND t.after = 'ended')
"""
DATE = """
UPDATE {table} SET retain_until = $2, provisions = $3, exemptions = $4
WHERE subject_id = ANY ($1) AND retain_until IS NULL
"""
PROOFS = ("privacy_case", "recipient_notice", "consent", "disclosure", "case_letter", "case_refusal")

# What the same mailbox asked for and nobody confirmed, also when the case is of before a rotation of the keys.
DROP_REQUESTS = """
WITH mailbox AS (SELECT array_agg(address_hash) AS hashes FROM privacy_case
  WHERE case_id = ANY ($1) AND address_hash IS NOT NULL)
DELETE FROM unconfirmed_request USING mailbox
WHERE address_hash = ANY (mailbox.hashes) OR older_hashes && mailbox.hashes
"""


async def prepare_erasure(tx: Transaction, people: Sequence[OrderedSubject]) -> None:
    """Close the cases and date what is kept as proof (GDPR Art. 5(2), 17(3)(e))."""
    kept = proof(today())
    cases = [p.case_id for p in people]
    await tx.run(CLOSE, cases, kept.until, kept.provisions, kept.exemptions)
    await date_proofs(tx, people)


async def date_proofs(tx: Transaction, people: Sequence[OrderedSubject]) -> None:
    """End what hangs on the person and date what outlives it; their cases of erasure stay as they are."""
    kept = proof(today())
    reason = (kept.until, kept.provisions, kept.exemptions)
    await recipients.erased(tx, people, names(register()), kept)
    await tx.run(DROP_REQUESTS, [p.case_id for p in people])
    subjects = [p.subject_id for p in people]
    await tx.run(CLOSE_COPIES, subjects)
    await tx.run(END_OTHER_CASES, subjects)
    for table in PROOFS:
        await tx.run(DATE.format(table=table), subjects, *reason)


ERASER = Eraser(DATA_MAP, prepare_erasure, publishes=False)
