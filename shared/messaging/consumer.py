"""What happens to one delivered event: inbox mark, effect and outgoing messages in one transaction."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from aio_pika.abc import AbstractIncomingMessage
from pydantic import ValidationError

from shared.contracts.message import Event
from shared.database import Database, Transaction, enter, enter_all
from shared.messaging.connection import Outlet
from shared.messaging.faults import Fault, Rejected, classify
from shared.messaging.gathering import Apart, Gathering
from shared.messaging.retry import attempts, give_up, retry_later
from shared.messaging.router import Handler, Reaction
from shared.messaging.senders import MAY_NOT_SPEAK, may_send
from shared.observability import continued_trace, log, metrics, what_failed
from shared.purposes import Purpose

CONFLICT_TRIES = 5
# In-place tries while the database answers again and yet keeps failing with infrastructure faults.
INFRASTRUCTURE_TRIES = 20
PROBE_INTERVAL_S = 0.2
PROBE_LIMIT_S = 5.0


@dataclass(frozen=True)
class Consumer:
    """One reaction at work in one process."""

    reaction: Reaction
    database: Database
    outlet: Outlet
    provided: Mapping[str, Any]

    @cached_property
    def gathering(self) -> Gathering:
        return Gathering(self.reaction.queue, self._handle_all)

    async def take(self, message: AbstractIncomingMessage) -> None:
        """Handle a delivery to its end and acknowledge it. Never raises but on cancellation."""
        queue = self.reaction.queue
        trace = message.headers.get("traceparent")
        with continued_trace(queue, str(trace) if trace else None), metrics.seconds.labels(queue).time():
            outcome = await self._settle(message)
        metrics.handled.labels(queue, outcome).inc()
        await message.ack()

    async def _settle(self, message: AbstractIncomingMessage) -> str:
        """Try until the message has an outcome; infrastructure faults wait here and cost no attempt."""
        if self.reaction.many and (outcome := await self.gathering.join(message)):
            return outcome
        conflicts = broken = 0
        while True:
            try:
                return await self._handle(message)
            except Exception as error:  # noqa: BLE001 the boundary: every failure is classified
                fault = classify(error)
                if fault is Fault.CONFLICT and conflicts < CONFLICT_TRIES:
                    conflicts += 1
                elif fault is Fault.INFRASTRUCTURE and broken < INFRASTRUCTURE_TRIES:
                    broken += 1
                    await self._wait_for_database(error)
                else:
                    return await self._end(message, fault, error)

    async def _end(self, message: AbstractIncomingMessage, fault: Fault, error: Exception) -> str:
        queue = self.reaction.queue
        if fault in (Fault.BLOCKED, Fault.LATE):
            log.info("write refused", queue=queue, reason=fault.value, **what_failed(error))
        elif fault is Fault.PERMANENT:
            await self._insist(give_up, self.reaction.service, queue, message, error, reason_of(error))
        else:
            await self._insist(retry_later, queue, message, error)
        return fault.value

    async def _insist(self, hand_over: Callable[..., Any], *args: Any) -> None:
        """A failed message may be acknowledged only after its copy is safe; the broker may be away."""
        wait = PROBE_INTERVAL_S
        while True:
            try:
                await hand_over(self.outlet, *args)
                return
            except Exception as error:  # noqa: BLE001 whatever the broker says, the copy is not safe yet
                log.warning("copy not confirmed", queue=self.reaction.queue, **what_failed(error))
                await asyncio.sleep(wait)
                wait = min(wait * 2, PROBE_LIMIT_S)

    async def _wait_for_database(self, error: Exception) -> None:
        """Hold the message: with the prefetch filled, the consumer pauses until the probe succeeds."""
        queue, wait = self.reaction.queue, PROBE_INTERVAL_S
        log.warning("consumer pauses", queue=queue, **what_failed(error))
        metrics.paused.labels(queue).set(1)
        await asyncio.sleep(wait)
        while not await self.database.reachable():
            wait = min(wait * 2, PROBE_LIMIT_S)
            await asyncio.sleep(wait)
        metrics.paused.labels(queue).set(0)

    async def _handle(self, message: AbstractIncomingMessage) -> str:
        reaction = self.reaction
        event = read(reaction, message)
        async with self.database.transaction(reaction.purpose) as tx:
            found = await enter(tx, UUID(message.message_id), reaction.queue, person(event))
            if found == "duplicate":
                return "duplicate"
            if found == "erased" and not reaction.meets_the_erased:
                if reaction.contract.late == "dropped":
                    return "late"
                await tx.declare(Purpose.LEGAL_DUTY)
            await reaction.handler([event] if reaction.many else event, **self.arguments(tx, [message]))
        return "done"

    async def _handle_all(self, messages: list[AbstractIncomingMessage]) -> list[str]:
        """A batch of a hot event in one transaction. Raises when any of it is not plain."""
        reaction = self.reaction
        events = [read(reaction, message) for message in messages]
        ids = [UUID(message.message_id) for message in messages]
        with continued_trace(reaction.queue, None):  # of many causes none
            async with self.database.transaction(reaction.purpose) as tx:
                found = await enter_all(tx, ids, reaction.queue, [person(event) for event in events])
                if "erased" in found and not reaction.meets_the_erased:
                    raise Apart
                fresh = [index for index, word in enumerate(found) if word != "duplicate"]
                if fresh:
                    given = self.arguments(tx, [messages[index] for index in fresh])
                    await reaction.handler([events[index] for index in fresh], **given)
        return ["duplicate" if word == "duplicate" else "done" for word in found]

    def arguments(self, tx: Transaction, messages: list[AbstractIncomingMessage]) -> dict[str, Any]:
        """What the handler asks for by name."""
        first, senders = messages[0], [(message.type or "").partition(".")[0] for message in messages]
        available = {
            **self.provided,
            "tx": tx,
            "sender": senders[0],
            "senders": senders,
            "message_type": first.type or "",
            "attempt": attempts(first) + 1,
        }
        return {name: available[name] for name in parameters(self.reaction.handler)}


def person(event: Event | str) -> UUID | None:
    """Whom an event is about, if it names one person."""
    found: UUID | None = getattr(event, "subject_id", None)
    return found


def parameters(handler: Handler) -> list[str]:
    """The names of a handler's parameters after its message."""
    code = handler.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    return list(code.co_varnames[1:count])


def read(reaction: Reaction, message: AbstractIncomingMessage) -> Event | str:
    """The event of a delivery. Raises Rejected when it breaks its contract."""
    try:
        UUID(message.message_id)
    except (TypeError, ValueError):
        raise Rejected("message id is missing or no UUID") from None
    if message.type != reaction.contract.type_from((message.type or "").partition(".")[0]):
        raise Rejected("type does not belong to this queue")
    if not may_send(message.user_id, message.type or "", reaction.service):
        raise Rejected(MAY_NOT_SPEAK)
    if reaction.raw:
        return _text(message.body)
    return reaction.contract.model_validate_json(message.body)


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
