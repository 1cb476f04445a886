"""What happens to one delivered event: inbox mark, effect and outgoing messages in one transaction."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from aio_pika.abc import AbstractIncomingMessage
from opentelemetry.trace import SpanKind
from pydantic import ValidationError

from shared.contracts.message import Event
from shared.database import Database, Transaction
from shared.loops import backoff, jittered
from shared.messaging.admission import Admission
from shared.messaging.batching import Batcher, NotBatchable
from shared.messaging.faults import Fault, Rejected, classify
from shared.messaging.inbox import Standing, mark_all_received, receiving, standing_of
from shared.messaging.publisher import Publisher
from shared.messaging.retry import LAST_ATTEMPT, LAST_ATTEMPT_FAILED, attempts, give_up, retry_later
from shared.messaging.router import EventHandler, parameters
from shared.messaging.sender_accounts import MAY_NOT_SPEAK, may_send
from shared.messaging.waiting import note_end, note_waiting
from shared.observability import log, metrics, what_failed
from shared.purposes import Purpose
from shared.tracing import batch, note_about, work

CONFLICT_TRIES = 5
CONFLICT_REST_S = 0.005
# In-place tries while the database answers again and yet keeps failing with infrastructure faults.
INFRASTRUCTURE_TRIES = 20
PROBE_INTERVAL_S = 0.2
PROBE_LIMIT_S = 5.0
APART_S = 0.2

# The outcomes of a message that was handled; those of one that failed are the values of Fault.
DONE = "done"
DUPLICATE = "duplicate"
LATE = Fault.LATE.value
OUTCOMES = (Fault.BLOCKED, Fault.LATE)
FAILED = frozenset(fault.value for fault in Fault if fault not in OUTCOMES)


@dataclass(frozen=True)
class Consumer:
    handler: EventHandler
    database: Database
    publisher: Publisher
    provided: Mapping[str, Any]
    admission: Admission

    @cached_property
    def batcher(self) -> Batcher:
        return Batcher(self.handler.queue, self._handle_batch)

    @cached_property
    def _told(self) -> dict[str, str | int]:
        queue = {"messaging.destination.name": self.handler.queue, "messaging.operation.type": "process"}
        return {"messaging.system": "rabbitmq", **queue}

    async def take(self, message: AbstractIncomingMessage) -> None:
        """Handle a delivery to its end and acknowledge it. Never raises but on cancellation."""
        if not await self.admission.admit():
            await message.nack(requeue=True)
            return
        try:
            outcome = await self._measured(message)
        except BaseException:
            self.admission.leave()
            raise
        self.admission.record(failed=outcome in FAILED)
        await message.ack()

    async def _measured(self, message: AbstractIncomingMessage) -> str:
        queue = self.handler.queue
        trace = work(f"process {queue}", message.headers.get("traceparent"), SpanKind.CONSUMER, self._told)
        with trace as span, metrics.seconds.labels(queue).time():
            outcome = await self._outcome(message)
            span.set_attribute("lethe.outcome", outcome)
        metrics.handled.labels(queue, outcome).inc()
        return outcome

    async def _outcome(self, message: AbstractIncomingMessage) -> str:
        """Try until the message has an outcome: first with its batch, if the event is a hot one, then alone."""
        if self.handler.batch and (outcome := await self.batcher.join(message)):
            await note_end(self.database, self.handler.queue, message)
            return outcome
        conflicts = broken = 0
        while True:
            try:
                outcome = await self._handle(message)
                await note_end(self.database, self.handler.queue, message)
                return outcome
            except Exception as error:  # noqa: BLE001 the boundary: every failure is classified
                fault = classify(error)
                if fault is Fault.CONFLICT and conflicts < CONFLICT_TRIES:
                    conflicts += 1
                    await asyncio.sleep(jittered(backoff(conflicts, CONFLICT_REST_S, PROBE_LIMIT_S)))
                elif fault is Fault.INFRASTRUCTURE and broken < INFRASTRUCTURE_TRIES:
                    broken += 1
                    await self._wait_for_database(error)
                else:
                    await self._put_away(message, fault, error)
                    return str(fault.value)

    async def _handle(self, message: AbstractIncomingMessage) -> str:
        """One message in one transaction. Raises whatever went wrong; then nothing has happened."""
        handler = self.handler
        event = read(handler, message)
        note_about(event)
        prepared = await self._prepare(event)
        opening = receiving(UUID(message.message_id), handler.queue, person(event))
        async with self.database.transaction(handler.purpose, opening=opening) as tx:
            standing = standing_of(tx)
            metrics.received.labels(handler.queue, standing).inc()
            if standing is Standing.DUPLICATE:
                return DUPLICATE
            if standing is Standing.ERASED and not handler.meets_the_erased:
                if handler.contract.late == "dropped":
                    return LATE
                await tx.declare(Purpose.LEGAL_DUTY)
            await self._call([event] if handler.batch else event, tx, [message], prepared)
        return DONE

    async def _prepare(self, event: Event | str) -> Any:
        """What the handler has to find out before its transaction; a duplicate finds it out in vain."""
        function = self.handler.prepare
        if function is None:
            return None
        return await function(event, **{name: self.provided[name] for name in parameters(function, leading=1)})

    async def _handle_batch(self, messages: list[AbstractIncomingMessage]) -> list[str]:
        """A batch of a hot event in one transaction. Raises when any of it has to go alone."""
        handler = self.handler
        events = [read(handler, message) for message in messages]
        ids = [UUID(message.message_id) for message in messages]
        traces = [str(message.headers.get("traceparent", "")) for message in messages]
        told = {**self._told, "messaging.batch.message_count": len(messages)}
        with batch(f"process {handler.queue}", SpanKind.CONSUMER, traces, told):
            async with self.database.transaction(handler.purpose) as tx:
                standings = await mark_all_received(tx, ids, handler.queue, [person(event) for event in events])
                if Standing.ERASED in standings and not handler.meets_the_erased:
                    raise NotBatchable
                fresh = [n for n, standing in enumerate(standings) if standing is not Standing.DUPLICATE]
                if fresh:
                    await self._call([events[n] for n in fresh], tx, [messages[n] for n in fresh])
        return [DUPLICATE if standing is Standing.DUPLICATE else DONE for standing in standings]

    async def _call(
        self, what: Any, tx: Transaction, messages: list[AbstractIncomingMessage], prepared: Any = None
    ) -> None:
        first, senders = messages[0], [(message.type or "").partition(".")[0] for message in messages]
        available = {
            **self.provided,
            "tx": tx,
            "prepared": prepared,
            "sender": senders[0],
            "senders": senders,
            "message_type": first.type or "",
            "attempt": attempts(first) + 1,
        }
        function = self.handler.handler
        await function(what, **{name: available[name] for name in parameters(function, leading=1)})

    async def _put_away(self, message: AbstractIncomingMessage, fault: Fault, error: Exception) -> None:
        """A refused write is an outcome; what can't work or has failed for a day is a dead letter, the rest waits."""
        queue = self.handler.queue
        if fault in OUTCOMES or fault is Fault.PERMANENT or attempts(message) + 1 >= LAST_ATTEMPT:
            await self._end(message, fault, error)
            await note_end(self.database, queue, message)
            return
        # A tier gives back in the order and rhythm in which it was given: this is what takes two that failed over
        # each other apart. A shorter life for some of its messages would not: one waits for those before it.
        await asyncio.sleep(random.uniform(0, APART_S))  # noqa: S311
        await self._insist(retry_later, queue, message, error)
        await note_waiting(self.database, queue, message, type(error).__name__)

    async def _end(self, message: AbstractIncomingMessage, fault: Fault, error: Exception) -> None:
        queue = self.handler.queue
        if fault in OUTCOMES:
            log.info("write refused", queue=queue, reason=fault.value, **what_failed(error))
        elif fault is Fault.PERMANENT:
            await self._insist(give_up, self.handler.service, queue, message, error, reason_of(error))
        else:
            await self._insist(give_up, self.handler.service, queue, message, error, LAST_ATTEMPT_FAILED)

    async def _insist(self, hand_over: Callable[..., Any], *args: Any) -> None:
        """A failed message may be acknowledged only after its copy is safe; the broker may be away."""
        failures = 0
        while True:
            try:
                await hand_over(self.publisher, *args)
                return
            except Exception as error:  # noqa: BLE001 whatever the broker says, the copy is not safe yet
                log.warning("copy not confirmed", queue=self.handler.queue, **what_failed(error))
                failures += 1
                await asyncio.sleep(jittered(backoff(failures, PROBE_INTERVAL_S, PROBE_LIMIT_S)))

    async def _wait_for_database(self, error: Exception) -> None:
        """Hold the message: with the prefetch filled, the consumer pauses until the probe succeeds."""
        queue, probes = self.handler.queue, 1
        log.warning("consumer pauses", queue=queue, **what_failed(error))
        metrics.paused.labels(queue).set(1)
        await asyncio.sleep(PROBE_INTERVAL_S)
        while not await self.database.reachable():
            probes += 1
            await asyncio.sleep(jittered(backoff(probes, PROBE_INTERVAL_S, PROBE_LIMIT_S)))
        metrics.paused.labels(queue).set(0)


def person(event: Event | str) -> UUID | None:
    subject_id: UUID | None = getattr(event, "subject_id", None)
    return subject_id


def read(handler: EventHandler, message: AbstractIncomingMessage) -> Event | str:
    try:
        UUID(message.message_id)
    except (TypeError, ValueError):
        raise Rejected("message id is missing or no UUID") from None
    if message.type != handler.contract.type_from((message.type or "").partition(".")[0]):
        raise Rejected("type does not belong to this queue")
    if not may_send(message.user_id, message.type or "", handler.service):
        raise Rejected(MAY_NOT_SPEAK)
    if handler.raw:
        return _text(message.body)
    return handler.contract.model_validate_json(message.body)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Rejected("body is no UTF-8") from None


def reason_of(error: Exception) -> str:
    """Why a message was given up: a fixed phrase, or the broken fields of its contract; no values, and short."""
    if isinstance(error, Rejected):
        return error.reason
    if isinstance(error, ValidationError):
        # only the first part of a place is the contract's own word; what follows may be the sender's
        fields = sorted({str(e["loc"][0]) for e in error.errors(include_input=False) if e["loc"]})
        return f"contract broken in: {', '.join(fields) or 'the whole body'}"
    return "permanent fault"
