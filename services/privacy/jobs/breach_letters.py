"""People are written to of a breach with a high risk, each once (GDPR Art. 34)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.privacy.breaches import people_store as store
from services.privacy.breaches.letter import letter
from services.privacy.breaches.people_store import DueLetter
from services.privacy.cases.letter_page import page
from services.privacy.disclosures import to_mail_provider
from services.privacy.documents.notice.composition import titles
from services.privacy.loops import BREACH_LETTERS
from services.privacy.present_addresses import MailAddress, any_address
from services.privacy.register.model import Register
from services.privacy.settings import PrivacySettings
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.messaging.request_client import RequestClient
from shared.problems import Unavailable
from shared.purposes import Purpose

AT_ONCE = 20
NO_ADDRESS = "no address"
"""No mail reaches them: an officer tells the public instead (Art. 34(3)(c))."""


@dataclass(frozen=True)
class Addressed:
    """Somebody to write to, and where."""

    due: DueLetter
    to: MailAddress

    @property
    def attempts(self) -> int:
        return self.due.attempts

    @property
    def key(self) -> str:
        return f"breach-{self.due.breach_id}-{self.due.subject_id}"


async def write_of_breaches(
    database: Database, mailer: Mailer, client: RequestClient, register: Register, settings: PrivacySettings
) -> bool:
    """Write to whoever is due; answers whether more may be."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        due = await store.lease(tx, AT_ONCE)
    answers = await asyncio.gather(*(_address(each, client) for each in due))
    async with database.transaction(Purpose.RIGHTS) as tx:
        for each in (each for each, to in zip(due, answers, strict=True) if to == NO_ADDRESS):
            await store.ended(tx, each, NO_ADDRESS)
    found = [Addressed(each, to) for each, to in zip(due, answers, strict=True) if isinstance(to, MailAddress)]
    await deliver_due(database, mailer, _queue(found, mailer, register, settings))
    return len(due) == AT_ONCE


async def _address(due: DueLetter, client: RequestClient) -> MailAddress | str | None:
    """Where somebody is written to; None while nobody answers, and the lease lets it be tried again."""
    try:
        return await any_address((due.subject_id,), client) or NO_ADDRESS
    except Unavailable:
        return None


def _queue(
    found: Sequence[Addressed], mailer: Mailer, register: Register, settings: PrivacySettings
) -> MailQueue[Addressed]:
    async def lease(_tx: Transaction, _limit: int) -> Sequence[Addressed]:
        return found

    async def compose(each: Addressed) -> Letter:
        due, language = each.due, each.to.language
        data = titles(register, due.categories, language)
        title, text = letter(language, due.words[language], data, due.contact, settings.public_url)
        return Letter(each.key, each.to.email, title, text, page(title, text, language))

    async def ended(tx: Transaction, each: Addressed, ending: Ending) -> None:
        await store.ended(tx, each.due, ending.value)
        if ending is Ending.SENT:
            message_id = mailer.message_id(each.key)
            tx.publish(to_mail_provider(each.to.subject_id, settings.mail_provider, message_id))

    async def postpone(tx: Transaction, each: Addressed, wait_s: float) -> None:
        await store.postpone(tx, each.due, wait_s)

    return MailQueue(BREACH_LETTERS, Purpose.RIGHTS, lease, compose, ended, postpone, AT_ONCE)
