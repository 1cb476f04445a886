"""What forms asked for is decided after the answer: the asker can't tell by its time who is known."""

from services.identity import mail_requests, persons, registration
from shared.database import Database
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
            await registration.answer(tx, keyring, request.email, owner)
    return True
