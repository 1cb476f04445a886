"""What a case forbids: ruled in the transaction that opens it, told by event, confirmed by every service.

A restriction (GDPR Art. 18) forbids everything, `*`, or the part that it names: `*profiling`, `*D3`. An erasure that
can still be taken back forbids everything. Several cases may hold one ruling at the same time. An objection under
Art. 21(1) forbids its purpose until it is decided, and for good when it is upheld. An objection to marketing
(Art. 21(2)) is a decision in the consent ledger.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from services.privacy.blocks import store
from services.privacy.cases.rules import Opening
from services.privacy.consents.ledger import record
from services.privacy.consents.rules import Decision
from services.privacy.extents import rulings_of
from services.privacy.loops import LETTERS
from services.privacy.recipients import store as recipients
from services.privacy.recipients.rules import names
from services.privacy.register.loading import register
from shared.contracts.participants import PermissionApplied
from shared.database import Transaction
from shared.messaging.faults import Rejected
from shared.purposes import EVERYTHING, Purpose

METHOD = "objection under GDPR Art. 21(2)"


async def begin(tx: Transaction, case_id: UUID, opening: Opening, required: Collection[str]) -> None:
    """Rule what a new case forbids, for all ids of its person."""
    if opening.right == "erasure":
        if opening.can_be_taken_back:
            await _forbid(tx, case_id, await store.lock_ids(tx, opening.subject_id), ())
        return
    ids = await store.lock_ids(tx, opening.subject_id)
    asked = await store.participants(tx, required)
    if opening.right == "marketing-objection":
        await _object(tx, case_id, opening, ids, asked)
    elif opening.right == "restriction":
        await _forbid(tx, case_id, ids, asked, rulings_of(opening.about))
    elif opening.right == "objection" and opening.about:
        await _forbid(tx, case_id, ids, asked, (opening.about,))
    if not asked:
        await complete(tx, [case_id])


async def _forbid(
    tx: Transaction, case_id: UUID, ids: Sequence[UUID], asked: Sequence[str], purposes: Sequence[str] = (EVERYTHING,)
) -> None:
    for event in await store.forbid(tx, case_id, ids, asked, purposes):
        tx.publish(event)


async def _object(tx: Transaction, case_id: UUID, opening: Opening, ids: Sequence[UUID], asked: Sequence[str]) -> None:
    for subject_id in ids:
        decision = Decision(
            subject_id,
            Purpose.MARKETING,
            given=False,
            text_version="",
            language=opening.language,
            surface=opening.channel,
            method=METHOD,
        )
        await store.store(tx, case_id, subject_id, await record(tx, decision, confirm=bool(asked)), asked)


async def release(tx: Transaction, case_id: UUID, ids: Sequence[UUID]) -> None:
    """End what a case forbids; what another one forbids as well stays forbidden. The ids are locked."""
    if purposes := await store.end(tx, case_id):
        for event in await store.lift(tx, ids, purposes):
            tx.publish(event)


async def cover(tx: Transaction, subject_id: UUID, required: Collection[str]) -> None:
    """Forbid for ids that turned out to be a person's what is forbidden for the others; nobody lifts it meanwhile."""
    for missing in await store.uncovered(tx, await store.lock_ids(tx, subject_id)):
        asked = await store.participants(tx, required) if missing.is_confirmed else ()
        await _forbid(tx, missing.case_id, missing.ids, asked, (missing.purpose,))


async def confirm(tx: Transaction, reports: Sequence[PermissionApplied], required: Collection[str]) -> None:
    """Note who acts by which rulings. Raises Rejected for a service nobody asked, and for versions never ruled."""
    await tx.plan_once()
    if not await store.are_known(tx, {report.service for report in reports} - {*required}):
        raise Rejected("a report of a service that takes no part")
    applied = store.Applied.of(reports)
    if await store.never_ruled(tx, applied):
        raise Rejected("a report on a version that was never ruled")
    if cases := await store.lock_cases(tx, applied):
        await store.confirm(tx, applied)
        await complete(tx, cases)


async def wait_for_nobody_who_left(tx: Transaction) -> None:
    """A participant that left confirms nothing any more."""
    if cases := await store.drop_departed(tx):
        await complete(tx, cases)


async def ask_again(tx: Transaction, after_s: float) -> list[str]:
    """Tell once more what somebody has not confirmed for long; the services that were silent."""
    unconfirmed = await store.remind(tx, after_s)
    for each in unconfirmed:
        tx.publish(each.event)
    return sorted({service for each in unconfirmed for service in each.silent})


async def complete(tx: Transaction, cases: Collection[UUID]) -> None:
    """Let cases go on that every service has confirmed; their people are told, and who was given their data."""
    if await store.complete(tx, cases):
        await recipients.restricted(tx, cases, names(register()))
        tx.wake(LETTERS)
