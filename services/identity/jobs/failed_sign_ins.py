"""Wrong passwords reach their owner's activity log after the answer: its time tells nobody who is known."""

from services.identity import activity, failed_sign_ins
from services.identity.accounts import store as accounts
from shared.database import Database
from shared.personal_data.subjects import Standing, lock_subject
from shared.purposes import Purpose


async def note_failures(database: Database) -> bool:
    """Note one; answers whether there was one. The person is locked first, as an erasure does."""
    async with database.transaction(Purpose.SECURITY) as tx:
        failure = await failed_sign_ins.oldest(tx)
        if failure is None:
            return False
        owner = await accounts.owner(tx, failure.address_hash)
        is_live = owner is not None and await lock_subject(tx, owner) is Standing.LIVE
        if await failed_sign_ins.take(tx, failure) and owner is not None and is_live:
            await activity.note(tx, owner, "sign-in failed", failure.ip, failure.at)
    return True
