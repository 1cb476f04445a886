"""A participant's part of an erasure: purge, tombstone and stored report in one transaction.

(GDPR Art. 17; docs/promises.md 2.)
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from shared.clock import today
from shared.contracts.privacy import KnownHold, OrderedSubject
from shared.database import Transaction
from shared.messaging.faults import Fault, classify
from shared.messaging.outbox import OUTBOX
from shared.observability import log, metrics, what_failed
from shared.personal_data import holds, purge
from shared.personal_data.data_map import DataMap
from shared.tracing import current_traceparent

Prepare = Callable[[Transaction, Sequence[OrderedSubject]], Awaitable[None]]
"""What a service does first: cancel what is open, date and reason what must stay. Set-based."""


Step = Callable[[Transaction], Awaitable[None]]
"""What is done in the order's transaction, once it was found out elsewhere."""
Ask = Callable[..., Awaitable[Step]]
"""Asks another service about an ErasureOrdered before the transaction; its other parameters are filled by name."""


async def nothing_to_prepare(_tx: Transaction, _people: Sequence[OrderedSubject]) -> None:
    """A service without open business."""


# Who waits for one person holds the others of the order: after a short while it lets all go, and tries again.
LOCK_WAIT_S = 2.0
# Planned once per connection and not for each list of people: row-level security repeats the list in every part of the
# statement, and planning 500 ids took twice as long as erasing them.
LOCK = """
SELECT set_config('lock_timeout', $2, true), set_config('plan_cache_mode', 'force_generic_plan', true),
  lethe.lock_people($1)
"""


@dataclass(frozen=True)
class Eraser:
    """How one service erases: its map, what it prepares, and the SQL compiled from the map."""

    data_map: DataMap
    prepare: Prepare = nothing_to_prepare
    publishes: bool = True
    ask: Ask | None = None
    statement: str = field(init=False)
    failure_statement: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "statement", purge.statement(self.data_map))
        object.__setattr__(self, "failure_statement", purge.failure_statement(self.data_map))


async def erase(
    tx: Transaction,
    eraser: Eraser,
    order_id: UUID,
    people: Sequence[OrderedSubject],
    step: Step | None = None,
    held: Sequence[KnownHold] = (),
) -> None:
    """Erase everybody in `people` and store the report; a person who fails alone is reported as failed.

    `held` is what the order says is held of them: the purge sees at least that.

    An order that comes again, or at the same instant as its reminder, is answered with the stored report.
    """
    await tx.run(LOCK, [person.subject_id for person in people], f"{LOCK_WAIT_S:.0f}s")
    if await (_report_again(tx, eraser, order_id) if eraser.publishes else tx.value(KNOWN, order_id)):
        return
    await holds.know(tx, held)
    if step:
        await step(tx)
    await _erase_part(tx, eraser, order_id, 0, people)
    if eraser.publishes:
        tx.wake(OUTBOX)


async def _erase_part(
    tx: Transaction, eraser: Eraser, order_id: UUID, part: int, people: Sequence[OrderedSubject]
) -> int:
    """Erase in one go or, when that fails for good, halve down to the person; answers the next part's number."""
    try:
        async with tx.savepoint():
            await _purge(tx, eraser, order_id, part, people)
            return part + 1
    except asyncpg.PostgresError as error:
        if classify(error) in (Fault.INFRASTRUCTURE, Fault.CONFLICT, Fault.SLOW):
            raise
        if len(people) == 1:
            await _report_failure(tx, eraser, order_id, part, people[0].subject_id, error)
            return part + 1
    middle = len(people) // 2
    part = await _erase_part(tx, eraser, order_id, part, people[:middle])
    return await _erase_part(tx, eraser, order_id, part, people[middle:])


async def _purge(tx: Transaction, eraser: Eraser, order_id: UUID, part: int, people: Sequence[OrderedSubject]) -> None:
    await eraser.prepare(tx, people)
    ids = [person.subject_id for person in people]
    await tx.value(eraser.statement, ids, today(), order_id, part, current_traceparent(), eraser.publishes)
    metrics.erased.labels(eraser.data_map.service).inc(len(ids))


async def _report_failure(
    tx: Transaction, eraser: Eraser, order_id: UUID, part: int, person: UUID, error: asyncpg.PostgresError
) -> None:
    failed = what_failed(error)
    log.error("erasure of a person failed", participant=eraser.data_map.service, **failed)
    metrics.failed.labels(eraser.data_map.service).inc()
    await tx.run(
        eraser.failure_statement,
        [person],
        today(),
        order_id,
        part,
        current_traceparent(),
        eraser.publishes,
        failed["sqlstate"],
        failed["constraint"],
    )


KNOWN = "SELECT true FROM erasure_report WHERE order_id = $1 LIMIT 1"
REPUBLISH = """
WITH outdated AS (DELETE FROM erasure_report
  WHERE order_id = $1 AND (body::json ->> 'map_version')::integer <> $3 RETURNING part)
INSERT INTO outbox (type, body, traceparent) SELECT $2, body, $4 FROM erasure_report
WHERE order_id = $1 AND NOT EXISTS (SELECT FROM outdated) ORDER BY part
"""


async def _report_again(tx: Transaction, eraser: Eraser, order_id: UUID) -> bool:
    """Publish the stored report of an order once more; answers whether there is one.

    One by another data map says nothing about the tables of this one: the order is carried out again.
    """
    data_map = eraser.data_map
    kind = f"{tx.service}.erasure-reported.v1"
    sent = await tx.run(REPUBLISH, order_id, kind, data_map.version, current_traceparent())
    if sent:
        tx.wake(OUTBOX)
    return bool(sent)
