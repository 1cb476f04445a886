"""The rows of the desk: cases in the order of their last day, what happened to one, who looked, what was noted."""

from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID, uuid4

from services.privacy.cases.clock import ClockRow, clock_state
from services.privacy.cases.machine import ANSWERED, Actor
from services.privacy.cases.store import clock_row
from shared.clock import today
from shared.contracts.fields import Language
from shared.contracts.privacy import (
    DeskCase,
    DeskEvent,
    DeskFile,
    DeskLetter,
    DeskNote,
    DeskRefusal,
    ListDeskCases,
    Right,
)
from shared.database import Row, Transaction
from shared.problems import refuse

COLUMNS = """
SELECT case_id, kind AS "right", state, channel, received_at, due_on, target_on, closed_at, assignee,
  asked_on, paused_from, paused_days, extended_on, extension
"""
# As `clock_state` has it: a clock that stands is late if it was when it stopped.
OVERDUE = "closed_at IS NULL AND state <> ALL ($5::text[]) AND due_on < coalesce(paused_from, $6)"
LISTED = f"""
{COLUMNS} FROM privacy_case
WHERE CASE WHEN $1::text IS NULL THEN closed_at IS NULL ELSE state = $1 END AND ($2::text IS NULL OR kind = $2)
  AND ($3::date IS NULL OR due_on < $3) AND ($4::boolean IS NULL OR ({OVERDUE}) = $4)
  AND ($7::uuid IS NULL OR assignee = $7) AND ($8::date IS NULL OR (due_on, case_id) > ($8, $9::uuid))
ORDER BY due_on, case_id LIMIT $10
"""
# Nobody who was erased gets a new row: that look is in the audit alone.
LOOK = """
INSERT INTO staff_look (subject_id, case_id, purpose, by)
SELECT subject_id, case_id, $2, $3 FROM privacy_case WHERE case_id = $1 AND live
"""
ONE = f"{COLUMNS}, subject_id, ground, about, statement FROM privacy_case WHERE case_id = $1"
EVENTS = "SELECT at, actor, by, before, after, reason FROM case_event WHERE case_id = $1 ORDER BY event_id"
NOTES = "SELECT note_id, at, by, text FROM case_note WHERE case_id = $1 ORDER BY at, note_id"
LETTERS = """
SELECT letter_id, kind, title, text, issued_at, ending, ended_at FROM case_letter WHERE case_id = $1
ORDER BY issued_at, letter_id
"""
REFUSED = "SELECT category, ground, kept_until FROM case_refusal WHERE case_id = $1 ORDER BY category"
LOCK = f"""
{COLUMNS}, subject_id, language, verified_by, ground, about, terminate_contract,
  sealed_address IS NOT NULL AS can_be_written_to
FROM privacy_case WHERE case_id = $1 FOR NO KEY UPDATE
"""
ASSIGN = "UPDATE privacy_case SET assignee = $2 WHERE case_id = $1"
EVENT = """
INSERT INTO case_event (case_id, actor, before, after, reason, by)
SELECT case_id, $2, state, state, $3, $4 FROM privacy_case WHERE case_id = $1
"""
NOTE = "INSERT INTO case_note (note_id, subject_id, case_id, by, text) VALUES ($1, $2, $3, $4, $5)"


@dataclass(frozen=True)
class LockedCase:
    """A case that nobody else changes meanwhile."""

    case_id: UUID
    subject_id: UUID
    right: Right
    channel: str
    language: Language
    verified_by: str
    ground: str | None
    about: str | None
    terminate_contract: bool
    can_be_written_to: bool
    clock: ClockRow

    @property
    def state(self) -> str:
        return self.clock.state


async def listed(tx: Transaction, asked: ListDeskCases) -> list[DeskCase]:
    """One more than asked for, if there are more."""
    day, _, case_id = asked.after.partition("_")
    place = (date.fromisoformat(day), UUID(case_id)) if day else (None, None)
    filters = (asked.state, asked.right, asked.due_before, asked.overdue, list(ANSWERED), today(), asked.assignee)
    return [_case(row) for row in await tx.rows(LISTED, *filters, *place, asked.limit + 1)]


async def look(tx: Transaction, case_id: UUID, purpose: str, by: UUID) -> None:
    """Note that one of the staff looks at a case."""
    await tx.run(LOOK, case_id, purpose, by)


async def file(tx: Transaction, case_id: UUID) -> DeskFile | None:
    """A case with all that happened to it."""
    row = await tx.row(ONE, case_id)
    if row is None:
        return None
    return DeskFile(
        case=_case(row),
        subject_id=row["subject_id"],
        ground=row["ground"],
        about=row["about"],
        statement=row["statement"],
        events=tuple(DeskEvent.model_validate(dict(each)) for each in await tx.rows(EVENTS, case_id)),
        notes=tuple(DeskNote.model_validate(dict(each)) for each in await tx.rows(NOTES, case_id)),
        letters=tuple(DeskLetter.model_validate(dict(each)) for each in await tx.rows(LETTERS, case_id)),
        refused=tuple(DeskRefusal.model_validate(dict(each)) for each in await tx.rows(REFUSED, case_id)),
    )


async def locked(tx: Transaction, case_id: UUID) -> LockedCase:
    """A case, held against everybody else. Raises Refused (404)."""
    row = await tx.row(LOCK, case_id)
    if row is None:
        raise refuse(404, "no such case")
    own = [field.name for field in fields(LockedCase) if field.name != "clock"]
    return LockedCase(clock=clock_row(row), **{name: row[name] for name in own})


async def assign(tx: Transaction, case_id: UUID, assignee: UUID | None) -> None:
    await tx.run(ASSIGN, case_id, assignee)


async def note_event(tx: Transaction, case_id: UUID, actor: Actor, reason: str, by: UUID | None) -> None:
    """What happened without bringing the case into another state; `by`: who of the staff did it."""
    await tx.run(EVENT, case_id, actor, reason, by)


async def note(tx: Transaction, case_id: UUID, subject_id: UUID, by: UUID, text: str) -> UUID:
    note_id = uuid4()
    await tx.run(NOTE, note_id, subject_id, case_id, by, text)
    return note_id


def _case(row: Row) -> DeskCase:
    return DeskCase.model_validate({**row, "clock": clock_state(clock_row(row), today())})
