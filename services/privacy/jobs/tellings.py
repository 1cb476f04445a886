"""Telling people of new purposes: nobody's data are used for one before."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from services.privacy.cases.letter_page import page
from services.privacy.disclosures import to_mail_provider
from services.privacy.documents import versions
from services.privacy.documents.notice.edition import published_notice
from services.privacy.documents.versions import Version
from services.privacy.loops import TELLING
from services.privacy.notices import telling_store as store
from services.privacy.notices import tellings
from services.privacy.notices.telling_letter import letter
from services.privacy.notices.telling_store import DueTelling
from services.privacy.present_addresses import MailAddress, any_address
from services.privacy.register.model import Register
from services.privacy.settings import PrivacySettings
from shared.clock import today
from shared.database import Database, Transaction
from shared.loops import backoff
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose

INTERVAL_S = 60.0
AT_ONCE = 20
LONGEST_WAIT_S = 86_400.0


@dataclass(frozen=True)
class Addressed:
    """Somebody to tell, and where."""

    telling: DueTelling
    to: MailAddress

    @property
    def attempts(self) -> int:
        return self.telling.attempts


async def rule_on_new(database: Database, register: Register) -> bool:
    """Rule against what is new, and end that on its day: passes over all people, and so a loop of its own."""
    await tellings.hold_back(database, register, today())
    while await tellings.use(database, register, today()):
        pass
    return False


async def see_to_tellings(database: Database, mailer: Mailer, client: RequestClient, settings: PrivacySettings) -> bool:
    """Tell people of what is published; answers whether more may be due."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        version = await versions.newest(tx, "notice")
        named = {part.key for part in published_notice(version, "pl").purposes} if version else set[str]()
        due = await store.lease(tx, named, AT_ONCE) if named else []
    if version is None or not due:
        return False
    addresses = await asyncio.gather(*(any_address(telling.ids, client) for telling in due))
    found = [Addressed(telling, to) for telling, to in zip(due, addresses, strict=True) if to]
    await _wait_for_an_address(database, [t for t, to in zip(due, addresses, strict=True) if to is None])
    # whom no mail reaches is not due again so soon; a mail server that is down is left alone
    return await deliver_due(database, mailer, _queue(found, version, mailer, settings)) or not found


async def _wait_for_an_address(database: Database, nowhere: Sequence[DueTelling]) -> None:
    """Whom no mail reaches stays untold, and nothing new is done with their data."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        for telling in nowhere:
            await store.postpone(tx, telling, backoff(telling.attempts, INTERVAL_S, LONGEST_WAIT_S))


def _queue(
    found: Sequence[Addressed], version: Version, mailer: Mailer, settings: PrivacySettings
) -> MailQueue[Addressed]:
    async def lease(_tx: Transaction, _limit: int) -> Sequence[Addressed]:
        return found

    async def ended(tx: Transaction, to: Addressed, ending: Ending) -> None:
        if ending is not Ending.SENT:
            await store.postpone(tx, to.telling, LONGEST_WAIT_S)
            return
        await store.told(tx, to.telling, version.version)
        message_id = mailer.message_id(_key(to, version))
        tx.publish(to_mail_provider(to.to.subject_id, settings.mail_provider, message_id))

    async def postpone(tx: Transaction, to: Addressed, wait_s: float) -> None:
        await store.postpone(tx, to.telling, wait_s)

    compose = partial(_compose, version, settings.public_url)
    return MailQueue(TELLING, Purpose.RIGHTS, lease, compose, ended, postpone, len(found))


async def _compose(version: Version, public_url: str, to: Addressed) -> Letter:
    notice = published_notice(version, to.to.language)
    from_day = max(version.effective_on, today())
    subject, text = letter(notice, to.telling.purposes, version.version, from_day, public_url)
    return Letter(_key(to, version), to.to.email, subject, text, page(subject, text, to.to.language))


def _key(to: Addressed, version: Version) -> str:
    return f"notice-{version.version}-{to.telling.person}"
