"""Questions between services: transient, short-lived, answered or refused, never queued for long.

The client is our own: FastStream's `request` runs one at a time and a cancelled call closes the
channel it shares with the consumers.
"""

import asyncio
import contextlib
from typing import Any, cast
from uuid import uuid4

import aio_pika
from aio_pika import DeliveryMode
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from shared.clock import now
from shared.contracts.message import Reply, Request
from shared.messaging.publisher import UNREACHABLE, Publisher
from shared.messaging.sender_accounts import service_of
from shared.messaging.topology import asks
from shared.problems import Problem, Refused, unavailable
from shared.tracing import current_traceparent, part

DEADLINE = "x-deadline"
IDEMPOTENCY_KEY = "x-idempotency-key"
ASSERTION = "x-assertion"
PRINCIPAL = "x-principal"
REPLY_TO = "amq.rabbitmq.reply-to"
PROBLEM = "problem"
REPLY = "reply"
DEFAULT_TIMEOUT_S = 5.0


class RequestClient(Publisher):
    """Asks and waits; many questions at a time over one channel (direct reply-to)."""

    def __init__(self, url: str, name: str, patience_s: float = DEFAULT_TIMEOUT_S) -> None:
        super().__init__(url, f"{name} requests")
        self._patience_s = patience_s
        self.name, self._exchange = name, asks(service_of(self.account))
        self._waiting: dict[str, asyncio.Future[AbstractIncomingMessage]] = {}

    async def opened(self, channel: AbstractChannel) -> None:
        """Listen for replies on the channel that asks, as direct reply-to demands."""
        queue = await channel.get_queue(REPLY_TO, ensure=False)
        await queue.consume(self._receive, no_ack=True)
        channel.close_callbacks.add(self._lost)

    async def request(
        self,
        request: Request[Reply],
        *,
        to: str = "",
        timeout_s: float | None = None,
        idempotency_key: str = "",
        principal: str = "",
        assertion: str = "",
    ) -> Reply:
        """Send a request to its owner, or `to` one of those who all answer it, and return the reply model.

        Raises Refused with the owner's problem, Unavailable when nobody answers in time.
        """
        timeout_s = self._patience_s if timeout_s is None else timeout_s
        correlation = uuid4().hex
        answer: asyncio.Future[AbstractIncomingMessage] = asyncio.get_running_loop().create_future()
        self._waiting[correlation] = answer
        asked = request.type_to(to)
        with part(f"ask {asked}", {"rpc.system.name": "amqp", "rpc.method": asked}, alone=True):
            message = self._message(request, asked, correlation, timeout_s, idempotency_key, principal, assertion)
            try:
                async with asyncio.timeout(timeout_s):
                    await self.publish(self._exchange, asked, message)
                    reply = await answer
            except UNREACHABLE as error:
                raise unavailable(to or request.owner) from error
            finally:
                self._waiting.pop(correlation, None)
            if reply.type == PROBLEM:
                raise Refused(Problem.model_validate_json(reply.body))
        return cast("Reply", request.reply.model_validate_json(reply.body))

    def _message(
        self,
        request: Request[Any],
        asked: str,
        correlation: str,
        timeout_s: float,
        key: str,
        principal: str,
        assertion: str,
    ) -> aio_pika.Message:
        deadline = int((now().timestamp() + timeout_s) * 1000)
        optional = {IDEMPOTENCY_KEY: key, PRINCIPAL: principal, ASSERTION: assertion}
        optional["traceparent"] = current_traceparent() or ""
        return aio_pika.Message(
            request.model_dump_json().encode(),
            type=asked,
            app_id=self.name,
            correlation_id=correlation,
            reply_to=REPLY_TO,
            delivery_mode=DeliveryMode.NOT_PERSISTENT,
            expiration=timeout_s,
            content_type="application/json",
            headers={DEADLINE: deadline} | {name: value for name, value in optional.items() if value},
        )

    async def _receive(self, reply: AbstractIncomingMessage) -> None:
        waiting = self._waiting.get(reply.correlation_id or "")
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def _lost(self, *_: Any) -> None:
        """The channel is gone and with it every answer that was under way."""
        for waiting in self._waiting.values():
            if not waiting.done():
                with contextlib.suppress(asyncio.InvalidStateError):
                    waiting.set_exception(ConnectionError("the broker closed the channel"))
