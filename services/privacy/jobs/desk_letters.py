"""Sending the letters that the desk has issued."""

from services.privacy.cases.letter_page import page
from services.privacy.desk import letter_store
from services.privacy.desk.letter_store import DueLetter
from services.privacy.disclosures import to_mail_provider
from services.privacy.loops import DESK_LETTERS
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.purposes import Purpose
from shared.tracing import note_about


async def send_desk_letters(database: Database, mailer: Mailer, seal: AddressSeal, settings: PrivacySettings) -> bool:

    async def compose(due: DueLetter) -> Letter:
        note_about(due)
        html = page(due.title, due.text, due.language)
        return Letter(letter_store.key(due), seal.open(due.sealed_address), due.title, due.text, html)

    async def ended(tx: Transaction, due: DueLetter, ending: Ending) -> None:
        await letter_store.ended(tx, due, ending)
        if ending is Ending.SENT:
            message_id = mailer.message_id(letter_store.key(due))
            tx.publish(to_mail_provider(due.subject_id, settings.mail_provider, message_id))

    queue = MailQueue(DESK_LETTERS, Purpose.RIGHTS, letter_store.lease, compose, ended, letter_store.postpone)
    return await deliver_due(database, mailer, queue)
