"""Accounts that nobody uses: their owners are written to twice, then they end as an erasure (GDPR Art. 5(1)(e)).

Whoever has a contract that goes on is no stranger, however long ago they signed in: licensing is asked first.
"""

from collections.abc import Sequence
from datetime import date

from services.identity.accounts import dormant_store
from services.identity.accounts.dormancy import WAIT, Step, ends_on, next_step, unused_before
from services.identity.accounts.dormant_store import Dormant
from services.identity.service_mail import store as service_mail
from shared.clock import today
from shared.contracts import identity, licensing
from shared.database import Database, Transaction
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose

INTERVAL_S = 3600.0
BATCH = 200
SEEN_FOR = Purpose.RETENTION
"""The purpose for which PostgreSQL shows nobody who is restricted (GDPR Art. 18(2))."""
STEPS: tuple[Step, ...] = ("warn", "warn again", "end")


async def see_to_dormant(database: Database, client: RequestClient) -> bool:
    return await as_of(database, client, today())


async def as_of(database: Database, client: RequestClient, day: date) -> bool:
    """Do what is due on a day; answers whether more waits. Raises Refused when licensing does not answer."""
    async with database.transaction(SEEN_FOR) as tx:
        found = await dormant_store.dormant(tx, unused_before(day), day, WAIT, BATCH)
    if not found:
        return False
    asked = licensing.TellContractHolders(subjects=tuple(each.subject_id for each in found))
    holders = set((await client.request(asked)).subjects)
    async with database.transaction(SEEN_FOR) as tx:
        await dormant_store.note_contracts(tx, sorted(holders), day)
        for step in STEPS:
            await _take(tx, step, [each for each in found if each.subject_id not in holders], day)
    return len(found) == BATCH


async def _take(tx: Transaction, step: Step, found: Sequence[Dormant], day: date) -> None:
    """One step for everybody for whom it is due."""
    due = {each.subject_id: each for each in found if next_step(each.warned_on, each.warned_again_on, day) == step}
    facts = {"ends_on": ends_on(step, day).isoformat()}
    for subject_id in await dormant_store.note_step(tx, step, list(due), day, unused_before(day)):
        if step == "end":
            tx.publish(identity.AccountDormant(subject_id=subject_id, unused_since=due[subject_id].used_on))
        else:
            await service_mail.store(tx, subject_id, "account-dormant", facts)
