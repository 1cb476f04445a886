"""What a page of the ledger names, as this database has it: it was brought to the ledger's end before it answers."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from services.privacy import tombstones
from services.privacy.ledger import file, store
from services.privacy.ledger.lines import About, Line, Mark, NotTheLedger
from shared.contracts.privacy import LedgerPage, ReadLedger
from shared.database import Transaction


async def page(tx: Transaction, folder: str, request: ReadLedger) -> LedgerPage:
    """What was decided behind a place; another ledger's place, or none, leads to its end."""
    end, after = await store.mark(tx), Mark.of(request.after)
    if not after.number or after.number > end.number:
        return LedgerPage(next=str(end), start_over=True)
    try:
        lines, reached = await asyncio.to_thread(file.read, Path(folder), after, end)
    except NotTheLedger:
        return LedgerPage(next=str(end), start_over=True)
    return await _told(tx, request.service, lines, str(reached), more=reached.number < end.number)


async def _told(tx: Transaction, service: str, lines: Sequence[Line], reached: str, *, more: bool) -> LedgerPage:
    abouts = [line.about for line in lines]
    gone = await tombstones.erased_among(tx, erased(abouts), service)
    return LedgerPage(
        erased=tuple(each.subject_id for each in gone),
        contracts_go_on=tuple(each.subject_id for each in gone if each.contracts_go_on),
        permissions=await store.ruled(tx, ruled(abouts)),
        holds=await store.held(tx, held(abouts)),
        next=reached,
        more=more,
    )


def erased(abouts: Sequence[About]) -> list[UUID]:
    """Whom lines order to be erased."""
    ordered = [person[0] for about in abouts for order in about.get("orders", ()) for person in order["people"]]
    return [UUID(each) for each in {*ordered, *(each for about in abouts for each in about.get("erased", ()))}]


def ruled(abouts: Sequence[About]) -> list[UUID]:
    """About whom lines rule."""
    return [UUID(each) for each in {ruling[0] for about in abouts for ruling in about.get("rulings", ())}]


def held(abouts: Sequence[About]) -> list[UUID]:
    """The holds that lines tell of."""
    return [UUID(each) for each in {hold["hold_id"] for about in abouts for hold in about.get("holds", ())}]
