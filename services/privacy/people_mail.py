"""Letters to people whose address others hold: it is asked for when a letter leaves, and that it left is disclosed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from services.privacy.cases.letter_page import page
from services.privacy.disclosures import to_mail_provider
from services.privacy.present_addresses import MailAddress, any_address
from services.privacy.settings import PrivacySettings
from shared.contracts.fields import Language
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, Waiting, deliver_due
from shared.mail.mailer import Mailer
from shared.messaging.request_client import RequestClient
from shared.problems import Unavailable
from shared.purposes import Purpose

AT_ONCE = 20
D = TypeVar("D", bound=Waiting)


@dataclass(frozen=True)
class PeopleMail(Generic[D]):
    """One kind of letter to people, who were leased: whose they are, what one says, what is noted of it."""

    name: str
    ids: Callable[[D], Iterable[UUID]]
    key: Callable[[D], str]
    words: Callable[[D, Language], tuple[str, str]]
    """Title and text."""
    ended: Callable[[Transaction, D, Ending], Awaitable[None]]
    postpone: Callable[[Transaction, D, float], Awaitable[None]]
    no_address: Callable[[Transaction, D], Awaitable[None]]
    """No mail reaches them now."""


@dataclass(frozen=True)
class Post:
    """What letters leave by."""

    database: Database
    mailer: Mailer
    client: RequestClient
    settings: PrivacySettings


@dataclass(frozen=True)
class Addressed(Generic[D]):
    """Somebody to write to, and where."""

    due: D
    to: MailAddress

    @property
    def attempts(self) -> int:
        return self.due.attempts


async def write_to(due: Sequence[D], kind: PeopleMail[D], post: Post) -> bool:
    """Write to everybody who was leased; answers whether to go on at once: while there are some, and mails leave.

    Of whom nobody can tell the address now is left to the end of the lease, and holds up nobody else in the batch; but
    there is no next batch then: it would fare no better, and wait for its lease, too.
    """
    answers = await asyncio.gather(*(_address(kind.ids(each), post.client) for each in due))
    async with post.database.transaction(Purpose.RIGHTS) as tx:
        for each in (each for each, (asked, to) in zip(due, answers, strict=True) if asked and to is None):
            await kind.no_address(tx, each)
    found = [Addressed(each, to) for each, (_, to) in zip(due, answers, strict=True) if to is not None]
    went = await deliver_due(post.database, post.mailer, _queue(found, kind, post))
    return bool(due) and (went or not found) and all(asked for asked, _ in answers)


async def _address(ids: Iterable[UUID], client: RequestClient) -> tuple[bool, MailAddress | None]:
    """Whether somebody answered, and what."""
    try:
        return True, await any_address(ids, client)
    except Unavailable:
        return False, None


def _queue(found: Sequence[Addressed[D]], kind: PeopleMail[D], post: Post) -> MailQueue[Addressed[D]]:
    async def lease(_tx: Transaction, _limit: int) -> Sequence[Addressed[D]]:
        return found

    async def compose(each: Addressed[D]) -> Letter:
        subject, text = kind.words(each.due, each.to.language)
        return Letter(kind.key(each.due), each.to.email, subject, text, page(subject, text, each.to.language))

    async def ended(tx: Transaction, each: Addressed[D], ending: Ending) -> None:
        await kind.ended(tx, each.due, ending)
        if ending is Ending.SENT:
            message_id = post.mailer.message_id(kind.key(each.due))
            tx.publish(to_mail_provider(each.to.subject_id, post.settings.mail_provider, message_id))

    async def postpone(tx: Transaction, each: Addressed[D], wait_s: float) -> None:
        await kind.postpone(tx, each.due, wait_s)

    return MailQueue(kind.name, Purpose.RIGHTS, lease, compose, ended, postpone, len(found))
