"""What one transaction decided, as a line of the ledger tells it: ids, versions and dates, and nothing personal."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from shared.contracts.message import Event, Message
from shared.contracts.privacy import ErasureOrdered, KnownPermission, OrderedSubject, PermissionChanged


class Order(Message):
    """Whom an order erases."""

    order_id: UUID
    people: tuple[OrderedSubject, ...]


class Hold(Message):
    """One row of a hold, with its officers' record; why it was placed, in words, stays in the database."""

    hold_id: UUID
    subject_id: UUID
    case_id: UUID | None
    scope: tuple[str, ...]
    ground: str
    owner: str
    placed_at: datetime
    released_at: datetime | None
    retain_until: date | None
    provisions: tuple[str, ...]
    exemptions: tuple[str, ...] | None
    version: int
    review_on: date | None
    provision: str
    exemption: str


class Decided(Message):
    """Orders, rulings and holds; in the first lines also which ledger it is, and who was erased before it began."""

    begun: UUID | None = None
    erased: tuple[UUID, ...] = ()
    orders: tuple[Order, ...] = ()
    rulings: tuple[KnownPermission, ...] = ()
    holds: tuple[Hold, ...] = ()


def decided(events: Sequence[Event], holds: Sequence[Hold]) -> Decided:
    """What a transaction tells everybody, and the holds that it told of."""
    orders = [e for e in events if isinstance(e, ErasureOrdered)]
    rulings = [e for e in events if isinstance(e, PermissionChanged)]
    return Decided(
        orders=tuple(Order(order_id=e.order_id, people=e.subjects) for e in orders),
        rulings=tuple(KnownPermission.model_validate(e.model_dump()) for e in rulings),
        holds=tuple(holds),
    )


def people_of(all_decided: Sequence[Decided]) -> list[UUID]:
    """Whom they order to be erased."""
    ordered = {p.subject_id for each in all_decided for order in each.orders for p in order.people}
    return [*ordered.union(*(each.erased for each in all_decided))]
