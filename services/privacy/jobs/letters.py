"""Sending the letters that cases wait for."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.privacy import disclosures, held_erasures
from services.privacy.cases import letters
from services.privacy.cases.letter_page import page
from services.privacy.cases.letters import CORRECTED, OUTCOME, DueLetter
from services.privacy.cases.reasons import Kept, Left
from services.privacy.certificates import store
from services.privacy.certificates.document import kept
from services.privacy.desk import unapplied_corrections
from services.privacy.disclosures import to_mail_provider
from services.privacy.loops import LETTERS
from services.privacy.recipients import store as recipients
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from services.privacy.stopping import link
from shared.clock import today
from shared.database import Database, Transaction
from shared.law.retention import proof
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.purposes import Purpose
from shared.tracing import note_about


async def send_letters(database: Database, mailer: Mailer, seal: AddressSeal, settings: PrivacySettings) -> bool:

    async def compose(due: DueLetter) -> Letter:
        note_about(due)
        stop = link(seal.keyring, settings.public_url, due.case_id)
        subject, text = letters.compose(due, settings.public_url, *await _outcome(database, due), stop=stop)
        html = page(subject, text, due.language)
        return Letter(letters.key(due), seal.open(due.sealed_address), subject, text, html)

    async def ended(tx: Transaction, due: DueLetter, ending: Ending) -> None:
        await letters.done(tx, due, sent=ending is Ending.SENT)
        if ending is Ending.SENT:
            await tx.declare(Purpose.LEGAL_DUTY)  # a statutory fact, also of somebody erased meanwhile
            message_id = mailer.message_id(letters.key(due))
            disclosed = to_mail_provider(due.subject_id, settings.mail_provider, message_id)
            await disclosures.insert(tx, [disclosed], [tx.service], proof(today()))

    queue = MailQueue(LETTERS, Purpose.RIGHTS, _lease, compose, ended, letters.postpone)
    return await deliver_due(database, mailer, queue)


async def _lease(tx: Transaction, limit: int) -> Sequence[DueLetter]:
    """The letters that are due, with who is told of what they are about: one question for all of them."""
    due = await letters.lease(tx, limit)
    told: dict[UUID, list[str]] = {letter.case_id: [] for letter in due}
    for each in await recipients.of_cases(tx, told) if due else ():
        told[each.case_id].append(each.recipient)
    return [replace(letter, recipients=tuple(told[letter.case_id])) for letter in due]


async def _outcome(database: Database, due: DueLetter) -> tuple[Sequence[Kept], Sequence[Left]]:
    """What is kept, for now or for long, and what could not be checked; nothing in a letter that does not tell it."""
    if due.letter == CORRECTED:
        async with database.transaction(Purpose.RIGHTS) as tx:
            return (), await unapplied_corrections.left(tx, due.case_id)
    if not due.is_about_an_erasure or due.letter not in (OUTCOME, held_erasures.LETTER):
        return (), ()
    async with database.transaction(Purpose.RIGHTS) as tx:
        if due.letter == held_erasures.LETTER:
            return await held_erasures.waited_for(tx, due.subject_id), ()
        case = await store.closed_case_by_id(tx, due.case_id)
        return kept(case, await store.reports(tx, case.order_id)), await store.left(tx, case)
