"""What licensing does before the purge of an erasure: void open payments, end contracts, date and reason the rest."""

from collections.abc import Sequence
from datetime import timedelta

from services.licensing.data_map import DATA_MAP
from services.licensing.invoices import debts
from services.licensing.licenses import contract_rows
from services.licensing.licenses import store as licenses
from services.licensing.payments import store as payments
from shared.clock import today
from shared.contracts.privacy import OrderedSubject
from shared.database import Transaction
from shared.law.retention import open_claim
from shared.personal_data.erasure import Eraser


async def prepare_erasure(tx: Transaction, people: Sequence[OrderedSubject]) -> None:
    """Set-based. Open orders go with the purge; a contract ends by the purge of its license."""
    everybody = {person.subject_id for person in people}
    # linked ids come once per case: who ends the contract in one of them ends it
    ending = {person.subject_id for person in people if person.terminate_contract}
    review_on = open_claim(today()).review_at
    await payments.void_of_people(tx, list(everybody))
    # what an earlier erasure had kept is overdue first, so that this purge takes it
    kept_before = await licenses.under_review(tx, list(ending))
    await contract_rows.release(tx, kept_before, today() - timedelta(days=1))
    await contract_rows.keep(tx, await licenses.running(tx, list(everybody - ending)), review_on)
    await debts.hold(tx, list(everybody), today())


ERASER = Eraser(DATA_MAP, prepare_erasure)
