"""The least that a question over the broker costs: bare aio-pika on both sides, which answers with what it is asked.

By direct reply-to, transient, without confirms and acknowledgements. The program's output is the name of its queue.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import aio_pika
import uvloop
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

URL = "ECHO_URL"
CONNECT_S, ANSWER_S = 10.0, 60.0
REPLY_TO = "amq.rabbitmq.reply-to"


async def serve(url: str) -> None:
    """Answer until the process is ended."""
    connection = await aio_pika.connect(url, timeout=CONNECT_S)
    async with connection:
        channel = await connection.channel(publisher_confirms=False)
        queue = await channel.declare_queue(exclusive=True)

        async def answer(asked: AbstractIncomingMessage) -> None:
            reply = aio_pika.Message(asked.body, correlation_id=asked.correlation_id)
            await channel.default_exchange.publish(reply, str(asked.reply_to), mandatory=False)

        await queue.consume(answer, no_ack=True)
        sys.stdout.write(f"{queue.name}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


class Echo:
    """Asks the program; many questions at a time over one channel."""

    def __init__(self, channel: AbstractChannel, queue: str) -> None:
        self._channel, self._queue = channel, queue
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def heard(self, reply: AbstractIncomingMessage) -> None:
        self._waiting.pop(str(reply.correlation_id)).set_result(None)

    async def ask(self, body: bytes, stop: asyncio.Event, took: list[float]) -> None:
        """Ask again and again until `stop` is set; the seconds of each go into `took`."""
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            began, correlation = loop.time(), uuid4().hex
            answered = self._waiting[correlation] = loop.create_future()
            question = aio_pika.Message(body, correlation_id=correlation, reply_to=REPLY_TO)
            await self._channel.default_exchange.publish(question, self._queue, mandatory=False)
            await asyncio.wait_for(answered, ANSWER_S)
            took.append(loop.time() - began)


@asynccontextmanager
async def asking(url: str, queue: str) -> AsyncIterator[Echo]:
    """Somebody who may ask."""
    connection = await aio_pika.connect(url, timeout=CONNECT_S)
    async with connection:
        channel = await connection.channel(publisher_confirms=False)
        echo = Echo(channel, queue)
        replies = await channel.get_queue(REPLY_TO, ensure=False)
        await replies.consume(echo.heard, no_ack=True)
        yield echo


if __name__ == "__main__":
    uvloop.run(serve(os.environ[URL]))
