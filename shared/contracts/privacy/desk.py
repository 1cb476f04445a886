"""The desk: requests of people as officers and support see them. Ids, days and states; who it is stands elsewhere."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shared.contracts.actors import Staff
from shared.contracts.fields import Day, Line
from shared.contracts.message import Created, Done, Message, Request
from shared.contracts.privacy.cases import ClockState, Right

LookPurpose = Literal["handling", "answering", "supervision"]
"""Why one of the staff looks at a case: to bring it on, to answer its person, to supervise the desk."""
Text = Annotated[Line, StringConstraints(min_length=3, max_length=2000)]
KEY = r"^(\d{4}-\d{2}-\d{2}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$"


def _place(key: str) -> str:
    """Refuse a place whose day is none."""
    try:
        date.fromisoformat(key.partition("_")[0] or "2000-01-01")
    except ValueError:
        raise PydanticCustomError("no_place", "must be `next` of the page before") from None
    return key


class DeskCase(Message):
    """A case in the list; `clock` says how it stands to its last day."""

    case_id: UUID
    right: str
    state: str
    clock: ClockState
    channel: str
    received_at: datetime
    due_on: date
    target_on: date
    closed_at: datetime | None
    assignee: UUID | None
    asked_on: date | None = None
    """When the person was asked who they are, as long as there is no answer."""
    paused_from: date | None = None
    """Since when the clock stands: the question was in time, or says why not."""
    paused_days: int = 0
    extended_on: date | None = None
    extension: str | None = None


class DeskCases(Message):
    """Cases, those that are due first at the top; `next` asks for the page after, empty on the last one."""

    cases: tuple[DeskCase, ...]
    next: str = ""


class ListDeskCases(
    Request[DeskCases], type="privacy.list-desk-cases", askers=("gateway",), actor=Staff("officer", "support")
):
    """The open cases, or those of one state; of them those of a right, due before a day, overdue, of an assignee."""

    state: str | None = Field(default=None, max_length=40)
    right: Right | None = None
    due_before: Day | None = None
    overdue: bool | None = None
    assignee: UUID | None = None
    after: Annotated[str, StringConstraints(pattern=KEY), AfterValidator(_place)] = ""
    limit: int = Field(default=100, ge=1, le=200)


class DeskEvent(Message):
    """A step of a case: by whom, and by which of the staff."""

    at: datetime
    actor: str
    by: UUID | None
    before: str
    after: str
    reason: str


class DeskNote(Message):
    """What one of the staff noted; its person reads it in a copy."""

    note_id: UUID
    at: datetime
    by: UUID
    text: str


class DeskLetter(Message):
    """A letter of the desk as it was issued; `ending` says how it left: sent, refused by the mail server, given up."""

    letter_id: UUID
    kind: str
    title: str
    text: str
    issued_at: datetime
    ending: str | None
    ended_at: datetime | None


class DeskRefusal(Message):
    """What was refused, on which ground; without a category the whole request."""

    category: str
    ground: str
    kept_until: date | None


class DeskFile(Message):
    """A case with all that happened to it."""

    case: DeskCase
    subject_id: UUID
    ground: str | None
    about: str | None = None
    statement: str | None = Field(default=None, repr=False)
    events: tuple[DeskEvent, ...]
    notes: tuple[DeskNote, ...]
    letters: tuple[DeskLetter, ...] = ()
    refused: tuple[DeskRefusal, ...] = ()


class ReadDeskCase(
    Request[DeskFile], type="privacy.read-desk-case", askers=("gateway",), actor=Staff("officer", "support")
):
    """Look at one case. The look is noted and part of the person's copy, with its purpose and without a name. 404."""

    case_id: UUID
    purpose: LookPurpose


class AssignCase(Request[Done], type="privacy.assign-case", askers=("gateway",), actor=Staff("officer", "support")):
    """Somebody of the staff sees to a case from now on; null: nobody.

    404; 409 for a case that has ended; 422 for an id of nobody of the staff.
    """

    case_id: UUID
    assignee: UUID | None


class NoteCase(Request[Created], type="privacy.note-case", askers=("gateway",), actor=Staff("officer", "support")):
    """A note on a case, which its person reads in a copy. 404; 410 after the person's erasure."""

    case_id: UUID
    text: Text
