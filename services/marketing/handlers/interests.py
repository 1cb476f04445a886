"""Interests: noted by other services, shown to their person."""

from services.marketing import interests, subscribers
from shared.clock import today
from shared.contracts import marketing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.law import retention
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("marketing")


@router.request(marketing.NoteInterest, purpose=Purpose.PROFILING)
async def note_interest(request: marketing.NoteInterest, tx: Transaction) -> Done:
    keep_until = retention.marketing(today()).until
    await interests.note(tx, request, keep_until)
    await subscribers.renew_retention(tx, request.subject_id, keep_until)
    return Done()


@router.request(marketing.ReadInterests, purpose=Purpose.RIGHTS)
async def read_interests(request: marketing.ReadInterests, tx: Transaction) -> marketing.Interests:
    """A member's own interests (GDPR Art. 15(1)(h))."""
    return marketing.Interests(interests=await interests.of_person(tx, request.subject_id))
