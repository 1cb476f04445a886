"""A case that opens while it is not certain who asks: it changes nothing, and its person is told how to stop it."""

from datetime import date
from uuid import UUID

from services.privacy.addresses import mailbox
from services.privacy.cases import store as cases
from services.privacy.cases.machine import PENDING
from services.privacy.cases.rules import Opening
from services.privacy.desk import letter_store, letters, store
from services.privacy.desk.decisions import about
from services.privacy.sealed_addresses import AddressSeal
from shared.database import Transaction
from shared.law.case_clock import day_of_receipt


async def open_case(tx: Transaction, opening: Opening, token: str, email: str | None, seal: AddressSeal) -> UUID:
    """Without an address nobody can be written to. Raises Refused: 409 for an open case of the right, 410."""
    where = (None, None) if email is None else (seal.close(email), mailbox(seal.keyring, email).newest)
    case_id = await cases.open_case(tx, opening, token, *where, begins_in=PENDING)
    await cases.say_no_more(tx)
    if email is not None:
        await _acknowledge(tx, case_id, day_of_receipt(opening.received_at), opening.due_on)
    return case_id


async def _acknowledge(tx: Transaction, case_id: UUID, received: date, due: date) -> None:
    case = await store.locked(tx, case_id)
    await letter_store.issue(tx, case, letters.entered(about(case), received, due))
