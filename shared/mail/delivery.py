"""Mail that waits in a table: leased, delivered, noted; postponed with growing waits and given up at last.

No lock is held while a mail server thinks: the lease is committed before and the outcome after. A process that
dies in between leaves the mail to the next one, which sends it again under the same Message-ID.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from shared.database import Database, Transaction
from shared.loops import backoff
from shared.mail.mailer import Mailer, MailFailed
from shared.observability import log, what_failed
from shared.purposes import Purpose

LEASE_S = 60.0
# Less than the lease: nobody else takes a mail that is under way. And less than `lock_timeout`: whoever waits for the
# person of a campaign's mail gets the turn.
DIALOGUE_LIMIT_S = 25.0
AUTOMATIC: Mapping[str, str] = {"Auto-Submitted": "auto-generated"}  # RFC 3834: no holiday replies, please


class Ending(StrEnum):
    """How a mail ended for good."""

    SENT = "sent"
    REFUSED = "refused"  # by the mail server, and always would be
    GIVEN_UP = "given up"  # after the last attempt


@dataclass(frozen=True)
class Letter:
    """A mail to hand over; `key` stays the same however often it is sent."""

    key: str
    to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: AUTOMATIC)


class Waiting(Protocol):
    @property
    def attempts(self) -> int:
        """How often it was tried, with this time."""


W = TypeVar("W", bound=Waiting)


@dataclass(frozen=True)
class MailQueue(Generic[W]):
    """One table's mail: how its rows are leased (for LEASE_S), written, and what is noted of the outcome."""

    name: str
    purpose: Purpose
    lease: Callable[[Transaction, int], Awaitable[Sequence[W]]]
    compose: Callable[[W], Awaitable[Letter]]
    ended: Callable[[Transaction, W, Ending], Awaitable[None]]
    postpone: Callable[[Transaction, W, float], Awaitable[None]]
    batch: int = 20
    first_wait_s: float = 1.0
    longest_wait_s: float = 3600.0
    last_attempt: int = 732
    """By these waits it comes 30 days after the mail was first due; time in which nothing runs does not count."""


async def deliver_due(database: Database, mailer: Mailer, queue: MailQueue[W]) -> bool:
    async with database.transaction(queue.purpose) as tx:
        due = await queue.lease(tx, queue.batch)
    endings = await asyncio.gather(*(_deliver(mailer, queue, row) for row in due))
    for row, ending in zip(due, endings, strict=True):
        async with database.transaction(queue.purpose) as tx:  # one row each: several would invite deadlocks
            await _note(tx, queue, row, ending)
    return len(due) == queue.batch and Ending.SENT in endings


async def _deliver(mailer: Mailer, queue: MailQueue[W], row: W) -> Ending | None:
    """Write and send one mail; None when it has to wait. Whatever fails for one is that one's alone."""
    try:
        await send(mailer, await queue.compose(row))
    except MailFailed as error:
        report = log.error if error.outcome == "refused" else log.warning
        report("mail not sent", reason=error.outcome, status=error.code, **what_failed(error))
        return Ending.REFUSED if error.outcome == "refused" else None
    except Exception as error:  # noqa: BLE001 no mail may hold up another
        log.error("mail not made", type=queue.name, **what_failed(error))
        return None
    return Ending.SENT


async def send(mailer: Mailer, letter: Letter) -> None:
    """Hand one letter over. Raises MailFailed; one that takes too long is unknown, as it may have left."""
    message_id = mailer.message_id(letter.key)
    try:
        async with asyncio.timeout(DIALOGUE_LIMIT_S):
            words = (letter.subject, letter.text, letter.html)
            await mailer.send(letter.to, *words, message_id=message_id, headers=letter.headers)
    except TimeoutError:
        raise MailFailed("unknown") from None


async def _note(tx: Transaction, queue: MailQueue[W], row: W, ending: Ending | None) -> None:
    if ending is None and row.attempts >= queue.last_attempt:
        log.error("mail given up", type=queue.name, attempt=row.attempts)
        ending = Ending.GIVEN_UP
    if ending is None:
        await queue.postpone(tx, row, backoff(row.attempts, queue.first_wait_s, queue.longest_wait_s))
    else:
        await queue.ended(tx, row, ending)
