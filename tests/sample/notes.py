"""Notes: written by request or because something was noted elsewhere."""

from uuid import UUID, uuid4

from shared.contracts.message import Created, Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from tests.sample import contracts

router = ServiceRouter("sample")

# A friend who was erased, or whom nobody knows here, is not named.
KEEP = """
INSERT INTO note (note_id, subject_id, friend_id, author_id, text)
VALUES ($1, $2, (SELECT subject_id FROM subject WHERE subject_id = $3 AND live),
  (SELECT subject_id FROM subject WHERE subject_id = $4 AND live), $5)
"""
TEXTS = "SELECT text FROM note WHERE subject_id = $1 ORDER BY note_id"
FORGET = "DELETE FROM note WHERE subject_id = $1"


@router.event(contracts.ThingNoted, purpose=Purpose.UPKEEP)
async def keep_note(event: contracts.ThingNoted, tx: Transaction) -> None:
    """Keep a note of it."""
    await tx.run(KEEP, event.note_id, event.subject_id, event.friend_id, event.author_id, "noted")
    tx.publish(contracts.NoteKept(subject_id=event.subject_id, note_id=event.note_id))


@router.request(contracts.NoteThing, purpose=Purpose.CONTRACT)
async def note_thing(request: contracts.NoteThing, tx: Transaction) -> Created:
    """Write a note."""
    note_id: UUID = uuid4()
    await tx.run(KEEP, note_id, request.subject_id, None, None, request.text)
    tx.publish(contracts.NoteKept(subject_id=request.subject_id, note_id=note_id))
    return Created(id=note_id)


@router.request(contracts.ReadNotes, purpose=Purpose.RIGHTS)
async def read_notes(request: contracts.ReadNotes, tx: Transaction) -> contracts.Notes:
    """A person's notes."""
    return contracts.Notes(texts=tuple(row["text"] for row in await tx.rows(TEXTS, request.subject_id)))


@router.request(contracts.ForgetNotes, purpose=Purpose.UPKEEP)
async def forget_notes(request: contracts.ForgetNotes, tx: Transaction) -> Done:
    """Throw them away."""
    await tx.run(FORGET, request.subject_id)
    return Done()
