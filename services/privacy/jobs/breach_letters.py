"""People are written to of a breach with a high risk, each once (GDPR Art. 34)."""

from functools import partial
from uuid import UUID

from services.privacy.breaches import people_store as store
from services.privacy.breaches.letter import letter
from services.privacy.breaches.people_store import DueLetter
from services.privacy.documents.notice.composition import titles
from services.privacy.loops import BREACH_LETTERS
from services.privacy.people_mail import AT_ONCE, PeopleMail, Post, write_to
from services.privacy.register.model import Register
from services.privacy.settings import PrivacySettings
from shared.contracts.fields import Language
from shared.database import Database, Transaction
from shared.mail.delivery import Ending
from shared.mail.mailer import Mailer
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose

NO_ADDRESS = "no address"
"""No mail reaches them: an officer tells the public instead (Art. 34(3)(c))."""


async def write_of_breaches(
    database: Database, mailer: Mailer, client: RequestClient, register: Register, settings: PrivacySettings
) -> bool:
    """Write to whoever is due; answers whether more may be."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        due = await store.lease(tx, AT_ONCE)
    words = partial(_words, register, settings.public_url)
    kind = PeopleMail(BREACH_LETTERS, _ids, _key, words, _ended, store.postpone, _no_address)
    return await write_to(due, kind, Post(database, mailer, client, settings))


def _ids(due: DueLetter) -> tuple[UUID]:
    return (due.subject_id,)


def _key(due: DueLetter) -> str:
    return f"breach-{due.breach_id}-{due.subject_id}"


def _words(register: Register, public_url: str, due: DueLetter, language: Language) -> tuple[str, str]:
    data = titles(register, due.categories, language)
    return letter(language, due.words[language], data, due.contact, public_url)


async def _ended(tx: Transaction, due: DueLetter, ending: Ending) -> None:
    await store.ended(tx, due, ending.value)


async def _no_address(tx: Transaction, due: DueLetter) -> None:
    await store.ended(tx, due, NO_ADDRESS)
