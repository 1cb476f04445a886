"""What forms asked for is decided after the answer: the asker can't tell by its time who is known."""

from uuid import UUID

from services.identity import mail_requests, password_changes, pending_addresses, persons, registration
from services.identity.addresses import hashes_of
from services.identity.mail_requests import MailRequest
from shared.database import Database, Transaction
from shared.purposes import Purpose
from shared.secrets import Keyring


async def decide_mail(database: Database, keyring: Keyring) -> bool:
    """Decide on one request; answers whether there was one.

    The person is locked before the row is taken: in this order an erasure goes, too.
    """
    async with database.transaction(Purpose.UPKEEP) as tx:
        request = await mail_requests.next_due(tx)
        if request is None:
            return False
        owner = await persons.owner(tx, keyring, request.email)
        if await mail_requests.take(tx, request):
            await _decide(tx, keyring, request, owner)
    return True


async def _decide(tx: Transaction, keyring: Keyring, request: MailRequest, owner: UUID | None) -> None:
    match request.form:
        case "sign-up":
            await registration.answer(tx, keyring, request.email, owner)
        case "password-reset":
            await password_changes.mail_reset(tx, keyring, owner)
        case "email-change":
            await pending_addresses.have_code_mailed(tx, hashes_of(keyring, request.email).newest)
