"""Officers place, review and release legal holds; licensing asks for those of debts."""

from uuid import UUID

from services.privacy import legal_holds
from services.privacy.holds import store
from shared.clock import today
from shared.contracts import licensing, privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Created, Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")

FIRST = UUID(int=0)


@router.request(privacy.PlaceHold, purpose=Purpose.LEGAL_DUTY)
async def place_hold(request: privacy.PlaceHold, tx: Transaction, actor: Actor) -> Created:
    return Created(id=await legal_holds.place(tx, request, actor.id, today()))


@router.request(privacy.ReviewHold, purpose=Purpose.LEGAL_DUTY)
async def review_hold(request: privacy.ReviewHold, tx: Transaction, actor: Actor) -> Done:
    await legal_holds.review(tx, request, actor.id, today())
    return Done()


@router.request(privacy.ReleaseHold, purpose=Purpose.LEGAL_DUTY)
async def release_hold(request: privacy.ReleaseHold, tx: Transaction, actor: Actor) -> Done:
    await legal_holds.release(tx, request.hold_id, str(actor.id), request.reason, today())
    return Done()


@router.request(privacy.ListHolds, purpose=Purpose.LEGAL_DUTY)
async def list_holds(request: privacy.ListHolds, tx: Transaction) -> privacy.LegalHolds:
    return privacy.LegalHolds(holds=await store.listed(tx, today(), request))


@router.request(privacy.Holds, purpose=Purpose.LEGAL_DUTY)
async def known_holds(request: privacy.Holds, tx: Transaction) -> privacy.HoldPage:
    """A page of all holds, for a service that joins or was restored."""
    hold_id, _, person = request.after.partition(" ")
    page = await store.after(tx, UUID(hold_id) if hold_id else FIRST, UUID(person) if person else FIRST, request.limit)
    last = page[-1] if len(page) == request.limit else None
    return privacy.HoldPage(holds=page, next=f"{last.hold_id} {last.subject_id}" if last else "")


@router.event(licensing.ClaimHeld, purpose=Purpose.LEGAL_DUTY)
async def keep_claim(event: licensing.ClaimHeld, tx: Transaction) -> None:
    await legal_holds.take_over(tx, event)


@router.event(licensing.ClaimEnded, purpose=Purpose.LEGAL_DUTY)
async def end_claim(event: licensing.ClaimEnded, tx: Transaction) -> None:
    await legal_holds.end_claim(tx, event, today())
