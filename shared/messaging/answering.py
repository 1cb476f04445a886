"""The answering side of requests: acknowledged on receipt, bounded, dropped after their deadline."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika import DeliveryMode
from aio_pika.abc import AbstractIncomingMessage
from pydantic import ValidationError

from shared.clock import now
from shared.contracts.message import Created, Message, Problem
from shared.database import Database, enter
from shared.messaging.connection import UNREACHABLE, Outlet
from shared.messaging.consumer import parameters
from shared.messaging.faults import Fault, classify
from shared.messaging.idempotency import Claim
from shared.messaging.requests import DEADLINE, IDEMPOTENCY_KEY, PRINCIPAL, PROBLEM, REPLY, Refused
from shared.messaging.router import Answer
from shared.observability import continued_trace, log, metrics, what_failed
from shared.problems import invalid

MAX_BODY_BYTES = 1_000_000


@dataclass(frozen=True)
class Answering:
    """All answers of one service at work in one process."""

    service: str
    answers: Mapping[str, Answer]
    database: Database
    outlet: Outlet
    provided: Mapping[str, Any]
    slots: asyncio.Semaphore

    async def take(self, message: AbstractIncomingMessage) -> None:
        """Answer one request; the answer may be lost, the asker has a deadline."""
        async with self.slots:
            await message.ack()
            if _too_late(message):
                return
            trace = message.headers.get("traceparent")
            with continued_trace(message.type or "", str(trace) if trace else None):
                answer = await self._answer(message)
            status = answer.status if isinstance(answer, Problem) else 200
            metrics.requests.labels(message.type if message.type in self.answers else "unknown", status).inc()
            await self._reply(message, answer)

    async def _answer(self, message: AbstractIncomingMessage) -> Message:
        answer = self.answers.get(message.type or "")
        if answer is None:
            return Problem(title="no such request", status=404)
        try:
            if len(message.body) > MAX_BODY_BYTES:
                return Problem(title="the request is too large", status=413)
            return await self._work(answer, message)
        except Refused as refused:
            return refused.problem
        except ValidationError as error:
            return invalid(error.errors(include_input=False, include_url=False))
        except Exception as error:  # noqa: BLE001 the boundary: nothing of the error may reach the asker
            return _failed(message.type or "", error)

    async def _work(self, answer: Answer, message: AbstractIncomingMessage) -> Message:
        request = answer.contract.model_validate_json(message.body)
        names = parameters(answer.handler)
        claim = _claim(answer, message)
        available = {**self.provided, "claim": claim}
        filled = {name: available[name] for name in names if name != "tx"}
        if "tx" not in names:
            reply: Message = await answer.handler(request, **filled)
            return reply
        async with self.database.transaction(answer.purpose) as tx:
            about = getattr(request, "subject_id", None)
            if about is not None and await enter(tx, None, answer.contract.type, about) == "erased":
                return Problem(title="this person's data was erased", status=410)
            before = await claim.recall(tx) if answer.contract.reply is Created else None
            if before is not None:
                return before
            reply = await answer.handler(request, tx=tx, **filled)
            return await claim.complete(tx, reply.id) if isinstance(reply, Created) else reply

    async def _reply(self, message: AbstractIncomingMessage, answer: Message) -> None:
        if not message.reply_to:
            return
        reply = aio_pika.Message(
            answer.model_dump_json().encode(),
            type=PROBLEM if isinstance(answer, Problem) else REPLY,
            correlation_id=message.correlation_id,
            delivery_mode=DeliveryMode.NOT_PERSISTENT,
            content_type="application/json",
        )
        try:
            channel = await self.outlet.channel()
            # mandatory off: a direct reply is delivered and, with it on, returned as unroutable as well
            await channel.default_exchange.publish(reply, message.reply_to, mandatory=False, timeout=5)
        except UNREACHABLE as error:
            log.warning("reply lost", type=message.type, **what_failed(error))


def _claim(answer: Answer, message: AbstractIncomingMessage) -> Claim:
    key, principal = (str(message.headers.get(name, "")) for name in (IDEMPOTENCY_KEY, PRINCIPAL))
    return Claim(key, principal, answer.contract.type, message.body)


def _too_late(message: AbstractIncomingMessage) -> bool:
    deadline = message.headers.get(DEADLINE)
    return isinstance(deadline, int) and now().timestamp() * 1000 > deadline


def _failed(request_type: str, error: Exception) -> Problem:
    fault = classify(error)
    if fault is Fault.LATE:
        return Problem(title="this person's data was erased", status=410)
    if fault is Fault.BLOCKED:
        return Problem(title="this use of the data is blocked for the person", status=403)
    log.error("request failed", type=request_type, **what_failed(error))
    if fault in (Fault.INFRASTRUCTURE, Fault.CONFLICT):
        return Problem(title="the service can't work right now", status=503, detail="try again in a few seconds")
    return Problem(title="the service failed", status=500, detail="it has been logged; try again later")
