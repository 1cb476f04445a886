"""Mailing the codes that prove an address."""

from services.privacy import unconfirmed_requests
from services.privacy.cases.letter_page import page
from services.privacy.desk.templates import RIGHTS
from services.privacy.loops import CODES
from services.privacy.mail_templates import CODE, WISH
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.unconfirmed_requests import DueCode
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.purposes import Purpose
from shared.secrets import Keyring


async def send_codes(database: Database, mailer: Mailer, keyring: Keyring, seal: AddressSeal) -> bool:
    """Mail the codes that are due and drop what was never confirmed; answers whether more may be waiting."""

    async def compose(due: DueCode) -> Letter:
        code = keyring.code(unconfirmed_requests.CODE, due.request_id.bytes)
        subject, text = CODE.get((due.kind, due.language), CODE["right", due.language])
        body = text.format(wish=_wish(due), code=code, request_id=due.request_id)
        html = page(subject, body, due.language)
        return Letter(f"code-{due.request_id}", seal.open(due.sealed_address), subject, body, html)

    async def ended(tx: Transaction, due: DueCode, _ending: Ending) -> None:
        await unconfirmed_requests.done(tx, due)

    async with database.transaction(Purpose.RIGHTS) as tx:
        await unconfirmed_requests.drop_expired(tx)
    queue = MailQueue(CODES, Purpose.RIGHTS, unconfirmed_requests.lease, compose, ended, unconfirmed_requests.postpone)
    return await deliver_due(database, mailer, queue)


def _wish(due: DueCode) -> str:
    """What is asked for: an erasure says what becomes of contracts, another right is called by its name."""
    if due.kind == "erasure":
        return WISH[due.terminate_contract, due.language]
    return next((words for right, words in RIGHTS.items() if right == (due.kind, due.language)), "")
