"""A new ledger in the place of one that is lost or broken: an operator's act with a reason, which is evidence.

Its first lines are what privacy's database has decided. Behind the database's place come what could still be read of
the old one, and what other services know and privacy does not: privacy replays that at its next start.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from uuid import UUID

from services.privacy.ledger import file, store
from services.privacy.ledger.decided import Decided
from services.privacy.ledger.lines import Mark
from services.privacy.ledger.snapshot import PAGE, snapshot
from shared.clock import now
from shared.contracts.privacy import KnownPermission
from shared.database import Transaction

SEEN_OFF_WITHIN_S = 1.0
"""So long PostgreSQL may take to see off a connection that was closed; this command has just closed some of its own."""
LOOKS_EVERY_S = 0.05
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""
NOTE = "INSERT INTO ledger_beginning (begun, reason, flaws, set_aside, lines, replayed) VALUES ($1, $2, $3, $4, $5, $6)"


@dataclass(frozen=True)
class Known:
    """What privacy's database has not decided, as far as anybody can tell."""

    salvaged: Sequence[Decided]
    erased: Sequence[UUID]
    rulings: Sequence[KnownPermission]
    hold: int
    """The highest version of a hold; what is placed from now on must outrank it."""

    def pages(self) -> Iterator[Decided]:
        """As lines of a ledger."""
        yield from self.salvaged
        for start in range(0, len(self.erased), PAGE):
            yield Decided(erased=tuple(self.erased[start : start + PAGE]))
        for start in range(0, len(self.rulings), PAGE):
            yield Decided(rulings=tuple(self.rulings[start : start + PAGE]))


@dataclass(frozen=True)
class Begun:
    """A new ledger: how many lines are of the database, how many it has yet to replay, and where the old one is."""

    lines: int
    replayed: int
    set_aside: str


async def is_at_work(tx: Transaction) -> bool:
    """Whether somebody else works with privacy's database: a running privacy would take replays for lost lines."""
    deadline = monotonic() + SEEN_OFF_WITHIN_S
    while await tx.value(OTHERS):
        if monotonic() > deadline:
            return True
        await asyncio.sleep(LOOKS_EVERY_S)
        await tx.run("SELECT pg_stat_clear_snapshot()")  # a transaction sees what it saw first
    return False


async def begin_anew(tx: Transaction, folder: Path, reason: str, flaws: Sequence[str], known: Known) -> Begun:
    """Make the new file and set the database's place. A crash before the commit leaves a file that is not the
    database's: then this is done once more.
    """
    await store.make_mark(tx)
    await store.lock_mark(tx)
    first = await snapshot(tx)
    aside = file.set_aside(folder, now())
    reached = file.begin(folder, first)
    end = _replays(folder, reached, known)
    await store.set_mark(tx, reached)
    await store.outrank_holds(tx, known.hold)
    begun = Begun(reached.number, end.number - reached.number, aside)
    await tx.run(NOTE, first[0].begun, reason, list(flaws), aside, begun.lines, begun.replayed)
    return begun


def _replays(folder: Path, reached: Mark, known: Known) -> Mark:
    """Lines that the database has not come to."""
    for decided in known.pages():
        reached = file.append(folder, reached, decided)
    return reached
