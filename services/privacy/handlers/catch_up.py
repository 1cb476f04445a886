"""What a service that joins or was restored asks before its first event."""

from uuid import UUID

from services.privacy import tombstones
from shared.contracts import privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")

FIRST = UUID(int=0)


@router.request(privacy.ErasedSubjects, purpose=Purpose.RIGHTS)
async def erased_subjects(request: privacy.ErasedSubjects, tx: Transaction) -> privacy.ErasedPage:
    """A page of the tombstones, with those that are just being set."""
    after = UUID(request.after) if request.after else FIRST
    page = await tombstones.erased_after(tx, after, request.limit, request.service)
    ids = tuple(erased.subject_id for erased in page)
    return privacy.ErasedPage(
        ids=ids,
        next=str(ids[-1]) if len(ids) == request.limit else "",
        contracts_go_on=tuple(erased.subject_id for erased in page if erased.contracts_go_on),
    )


@router.request(privacy.LastAnsweredOrder, purpose=Purpose.RIGHTS)
async def last_answered_order(request: privacy.LastAnsweredOrder, tx: Transaction) -> privacy.AnsweredOrder:
    """The newest orders that a service answered, for instances of before the ledger: do they know them?"""
    order_ids = await tombstones.answered_orders(tx, request.service)
    return privacy.AnsweredOrder(order_id=order_ids[0] if order_ids else None, order_ids=tuple(order_ids))


@router.request(privacy.Permissions, purpose=Purpose.RIGHTS)
async def known_permissions(request: privacy.Permissions, tx: Transaction) -> privacy.PermissionPage:
    """A page of the permissions of living people."""
    person, _, purpose = request.after.partition(" ")
    page = await tombstones.permissions_after(tx, UUID(person) if person else FIRST, purpose, request.limit)
    last = page[-1] if len(page) == request.limit else None
    return privacy.PermissionPage(permissions=page, next=f"{last.subject_id} {last.purpose}" if last else "")
