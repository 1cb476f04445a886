"""One more request of the same is joined to the open case: nothing is refused or charged (GDPR Art. 12(5))."""

from uuid import UUID

from services.privacy.cases.machine import Actor
from services.privacy.desk import letter_store, letters, store
from services.privacy.desk.decisions import about
from shared.database import Transaction


async def join(tx: Transaction, case_id: UUID, actor: Actor, channel: str, by: UUID | None = None) -> None:
    """Note it in the case and tell its person, whoever asked."""
    case = await store.locked(tx, case_id)
    await store.note_event(tx, case_id, actor, f"asked again: {channel}", by)
    if case.can_be_written_to:
        await letter_store.issue(tx, case, letters.joined(about(case), case.clock.due_on))
