"""What the sample service says and can be asked."""

from uuid import UUID

from pydantic import Field

from shared.contracts.message import GATEWAY, OPERATORS, Created, Done, Event, Message, Request


class ThingNoted(Event, type="sample.thing-noted.v1"):
    """A person noted something, perhaps about a friend; pointless once the person is gone."""

    subject_id: UUID
    note_id: UUID
    friend_id: UUID | None = None
    author_id: UUID | None = None


class ReceiptMade(Event, type="sample.receipt-made.v1", late="statutory"):
    """A person paid: the law wants the record even if the person was erased meanwhile."""

    subject_id: UUID
    receipt_id: UUID
    amount_cents: int


class NoteKept(Event, type="sample.note-kept.v1"):
    """A note is in the database."""

    subject_id: UUID
    note_id: UUID


class NoteThing(Request[Created], type="sample.note-thing", askers=(GATEWAY, OPERATORS), circumstances=("seen_at",)):
    """Write a note; must not happen twice."""

    subject_id: UUID
    text: str = Field(min_length=1, max_length=200)
    seen_at: str = ""


class Notes(Message):
    """A person's notes."""

    texts: tuple[str, ...]


class ReadNotes(Request[Notes], type="sample.read-notes", askers=(GATEWAY, OPERATORS)):
    """A person's notes; asking again does no harm."""

    subject_id: UUID


class ForgetNotes(Request[Done], type="sample.forget-notes", askers=(GATEWAY, OPERATORS)):
    """Throw a person's notes away; repeating it changes nothing."""

    subject_id: UUID
