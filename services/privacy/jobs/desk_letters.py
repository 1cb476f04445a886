"""Sending the letters that the desk has issued."""

from services.privacy.cases.letter_page import page
from services.privacy.desk import letter_store
from services.privacy.desk.letter_store import DueLetter
from services.privacy.disclosures import to_mail_provider
from services.privacy.loops import DESK_LETTERS
from services.privacy.mail_templates import STOP
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from services.privacy.stopping import link
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.purposes import Purpose
from shared.tracing import note_about


async def send_desk_letters(database: Database, mailer: Mailer, seal: AddressSeal, settings: PrivacySettings) -> bool:

    async def compose(due: DueLetter) -> Letter:
        note_about(due)
        text = due.text + _way_to_stop(due, link(seal.keyring, settings.public_url, due.case_id))
        html = page(due.title, text, due.language)
        return Letter(letter_store.key(due), seal.open(due.sealed_address), due.title, text, html)

    async def ended(tx: Transaction, due: DueLetter, ending: Ending) -> None:
        await letter_store.ended(tx, due, ending)
        if ending is Ending.SENT:
            message_id = mailer.message_id(letter_store.key(due))
            tx.publish(to_mail_provider(due.subject_id, settings.mail_provider, message_id))

    queue = MailQueue(DESK_LETTERS, Purpose.RIGHTS, letter_store.lease, compose, ended, letter_store.postpone)
    return await deliver_due(database, mailer, queue)


def _way_to_stop(due: DueLetter, stop: str) -> str:
    """The link, which is stored nowhere, for whoever has the mailbox and asked for nothing."""
    return STOP[due.language].format(stop=stop) if due.can_be_stopped else ""
