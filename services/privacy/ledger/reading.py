"""What a page of the ledger names, as this database has it: it was brought to the ledger's end before it answers."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from services.privacy import tombstones
from services.privacy.ledger import file, store
from services.privacy.ledger.decided import people_of
from services.privacy.ledger.lines import Line, Mark, NotTheLedger
from shared.contracts.privacy.ledger import LedgerPage, ReadLedger
from shared.database import Transaction


async def page(tx: Transaction, folder: str, request: ReadLedger) -> LedgerPage:
    """What was decided behind a place; another ledger's place, or none, leads to its end."""
    end, after = await store.mark(tx), Mark.of(request.after)
    if not after.number:
        return LedgerPage(next=str(end), start_over=True)
    try:
        lines, reached = await asyncio.to_thread(file.read, Path(folder), after, end)
    except NotTheLedger:
        return LedgerPage(next=str(end), start_over=True)
    return await _told(tx, request.service, lines, str(reached), more=reached.number < end.number)


async def _told(tx: Transaction, service: str, lines: Sequence[Line], reached: str, *, more: bool) -> LedgerPage:
    all_decided = [line.decided for line in lines]
    gone = await tombstones.erased_among(tx, people_of(all_decided), service)
    return LedgerPage(
        erased=tuple(each.subject_id for each in gone),
        contracts_go_on=tuple(each.subject_id for each in gone if each.contracts_go_on),
        permissions=await store.ruled(tx, [*{ruling.subject_id for each in all_decided for ruling in each.rulings}]),
        holds=await store.held(tx, [*{hold.hold_id for each in all_decided for hold in each.holds}]),
        next=reached,
        more=more,
    )
