"""Telling people of new purposes: nobody's data are used for one before."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from services.privacy.documents import versions
from services.privacy.documents.notice.edition import published_notice
from services.privacy.documents.versions import Version
from services.privacy.loops import TELLING
from services.privacy.notices import telling_store as store
from services.privacy.notices import tellings
from services.privacy.notices.telling_letter import letter
from services.privacy.notices.telling_store import DueTelling
from services.privacy.people_mail import AT_ONCE, PeopleMail, Post, write_to
from services.privacy.register.model import Register
from services.privacy.settings import PrivacySettings
from shared.clock import today
from shared.contracts.fields import Language
from shared.database import Database, Transaction
from shared.loops import backoff
from shared.mail.delivery import Ending
from shared.mail.mailer import Mailer
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose

INTERVAL_S = 60.0
LONGEST_WAIT_S = 86_400.0


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
    key, words = partial(_key, version), partial(_words, version, settings.public_url)
    kind = PeopleMail(TELLING, _ids, key, words, partial(_ended, version), store.postpone, _no_address)
    return await write_to(due, kind, Post(database, mailer, client, settings))


def _ids(due: DueTelling) -> Sequence[UUID]:
    return due.ids


def _key(version: Version, due: DueTelling) -> str:
    return f"notice-{version.version}-{due.person}"


def _words(version: Version, public_url: str, due: DueTelling, language: Language) -> tuple[str, str]:
    notice = published_notice(version, language)
    return letter(notice, due.purposes, version.version, max(version.effective_on, today()), public_url)


async def _ended(version: Version, tx: Transaction, due: DueTelling, ending: Ending) -> None:
    if ending is Ending.SENT:
        await store.told(tx, due, version.version)
    else:
        await store.postpone(tx, due, LONGEST_WAIT_S)


async def _no_address(tx: Transaction, due: DueTelling) -> None:
    """Whom no mail reaches stays untold, and nothing new is done with their data."""
    await store.postpone(tx, due, backoff(due.attempts, INTERVAL_S, LONGEST_WAIT_S))
