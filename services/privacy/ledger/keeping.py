"""Every transaction of privacy that orders an erasure or rules something writes it into the ledger before its commit.

It is the last step before the outbox, so nothing leaves that is not in the ledger. A crash between line and commit
leaves a line too many, which changes nothing: the decision had been made, its replay has its effect once, and nobody
can decide otherwise in between, since privacy answers nobody before the ledger is replayed.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from services.privacy.ledger import file, store
from services.privacy.ledger.decided import Decided, Hold, decided
from services.privacy.ledger.lines import Mark, NotTheLedger
from shared.contracts.privacy import HoldChanged
from shared.database import Transaction
from shared.messaging.outbox import enqueue

NOTHING = Decided()


@dataclass
class Keeper:
    """The ledger of one process: its folder, and the last line that this process knows to count."""

    folder: Path
    known: int = 0

    async def before_commit(self, tx: Transaction) -> None:
        """Write what is decided, then store what is published."""
        new = decided(tx.outgoing, await _holds(tx))
        if new != NOTHING:
            await self._write(tx, new)
        await enqueue(tx)

    async def _write(self, tx: Transaction, new: Decided) -> None:
        mark = await store.lock_mark(tx)
        self.require_newest(mark)
        written = await asyncio.to_thread(file.append, self.folder, mark, new)
        await store.set_mark(tx, written)
        tx.after_commit(partial(self._know, written))

    async def _know(self, mark: Mark) -> None:
        self.known = max(self.known, mark.number)

    def require_newest(self, mark: Mark) -> None:
        """Raise NotTheLedger when the database is older than it was: somebody exchanged it under this process.

        What stands behind its place would pass for what came to nothing.
        """
        if mark.number < self.known or not mark.number:
            raise NotTheLedger("the database is older than it was: start privacy again")


async def _holds(tx: Transaction) -> list[Hold]:
    told = {event.hold_id for event in tx.outgoing if isinstance(event, HoldChanged)}
    return await store.of_holds(tx, sorted(told)) if told else []
