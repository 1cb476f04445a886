"""What was decided before there was a ledger: its first lines."""

from typing import Any
from uuid import UUID, uuid4

from services.privacy.ledger import store
from services.privacy.tombstones import permissions_after
from shared.database import Transaction

PAGE = 1000
FIRST = UUID(int=0)


async def snapshot(tx: Transaction) -> list[dict[str, Any]]:
    """Who is erased, being erased, held, and what is ruled about the living."""
    begun: list[dict[str, Any]] = [{"begun": str(uuid4())}]
    pages = await _erased(tx) + await _held(tx) + await _ruled(tx)
    return begun + pages + [{"orders": [order]} for order in await store.open_orders(tx)]


async def _erased(tx: Transaction) -> list[dict[str, Any]]:
    pages, page = [], await store.erased_after(tx, FIRST, PAGE)
    while page:
        pages.append({"erased": [str(each) for each in page]})
        page = await store.erased_after(tx, page[-1], PAGE)
    return pages


async def _held(tx: Transaction) -> list[dict[str, Any]]:
    pages, page = [], await store.holds_after(tx, 0, PAGE)
    while page:
        pages.append({"holds": page})
        page = await store.holds_after(tx, page[-1]["version"], PAGE)
    return pages


async def _ruled(tx: Transaction) -> list[dict[str, Any]]:
    pages, page = [], await permissions_after(tx, FIRST, "", PAGE)
    while page:
        pages.append({"rulings": [[str(p.subject_id), p.purpose, p.allowed, p.version] for p in page]})
        page = await permissions_after(tx, page[-1].subject_id, page[-1].purpose, PAGE)
    return pages
