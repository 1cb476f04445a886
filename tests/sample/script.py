"""A handler that fails as told."""

from typing import Any
from uuid import uuid4

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from shared.database import Transaction
from tests.harness import Harness, eventually
from tests.sample.contracts import ThingNoted
from tests.sample.harness import handled, reacting, send, until_handled

NOTED, DEAD = "sample.on.sample.thing-noted", "sample.dead-letters"
NOTE = "INSERT INTO note (note_id, subject_id, text) VALUES ($1, $2, 'x')"


def noted() -> ThingNoted:
    """Somebody noted something."""
    return ThingNoted(subject_id=uuid4(), note_id=uuid4())


async def dead_letter(channel: AbstractChannel) -> AbstractIncomingMessage:
    """Take the next dead letter off its queue."""
    queue = await channel.get_queue(DEAD, ensure=False)

    letter: AbstractIncomingMessage = await eventually(lambda: queue.get(fail=False, no_ack=True, timeout=60))
    return letter


class Script:
    """A handler that fails as told, call by call, and then keeps a note."""

    def __init__(self, *failures: Exception | str) -> None:
        self.failures = list(failures)
        self.attempts: list[int] = []

    async def handle(self, event: ThingNoted, tx: Transaction, attempt: int) -> None:
        self.attempts.append(attempt)
        await tx.run(NOTE, event.note_id, event.subject_id)
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            await tx.run(failure)

    async def play(self, harness: Harness, channel: AbstractChannel, **properties: Any) -> ThingNoted:
        """Send one event and wait until it is done."""

        async def handle(event: ThingNoted, tx: Transaction, attempt: int) -> None:
            await self.handle(event, tx, attempt)

        event, done = noted(), handled(NOTED, "done")
        async with harness.serve(reacting(handle)):
            await send(channel, event, **properties)
            await until_handled(NOTED, "done", done + 1)
        return event
