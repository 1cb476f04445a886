"""Consumers that rest, because an operator or their breaker says so, and take again."""

from collections.abc import Sequence
from time import monotonic

from shared.database import Database
from shared.messaging import broker as brokers
from shared.messaging import consumer_rows
from shared.messaging.admission import Admission
from shared.messaging.breaker import State
from shared.observability import log, metrics
from shared.purposes import Purpose

SUPERVISION = "supervision"
"""The loop that does it."""
BREAKER_FIGURES = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}


async def begin(database: Database, admissions: Sequence[Admission]) -> None:
    """Before the first delivery: what an operator has paused stays so through a restart."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        await consumer_rows.register(tx, [admission.queue for admission in admissions])
        paused = await consumer_rows.paused(tx)
    for admission in admissions:
        admission.paused = admission.queue in paused


async def supervise(database: Database, broker: brokers.Broker, admissions: Sequence[Admission]) -> bool:
    """Obey the operator and the breakers, and note for `./lethe consumers list` what the breakers do."""
    states = {
        admission.queue: admission.breaker.state for admission in admissions
    }  # they may change while this is noted
    async with database.transaction(Purpose.UPKEEP) as tx:
        paused = await consumer_rows.paused(tx)
        for admission in admissions:
            if admission.noted is not states[admission.queue]:
                await consumer_rows.note_breaker(tx, admission.queue, states[admission.queue])
    for admission in admissions:
        admission.noted = states[admission.queue]
        await _settle(broker, admission, paused=admission.queue in paused)
    return any(admission.noted is not admission.breaker.state for admission in admissions)


async def _settle(broker: brokers.Broker, admission: Admission, *, paused: bool) -> None:
    admission.paused = paused
    admission.breaker.try_again(monotonic())
    takes = brokers.takes(broker, admission.queue)
    if admission.wanted and not takes:
        admission.sends_back = False
        await brokers.take_again(broker, admission.queue)
        log.info("consumer takes again", queue=admission.queue)
    elif takes and not admission.wanted:
        await brokers.stop_taking(broker, admission.queue)
        admission.sends_back = True
        log.warning("consumer rests", queue=admission.queue, reason="operator" if paused else "breaker")
    admission.tell()
    metrics.stopped.labels(admission.queue).set(paused)
    metrics.breaker.labels(admission.queue).set(BREAKER_FIGURES[admission.breaker.state])
