"""The answering side of requests: acknowledged on receipt, bounded, dropped after their deadline."""

import asyncio
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika import DeliveryMode
from aio_pika.abc import AbstractIncomingMessage
from opentelemetry.trace import SpanKind
from pydantic import ValidationError

from shared.assertions import Verifier
from shared.clock import now
from shared.contracts.actors import Actor
from shared.contracts.message import Created, Message, Request
from shared.database import Database
from shared.messaging.acting import act_of, acting, in_the_name_of
from shared.messaging.faults import Fault, classify
from shared.messaging.idempotency import Claim
from shared.messaging.inbox import Standing, locking, standing_of
from shared.messaging.publisher import UNREACHABLE, Publisher
from shared.messaging.request_client import ASSERTION, DEADLINE, IDEMPOTENCY_KEY, PRINCIPAL, PROBLEM, REPLY
from shared.messaging.restriction import is_stopped
from shared.messaging.router import Handler, RequestHandler, parameters
from shared.messaging.sender_accounts import may_ask, service_of
from shared.observability import log, metrics, what_failed
from shared.problems import Problem, Refused, invalid
from shared.tracing import note_about, work

MAX_BODY_BYTES = 1_000_000
ANSWERED = re.compile(r"amq\.rabbitmq\.reply-to\.[A-Za-z0-9+/=._-]{1,230}")
"""What the broker makes of `reply-to`. Who answers may write to every queue, and writes to none that an asker names."""
MAY_NOT_ASK = Problem(title="this account may not ask that", status=403)
ERASED = Problem(title="this person's data was erased", status=410)
BLOCKED = Problem(title="this use of the data is blocked for the person", status=403)


@dataclass(frozen=True)
class RequestServer:
    """All request handlers of one service at work in one process."""

    service: str
    handlers: Mapping[str, RequestHandler]
    database: Database
    publisher: Publisher
    provided: Mapping[str, Any]
    slots: asyncio.Semaphore
    verifier: Verifier | None = None

    async def take(self, message: AbstractIncomingMessage) -> None:
        """Answer one request; the answer may be lost, the asker has a deadline."""
        async with self.slots:
            await message.ack()
            if _too_late(message):
                return
            asked = message.type if message.type and message.type in self.handlers else "unknown"
            told = {"rpc.system.name": "amqp", "rpc.method": asked}
            with work(f"answer {asked}", message.headers.get("traceparent"), SpanKind.SERVER, told) as span:
                answer = await self._answer(message)
                note_about(answer)
                status = answer.status if isinstance(answer, Problem) else 200
                span.set_attribute("rpc.status", status)
            metrics.requests.labels(asked, status).inc()
            await self._reply(message, answer)

    async def _answer(self, message: AbstractIncomingMessage) -> Message:
        handler = self.handlers.get(message.type or "")
        if handler is None:
            return Problem(title="no such request", status=404)
        if not may_ask(message.user_id, handler.contract.askers):
            metrics.strangers.labels(handler.contract.type, service_of(message.user_id)).inc()
            return MAY_NOT_ASK
        try:
            if len(message.body) > MAX_BODY_BYTES:
                return Problem(title="the request is too large", status=413)
            return await self._work(handler, message)
        except Refused as refused:
            return refused.problem
        except ValidationError as error:
            return invalid(error.errors(include_input=False, include_url=False))
        except Exception as error:  # noqa: BLE001 the boundary: nothing of the error may reach the asker
            return _failed(message.type or "", error)

    async def _work(self, handler: RequestHandler, message: AbstractIncomingMessage) -> Message:
        actor = acting(handler.contract.actor, self.verifier, _header(message, ASSERTION))
        request = in_the_name_of(actor, handler.contract.model_validate_json(message.body))
        note_about(request)
        claim = _claim(request, message, actor)
        known: dict[str, Any] = {"actor": actor}
        if handler.prepare:
            known["prepared"] = await self._call(handler.prepare, request, {"deadline": _deadline(message), **known})
        reply: Message
        if "tx" not in parameters(handler.handler, leading=1):
            reply = await self._call(handler.handler, request, known)
            return reply
        creates = handler.contract.reply is Created
        subject_id = getattr(request, "subject_id", None)
        async with self.database.transaction(handler.purpose, opening=locking(subject_id)) as tx:
            if subject_id is not None and standing_of(tx) is Standing.ERASED:
                return ERASED
            if await is_stopped(tx, handler, subject_id):
                return BLOCKED
            if creates and (before := await claim.recall(tx)) is not None:
                return before
            reply = await self._call(handler.handler, request, {**known, "tx": tx})
            if act := act_of(actor, request):
                tx.publish(act)
            return await claim.complete(tx, reply.id) if isinstance(reply, Created) else reply

    async def _call(self, function: Handler, request: Message, known: Mapping[str, Any]) -> Any:
        available = {**self.provided, **known}
        return await function(request, **{name: available[name] for name in parameters(function, leading=1)})

    async def _reply(self, message: AbstractIncomingMessage, answer: Message) -> None:
        address = message.reply_to or ""
        if not ANSWERED.fullmatch(address):
            return
        reply = aio_pika.Message(
            answer.model_dump_json().encode(),
            type=PROBLEM if isinstance(answer, Problem) else REPLY,
            correlation_id=message.correlation_id,
            delivery_mode=DeliveryMode.NOT_PERSISTENT,
            content_type="application/json",
        )
        try:
            await self.publisher.answer(address, reply)
        except UNREACHABLE as error:
            log.warning("reply lost", type=message.type, **what_failed(error))


def _header(message: AbstractIncomingMessage, name: str) -> str:
    return str(message.headers.get(name, ""))


def _claim(request: Request[Any], message: AbstractIncomingMessage, actor: Actor | None) -> Claim:
    """What tells a repetition from another request is what the client sent, not where it was at the time."""
    key, principal = _header(message, IDEMPOTENCY_KEY), str(actor.id) if actor else _header(message, PRINCIPAL)
    sent = (
        request.model_dump_json(exclude=set(request.circumstances)).encode() if request.circumstances else message.body
    )
    return Claim(key, principal, request.type, sent)


def _too_late(message: AbstractIncomingMessage) -> bool:
    return now().timestamp() > _deadline(message)


def _deadline(message: AbstractIncomingMessage) -> float:
    """Until when the asker waits, in seconds since 1970."""
    deadline = message.headers.get(DEADLINE)
    return deadline / 1000 if isinstance(deadline, int) else math.inf


def _failed(request_type: str, error: Exception) -> Problem:
    fault = classify(error)
    if fault is Fault.LATE:
        return ERASED
    if fault is Fault.BLOCKED:
        return BLOCKED
    log.error("request failed", type=request_type, **what_failed(error))
    if fault in (Fault.INFRASTRUCTURE, Fault.CONFLICT, Fault.SLOW):
        return Problem(title="the service can't work right now", status=503, detail="try again in a few seconds")
    return Problem(title="the service failed", status=500, detail="it has been logged; try again later")
