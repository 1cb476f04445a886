"""What officers decide about a case. It is held, people first: of two at the same instant one decides."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from services.privacy.arrival import begin
from services.privacy.blocks.store import holds, lock_ids
from services.privacy.cases import clock
from services.privacy.cases.machine import PENDING, REFUSED, opens_in
from services.privacy.cases.rules import Opening
from services.privacy.copies.store import destroy
from services.privacy.desk import decision_store, letter_store, letters, rules, store
from services.privacy.desk.letters import About
from services.privacy.desk.store import LockedCase
from services.privacy.loops import DISPATCHER, LETTERS, TRACES
from services.privacy.traces import store as traces
from services.privacy.withdrawal import let_go
from shared.clock import now, today
from shared.contracts import privacy
from shared.database import Transaction
from shared.law.case_clock import ExtensionReason
from shared.problems import refuse
from shared.secrets import Keyring


async def held(tx: Transaction, case_id: UUID) -> tuple[LockedCase, list[UUID]]:
    """A case and the ids of its person, which are locked first as everywhere. Raises Refused (404)."""
    subject_id = await decision_store.whose(tx, case_id)
    if subject_id is None:
        raise refuse(404, "no such case")
    ids = await lock_ids(tx, subject_id)
    return await store.locked(tx, case_id), ids


def _check_running(case: LockedCase) -> None:
    """Raise Refused (409) for a case whose person has been answered."""
    if case.clock.is_over:
        raise refuse(409, "the clock of this case has ended", field="state", message=f"it is {case.state}")


async def ask_identity(tx: Transaction, request: privacy.AskIdentity, by: UUID) -> None:
    """Write to the person; what was gathered is destroyed, an erasure waits. Raises Refused: 404, 409."""
    case, _ = await held(tx, request.case_id)
    asked = clock.ask(case.clock, today(), request.late_because)
    if case.state == PENDING:
        await store.note_event(tx, case.case_id, "officer", "identity asked", by)
    else:
        rules.check_way(case.right, case.state, PENDING)
        await decision_store.go(tx, case.case_id, PENDING, by, request.late_because)
        await destroy(tx, [case.case_id])
        await traces.forget(tx, case.case_id)
    await decision_store.keep_clock(tx, case.case_id, asked)
    question = letters.identity_question(about(case), request.question, clock_stands=asked.paused_from is not None)
    await letter_store.issue(tx, case, question)


async def record_answer(tx: Transaction, case_id: UUID, answered: date, by: UUID) -> None:
    """Raises Refused: 404; 409 without a question or once answered; 422 for a day on which it cannot have come."""
    case, _ = await held(tx, case_id)
    _check_running(case)
    await decision_store.keep_clock(tx, case_id, clock.answer(case.clock, answered, today()))
    await store.note_event(tx, case_id, "staff", "identity answered", by)


async def approve(
    tx: Transaction,
    request: privacy.ApproveCase,
    by: UUID,
    keyring: Keyring,
    required: Collection[str],
    cooling_off_s: float,
) -> None:
    """Let a case go on as its right does. Raises Refused: 404; 409 when it was certain, or too late for a copy."""
    case, _ = await held(tx, request.case_id)
    if case.state != PENDING:
        raise refuse(409, "it is certain who is asking", field="state", message=f"it is {case.state}")
    if case.clock.asked_on is not None:
        await decision_store.keep_clock(tx, case.case_id, clock.answer(case.clock, today(), today()))
    opening = _opening(case, cooling_off_s)
    await decision_store.go(tx, case.case_id, opens_in(case.right), by, request.identified_by)
    await decision_store.certain(tx, case.case_id, request.identified_by, opening.run_at)
    if not await holds(tx, case.case_id):
        await begin(tx, case.case_id, opening, keyring, required)
    for loop in (LETTERS, TRACES, DISPATCHER):
        tx.wake(loop)


def _opening(case: LockedCase, cooling_off_s: float) -> Opening:
    """The case as if it began now; its clock began with its receipt."""
    waits_s = cooling_off_s if case.right == "erasure" else 0
    received = case.clock.received_at if waits_s == 0 else now()
    return Opening(
        subject_id=case.subject_id,
        right=case.right,
        terminate_contract=case.terminate_contract,
        language=case.language,
        channel=case.channel,
        verified_by=case.verified_by,
        received_at=received,
        due_on=case.clock.due_on,
        target_on=case.clock.target_on,
        run_at=received + timedelta(seconds=waits_s),
        ground=case.ground,
        about=case.about,
    )


async def extend(tx: Transaction, request: privacy.ExtendCase, by: UUID) -> None:
    """Take two months more. Raises Refused: 404; 409 after the first month, the second time, and once answered."""
    case, _ = await held(tx, request.case_id)
    _check_running(case)
    extended = clock.extend(case.clock, today(), ExtensionReason(request.reason))
    await decision_store.keep_clock(tx, case.case_id, extended, request.reason)
    await store.note_event(tx, case.case_id, "officer", f"extended: {request.reason}", by)
    letter = letters.extension(about(case), request.reason, request.explanation, extended.due_on)
    await letter_store.issue(tx, case, letter)


async def refuse_case(tx: Transaction, request: privacy.RefuseCase, by: UUID) -> None:
    """End a case by a letter with its reasons. Raises Refused: 404, 409, 422."""
    case, ids = await held(tx, request.case_id)
    rules.check_way(case.right, case.state, REFUSED)
    rules.check_refusal(case.right, case.state, request.refused, today())
    if not case.clock.is_over:
        rules.check_late(case.clock.due_on, case.clock.paused_from or today(), request.late_because)
    letter = letters.refusal(about(case), request.refused, request.reasons, request.late_because)
    await letter_store.issue(tx, case, letter)
    await decision_store.refuse(tx, case, request.refused, by, request.reasons)
    await let_go(tx, case.case_id, ids)


def about(case: LockedCase) -> About:
    return About(case.case_id, case.right, case.language, today())
