"""What an officer puts right (GDPR Art. 16): stored with the case until the services that hold it have applied it.

A message that waits carries ids; the values are asked for. What is right stays in the case, for its person to read.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.privacy.blocks.store import participants
from services.privacy.desk import unapplied_corrections
from services.privacy.desk.store import LockedCase
from services.privacy.loops import LETTERS
from services.privacy.recipients import store as recipients
from services.privacy.recipients.rules import names
from services.privacy.register.loading import register
from shared.contracts.privacy import Correction, CorrectionApplied, CorrectionDecided
from shared.database import Transaction
from shared.law import tax_numbers
from shared.problems import refuse

STATE = "correcting"
HOLDERS = frozenset(("identity", "licensing"))
"""Who knows how to apply a correction."""
FIELDS: Mapping[str, tuple[str, ...]] = {
    "D1": ("full_name",),
    "D2": ("company", "nip"),
    "D3": ("street", "postal_code", "city", "country"),
}
"""What a correction of a category of data may say; other categories are put right by hand."""

STORE = """
INSERT INTO case_correction (case_id, subject_id, full_name, street, postal_code, city, country, company, nip, invoices,
  asked, waits)
SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11 FROM unnest($2::uuid[]) AS id
"""
READ = """
SELECT full_name, street, postal_code, city, country, company, nip, invoices FROM case_correction
WHERE case_id = $1 AND subject_id = $2
"""
LOCK = "SELECT subject_id, about FROM privacy_case WHERE case_id = $1 AND state = 'correcting' FOR NO KEY UPDATE"
# Also by one that had left: what it tells after all counts.
APPLIED = """
UPDATE case_correction SET waits = array_remove(waits, $3), gone = array_remove(gone, $3)
WHERE case_id = $1 AND subject_id = $2
"""
CONCLUDE = """
UPDATE privacy_case c SET state = 'corrected', closed_at = clock_timestamp(), letter_due_at = clock_timestamp(),
  letter_tries = 0, letter = CASE WHEN sealed_address IS NOT NULL THEN 'corrected' END
WHERE case_id = $1 AND NOT EXISTS (SELECT FROM case_correction k WHERE k.case_id = c.case_id AND k.waits <> '{}')
"""
IDS = "SELECT subject_id FROM case_correction WHERE case_id = $1"


def check(case: LockedCase, decision: str, correction: Correction) -> None:
    """Raise Refused (422) by the field that can't be: another decision, or another category's."""
    said = tuple(correction.model_dump(exclude_none=True, exclude={"invoices"}))
    known = FIELDS.get(case.about or "", ())
    if decision != "corrected" or not known:
        raise refuse(422, "nothing of this is corrected here", field="correction", message="leave it out")
    if not said:
        raise refuse(422, "what is right", field="correction", message=f"one of: {', '.join(known)}")
    if wrong := [name for name in said if name not in known]:
        message = f"the case is about {case.about}"
        raise refuse(422, "the case is about something else", field=f"correction.{wrong[0]}", message=message)
    _check_values(correction)


def _check_values(correction: Correction) -> None:
    """Raise Refused (422) by the field: who applies it refuses nothing."""
    if correction.nip is not None and not tax_numbers.nip(correction.nip):
        raise refuse(422, "this is no NIP", field="correction.nip", message="its check digit or form is wrong")
    if correction.country is None:
        return
    if not tax_numbers.is_country(correction.country):
        raise refuse(422, "this is no country", field="correction.country", message="two letters of ISO 3166-1")
    if correction.invoices:
        message = "invoices keep the country that their tax was found by"
        raise refuse(422, "the country decides the tax", field="correction.invoices", message=message)


async def begin(
    tx: Transaction, case: LockedCase, ids: Sequence[UUID], correction: Correction, required: Collection[str]
) -> None:
    """Have it applied to all ids of the person. The case is `correcting`."""
    asked = sorted(HOLDERS & set(await participants(tx, required)))
    await tx.run(STORE, case.case_id, list(ids), *_values(correction), correction.invoices, asked)
    for subject_id in ids:
        tx.publish(CorrectionDecided(case_id=case.case_id, subject_id=subject_id))
    await conclude(tx, case.case_id, case.about or "")


def _values(c: Correction) -> tuple[str | None, ...]:
    nip = c.nip and tax_numbers.nip(c.nip)
    return c.full_name, c.street, c.postal_code, c.city, c.country, c.company, nip


async def read(tx: Transaction, case_id: UUID, subject_id: UUID) -> Correction:
    """Raises Refused (404)."""
    row = await tx.row(READ, case_id, subject_id)
    if row is None:
        raise refuse(404, "there is nothing to correct")
    return Correction.model_validate(dict(row))


async def applied(tx: Transaction, event: CorrectionApplied) -> None:
    """A service has applied it to one id; with the last one the person is answered, and who was given it is told."""
    row = await tx.row(LOCK, event.case_id)
    await tx.run(APPLIED, event.case_id, event.subject_id, event.service)
    if row is not None:
        await conclude(tx, event.case_id, row["about"])


async def wait_for_nobody_who_left(tx: Transaction) -> None:
    """Go on without a service that left before it had applied it, as erasures do."""
    cases = await unapplied_corrections.waiting(tx)
    if cases:
        await unapplied_corrections.give_up(tx, [case.case_id for case in cases])
    for case in cases:
        await conclude(tx, case.case_id, case.about)


async def conclude(tx: Transaction, case_id: UUID, about: str) -> None:
    """Close the case, if nobody is waited for."""
    if await tx.run(CONCLUDE, case_id):
        ids = [row["subject_id"] for row in await tx.rows(IDS, case_id)]
        await recipients.corrected(tx, case_id, ids, about, names(register()))
        tx.wake(LETTERS)
