"""Privacy's database is brought to the end of the ledger before it serves anybody.

What it lacks was decided since it was backed up. Whoever was erased is erased at once; the order is sent again under
its own id, which everybody who has carried it out answers with the stored report, so that the case closes with its
certificate. Rulings and holds are in force again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from services.privacy.erasure import ERASER, date_proofs
from services.privacy.erasure_orders import store as orders
from services.privacy.holds.store import of_people
from services.privacy.ledger import file, store
from services.privacy.ledger.keeping import Keeper
from services.privacy.ledger.lines import About, Line, Mark, NotTheLedger
from services.privacy.ledger.snapshot import snapshot
from shared.contracts.privacy import ErasureOrdered, KnownPermission, OrderedSubject
from shared.database import Database, Transaction
from shared.messaging.outbox import enqueue
from shared.observability import log
from shared.personal_data import permissions
from shared.personal_data.erasure import erase
from shared.problems import refuse
from shared.purposes import Purpose

UNCLOSED = replace(ERASER, prepare=date_proofs, publishes=False)
"""Erases and leaves the case open: it closes when everybody has answered its order."""


async def bring_up(database: Database, keeper: Keeper) -> None:
    """Replay what the database lacks, or begin the ledger. Raises Refused with what is wrong with the file."""
    try:
        while await _step(database, keeper):
            pass
    except NotTheLedger as error:
        raise refuse(503, f"the ledger in LETHE_LEDGER: {error}") from None


async def _step(database: Database, keeper: Keeper) -> bool:
    """Replay one page; answers whether there may be more."""
    async with database.transaction(Purpose.ERASURE) as tx:
        await store.make_mark(tx)
        mark, lines = await store.lock_mark(tx), list[Line]()
        if await asyncio.to_thread(file.is_empty, keeper.folder):
            reached = await _begun(tx, keeper, mark)
        else:
            lines, reached = await asyncio.to_thread(file.read, keeper.folder, mark)
        for line in lines:
            await _replay(tx, line.about)
        await enqueue(tx)  # what is told again is in the ledger already
        await store.set_mark(tx, reached)
    keeper.known = reached.number
    if lines:
        log.warning("replayed from the ledger", rows=len(lines))
    return reached != mark


async def _begun(tx: Transaction, keeper: Keeper, mark: Mark) -> Mark:
    if mark.number:
        raise NotTheLedger("it is not there, and the database knows it: bring the folder back")
    return await asyncio.to_thread(file.begin, keeper.folder, await snapshot(tx))


async def _replay(tx: Transaction, about: About) -> None:
    if rulings := [KnownPermission(**dict(zip(RULING, each, strict=True))) for each in about.get("rulings", ())]:
        await _rule(tx, rulings)
    if holds := about.get("holds"):
        await store.know(tx, [UUID(each["subject_id"]) for each in holds])
        await tx.declare(Purpose.LEGAL_DUTY)
        await store.hold(tx, holds)
        await tx.declare(Purpose.ERASURE)
    if erased := about.get("erased"):
        await _erase(tx, [(UUID(each), uuid4(), True) for each in erased])
    for order in about.get("orders", ()):
        await _order(tx, UUID(order["order_id"]), [(UUID(s), UUID(c), ends) for s, c, ends in order["people"]])


RULING = ("subject_id", "purpose", "allowed", "version")
Named = tuple[UUID, UUID, bool]


async def _rule(tx: Transaction, rulings: Sequence[KnownPermission]) -> None:
    await store.know(tx, [ruling.subject_id for ruling in rulings])
    await permissions.apply(tx, rulings)
    await store.outrank(tx, rulings)


async def _order(tx: Transaction, order_id: UUID, named: Sequence[Named]) -> None:
    """Erase the people of an order that this database does not know, and send it again."""
    if not await store.unknown_orders(tx, [order_id]):
        return
    over = await store.over(tx, [case for _, case, _ in named])
    people = _people([each for each in named if each[1] not in over])
    if not people:
        return
    asked = await orders.participants(tx)
    holds = await of_people(tx, [person.subject_id for person in people])
    order = ErasureOrdered(order_id=order_id, participants=asked, subjects=people, holds=holds)
    await store.make_certain(tx, [person.case_id for person in people])
    await orders.store(tx, order)
    await erase(tx, UNCLOSED, uuid4(), people)
    tx.publish(order)


async def _erase(tx: Transaction, named: Sequence[Named]) -> None:
    living = await store.unerased(tx, [subject for subject, _, _ in named])
    if living:
        await erase(tx, UNCLOSED, uuid4(), _people([each for each in named if each[0] in set(living)]))


def _people(named: Sequence[Named]) -> tuple[OrderedSubject, ...]:
    return tuple(OrderedSubject(subject_id=s, case_id=c, terminate_contract=ends) for s, c, ends in named)
