"""What other services' databases know of what was decided: read by operators' commands, and by no service."""

from collections.abc import AsyncIterator
from uuid import UUID

from services.privacy.ledger import store
from services.privacy.ledger.verifying import Witness
from shared.contracts.privacy import KnownPermission
from shared.database import Transaction

PAGE = 10_000
FIRST = UUID(int=0)
REACHED_AT = "SELECT done_at FROM catch_up WHERE topic = 'ledger'"
RULINGS = "SELECT subject_id, purpose, allowed, version FROM permission WHERE version > $1 ORDER BY version LIMIT $2"
NEWEST_RULING = "SELECT coalesce(max(version), 0) FROM permission"
NEWEST_HOLD = "SELECT coalesce(max(version), 0) FROM hold"


async def testify(tx: Transaction) -> Witness:
    """What the database behind `tx` knows."""
    gone = frozenset([person async for page in erased(tx) for person in page])
    place, at = await store.mark(tx), await tx.value(REACHED_AT)
    return Witness(tx.service, place, at, gone, await newest_ruling(tx), await tx.value(NEWEST_HOLD))


async def erased(tx: Transaction) -> AsyncIterator[list[UUID]]:
    """Everybody with a tombstone here, page by page."""
    page = await store.erased_after(tx, FIRST, PAGE)
    while page:
        yield page
        page = await store.erased_after(tx, page[-1], PAGE)


async def rulings_after(tx: Transaction, version: int) -> AsyncIterator[tuple[KnownPermission, ...]]:
    """What is ruled here by later versions, page by page."""
    page = await _page(tx, version)
    while page:
        yield page
        page = await _page(tx, page[-1].version)


async def _page(tx: Transaction, version: int) -> tuple[KnownPermission, ...]:
    return tuple(KnownPermission.model_validate(dict(row)) for row in await tx.rows(RULINGS, version, PAGE))


async def newest_ruling(tx: Transaction) -> int:
    """The highest version by which something is ruled here."""
    return int(await tx.value(NEWEST_RULING))
