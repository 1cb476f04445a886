"""The desk: staff find cases, look at one, see to it, note something on it."""

from services.privacy.desk import rules, store
from services.privacy.desk.assigning import check_assignee
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Created, Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ListDeskCases, purpose=Purpose.RIGHTS)
async def list_desk_cases(request: privacy.ListDeskCases, tx: Transaction) -> privacy.DeskCases:
    rules.check_state(request.state)
    cases = await store.listed(tx, request)
    shown = tuple(cases[: request.limit])
    more = len(cases) > request.limit
    return privacy.DeskCases(cases=shown, next=f"{shown[-1].due_on}_{shown[-1].case_id}" if more else "")


@router.request(privacy.ReadDeskCase, purpose=Purpose.RIGHTS)
async def read_desk_case(request: privacy.ReadDeskCase, tx: Transaction, actor: Actor) -> privacy.DeskFile:
    """The look is noted before anything is shown, in the same transaction."""
    await store.look(tx, request.case_id, request.purpose, actor.id)
    case = await store.file(tx, request.case_id)
    if case is None:
        raise refuse(404, "no such case")
    return case


@router.request(privacy.AssignCase, purpose=Purpose.RIGHTS, prepare=check_assignee)
async def assign_case(request: privacy.AssignCase, tx: Transaction, actor: Actor) -> Done:
    case = await store.locked(tx, request.case_id)
    if case.clock.closed_at:
        raise refuse(409, "the case has ended", field="state", message=f"it is {case.state}")
    await store.assign(tx, case.case_id, request.assignee)
    await store.note_event(tx, case.case_id, "staff", "assigned" if request.assignee else "given back", actor.id)
    return Done()


@router.request(privacy.NoteCase, purpose=Purpose.RIGHTS)
async def note_case(request: privacy.NoteCase, tx: Transaction, actor: Actor) -> Created:
    case = await store.locked(tx, request.case_id)
    return Created(id=await store.note(tx, case.case_id, case.subject_id, actor.id, request.text))
