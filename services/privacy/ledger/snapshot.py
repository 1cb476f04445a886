"""What was decided before there was a ledger: its first lines."""

from uuid import UUID, uuid4

from services.privacy.ledger import store
from services.privacy.ledger.decided import Decided
from services.privacy.tombstones import permissions_after
from shared.database import Transaction

PAGE = 1000
FIRST = UUID(int=0)


async def snapshot(tx: Transaction) -> list[Decided]:
    """Who is erased, being erased, held, and what is ruled about the living."""
    decided = [Decided(begun=uuid4()), *await _erased(tx), *await _held(tx), *await _ruled(tx)]
    return [*decided, *(Decided(orders=(order,)) for order in await store.open_orders(tx))]


async def _erased(tx: Transaction) -> list[Decided]:
    pages, page = [], await store.erased_after(tx, FIRST, PAGE)
    while page:
        pages.append(Decided(erased=tuple(page)))
        page = await store.erased_after(tx, page[-1], PAGE)
    return pages


async def _held(tx: Transaction) -> list[Decided]:
    pages, page = [], await store.holds_after(tx, 0, PAGE)
    while page:
        pages.append(Decided(holds=tuple(page)))
        page = await store.holds_after(tx, page[-1].version, PAGE)
    return pages


async def _ruled(tx: Transaction) -> list[Decided]:
    pages, page = [], await permissions_after(tx, FIRST, "", PAGE)
    while page:
        pages.append(Decided(rulings=page))
        page = await permissions_after(tx, page[-1].subject_id, page[-1].purpose, PAGE)
    return pages
