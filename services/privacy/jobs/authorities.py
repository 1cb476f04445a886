"""What authorities were given stands in the log of disclosures, and people are told, once nothing forbids it."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from services.privacy import disclosures
from services.privacy.authorities import rules, store
from services.privacy.authorities.letter import letter
from services.privacy.authorities.store import DueTelling, HandedOver
from services.privacy.loops import AUTHORITIES
from services.privacy.people_mail import AT_ONCE, PeopleMail, Post, write_to
from services.privacy.recipients import late
from services.privacy.recipients.rules import names
from services.privacy.register.model import Register
from services.privacy.settings import PrivacySettings
from shared.clock import today
from shared.contracts.fields import Language
from shared.contracts.participants import Disclosed
from shared.database import Database, Transaction
from shared.law.retention import proof
from shared.loops import backoff
from shared.mail.delivery import Ending
from shared.mail.mailer import Mailer
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose

FIRST_WAIT_S = 60.0
LONGEST_WAIT_S = 86_400.0


async def see_to_authorities(
    database: Database, mailer: Mailer, client: RequestClient, register: Register, settings: PrivacySettings
) -> bool:
    await end_silences(database, register)
    async with database.transaction(Purpose.RIGHTS) as tx:
        due = await store.lease(tx, AT_ONCE)
    kind = PeopleMail(AUTHORITIES, _ids, _key, partial(_words, register), _ended, _postpone, _no_address)
    return await write_to(due, kind, Post(database, mailer, client, settings))


async def end_silences(database: Database, register: Register) -> None:
    """What may be told is told by the log, in one transaction with who is due to be written to."""
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        if ended := await store.end_silence(tx, today(), AT_ONCE):
            await _log(tx, [event for each in ended for event in _disclosed(each, register)], register)


async def _log(tx: Transaction, events: Sequence[Disclosed], register: Register) -> None:
    """Of somebody who was erased, restricted or corrected during the silence the authority is told (GDPR Art. 19)."""
    kept = proof(today())
    entered = await disclosures.insert(tx, events, ["privacy"] * len(events), kept)
    await late.tell_of(tx, entered, names(register), kept)


def _disclosed(what: HandedOver, register: Register) -> list[Disclosed]:
    return [
        Disclosed(
            subject_id=person,
            recipient=what.authority,
            purpose=rules.purpose(what.kind, register),
            categories=tuple(what.handed),
            disclosed_at=what.decided_at,
            reference=what.reference,
        )
        for person in what.people
    ]


def _ids(due: DueTelling) -> tuple[UUID]:
    return (due.subject_id,)


def _key(due: DueTelling) -> str:
    return f"authority-{due.telling_id}"


def _words(register: Register, due: DueTelling, language: Language) -> tuple[str, str]:
    return letter(due, register, language, today())


async def _ended(tx: Transaction, due: DueTelling, ending: Ending) -> None:
    if ending is Ending.SENT:
        await store.told(tx, due.telling_id)
    else:
        await store.postpone(tx, due.telling_id, LONGEST_WAIT_S)


async def _postpone(tx: Transaction, due: DueTelling, wait_s: float) -> None:
    await store.postpone(tx, due.telling_id, wait_s)


async def _no_address(tx: Transaction, due: DueTelling) -> None:
    """Whom no mail reaches is tried again: an account or a newsletter may come."""
    await store.postpone(tx, due.telling_id, backoff(due.attempts, FIRST_WAIT_S, LONGEST_WAIT_S))
