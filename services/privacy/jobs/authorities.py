"""What authorities were given stands in the log of disclosures, and people are told, once nothing forbids it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from services.privacy import disclosures
from services.privacy.authorities import rules, store
from services.privacy.authorities.letter import letter
from services.privacy.authorities.store import DueTelling, HandedOver
from services.privacy.cases.letter_page import page
from services.privacy.disclosures import to_mail_provider
from services.privacy.loops import AUTHORITIES
from services.privacy.present_addresses import MailAddress, any_address
from services.privacy.recipients import store as recipients
from services.privacy.recipients.rules import names
from services.privacy.register.model import Register
from services.privacy.settings import PrivacySettings
from shared.clock import today
from shared.contracts.participants import Disclosed
from shared.database import Database, Transaction
from shared.law.retention import proof
from shared.loops import backoff
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose

FIRST_WAIT_S = 60.0
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


async def see_to_authorities(
    database: Database, mailer: Mailer, client: RequestClient, register: Register, settings: PrivacySettings
) -> bool:
    await end_silences(database, register)
    async with database.transaction(Purpose.RIGHTS) as tx:
        due = await store.lease(tx, AT_ONCE)
    addresses = await asyncio.gather(*(any_address([each.subject_id], client) for each in due))
    found = [Addressed(telling, to) for telling, to in zip(due, addresses, strict=True) if to]
    await _wait_for_an_address(database, [t for t, to in zip(due, addresses, strict=True) if to is None])
    return bool(found) and await deliver_due(database, mailer, _queue(found, mailer, register, settings))


async def end_silences(database: Database, register: Register) -> None:
    """What may be told is told by the log, in one transaction with who is due to be written to."""
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        for each in await store.end_silence(tx, today(), AT_ONCE):
            await _log(tx, _disclosed(each, register), register)


async def _log(tx: Transaction, events: Sequence[Disclosed], register: Register) -> None:
    """Of somebody who was erased during the silence the authority still has data, and is told (GDPR Art. 19)."""
    kept = proof(today())
    if erased := await disclosures.insert(tx, events, ["privacy"] * len(events), kept):
        await recipients.overtaken(tx, erased, names(register), kept)


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


async def _wait_for_an_address(database: Database, nowhere: Sequence[DueTelling]) -> None:
    """Whom no mail reaches is tried again: an account or a newsletter may come."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        for telling in nowhere:
            await store.postpone(tx, telling.telling_id, backoff(telling.attempts, FIRST_WAIT_S, LONGEST_WAIT_S))


def _queue(
    found: Sequence[Addressed], mailer: Mailer, register: Register, settings: PrivacySettings
) -> MailQueue[Addressed]:
    async def lease(_tx: Transaction, _limit: int) -> Sequence[Addressed]:
        return found

    async def ended(tx: Transaction, to: Addressed, ending: Ending) -> None:
        if ending is not Ending.SENT:
            await store.postpone(tx, to.telling.telling_id, LONGEST_WAIT_S)
            return
        await store.told(tx, to.telling.telling_id)
        message_id = mailer.message_id(_key(to))
        tx.publish(to_mail_provider(to.to.subject_id, settings.mail_provider, message_id))

    async def postpone(tx: Transaction, to: Addressed, wait_s: float) -> None:
        await store.postpone(tx, to.telling.telling_id, wait_s)

    compose = partial(_compose, register)
    return MailQueue(AUTHORITIES, Purpose.RIGHTS, lease, compose, ended, postpone, len(found))


async def _compose(register: Register, to: Addressed) -> Letter:
    subject, text = letter(to.telling, register, to.to.language, today())
    return Letter(_key(to), to.to.email, subject, text, page(subject, text, to.to.language))


def _key(to: Addressed) -> str:
    return f"authority-{to.telling.telling_id}"
