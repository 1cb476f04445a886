"""Privacy's database is brought to the end of the ledger before it serves anybody.

What it lacks was decided since it was backed up. Whoever was erased is erased at once; the order is sent again under
its own id, which everybody who has carried it out answers with the stored report, so that the case closes with its
certificate. Rulings and holds are in force again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from services.privacy.erasure import ERASER, date_proofs
from services.privacy.erasure_orders import store as orders
from services.privacy.holds.store import of_people
from services.privacy.ledger import file, store
from services.privacy.ledger.decided import Decided, Order
from services.privacy.ledger.keeping import Keeper
from services.privacy.ledger.lines import Line, Mark, NotTheLedger
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
            await _replay(tx, line.decided)
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


async def _replay(tx: Transaction, decided: Decided) -> None:
    if decided.rulings:
        await _rule(tx, decided.rulings)
    if decided.holds:
        await store.know(tx, [hold.subject_id for hold in decided.holds])
        await tx.declare(Purpose.LEGAL_DUTY)
        await store.hold(tx, decided.holds)
        await tx.declare(Purpose.ERASURE)
    if living := await store.unerased(tx, decided.erased):
        unnamed = uuid4()  # their orders were of before the ledger
        people = [OrderedSubject(subject_id=each, case_id=unnamed, terminate_contract=True) for each in living]
        await erase(tx, UNCLOSED, unnamed, people)
    for order in decided.orders:
        await _order(tx, order)


async def _rule(tx: Transaction, rulings: Sequence[KnownPermission]) -> None:
    await store.know(tx, [ruling.subject_id for ruling in rulings])
    await permissions.apply(tx, rulings)
    await store.outrank(tx, rulings)


async def _order(tx: Transaction, order: Order) -> None:
    """Erase the people of an order that this database does not know, and send it again."""
    over = await store.over(tx, [person.case_id for person in order.people])
    people = tuple(person for person in order.people if person.case_id not in over)
    if not people or not await store.is_unknown(tx, order.order_id):
        return
    again = ErasureOrdered(
        order_id=order.order_id,
        participants=await orders.participants(tx),
        subjects=people,
        holds=await of_people(tx, [person.subject_id for person in people]),
    )
    await store.make_certain(tx, [person.case_id for person in people])
    await orders.store(tx, again)
    await erase(tx, UNCLOSED, uuid4(), people)
    tx.publish(again)
