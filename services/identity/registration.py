"""Registration: details and password first, the account begins when the mailed code comes back."""

from uuid import UUID

from services.identity import activity
from services.identity.accounts import store as accounts
from services.identity.addresses import current_hash
from services.identity.passwords import Passwords
from services.identity.persons import recognize
from services.identity.service_mail import store as service_mail
from services.identity.sign_ups import store as sign_ups
from services.identity.sign_ups.rules import SignUp, check_sign_up, details
from shared.contracts import identity
from shared.database import Database, Transaction
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.secrets import Keyring

CODE = "sign-up code"
"""The use of the key by which the codes are computed from a sign-up's nonce."""


async def prepare_sign_up(request: identity.RegisterAccount, passwords: Passwords) -> SignUp:
    """Check a sign-up and hash its password. Raises Refused (422)."""
    check_sign_up(request)
    return SignUp(details(request), await passwords.hash(request.password))


async def register(tx: Transaction, keyring: Keyring, sign_up: SignUp) -> None:
    """Store a sign-up; the owner of a known address is told by mail, the asker never."""
    address_hash = await current_hash(tx, keyring, sign_up.details.email)
    owner = await accounts.owner(tx, address_hash)
    if owner is not None and await lock_subject(tx, owner) is Standing.LIVE:
        await service_mail.store_within_limit(tx, owner, "already-registered")
    else:
        await sign_ups.store(tx, address_hash, sign_up)


async def count_try(request: identity.ConfirmEmail, database: Database, keyring: Keyring) -> UUID | None:
    """Count a try, in a transaction of its own as it counts even when it fails; the nonce of the right code."""
    async with database.transaction(Purpose.CONTRACT) as tx:
        return await sign_ups.count_try(tx, await current_hash(tx, keyring, request.email))


async def confirm(tx: Transaction, keyring: Keyring, request: identity.ConfirmEmail, nonce: UUID | None) -> UUID:
    """Begin the account of whoever typed the code. Raises Refused (422)."""
    if nonce is None or not keyring.is_code(CODE, nonce.bytes, request.code):
        raise _wrong_code()
    subject_id = await recognize(tx, keyring, request.email)
    sign_up = await sign_ups.take(tx, await current_hash(tx, keyring, request.email), nonce)
    if sign_up is None or not await accounts.begin(tx, subject_id, sign_up.details, sign_up.password_hash):
        raise _wrong_code()
    await activity.note(tx, subject_id, "account confirmed")
    tx.publish(identity.PersonRegistered(subject_id=subject_id, kind=sign_up.details.kind))
    return subject_id


def _wrong_code() -> Refused:
    return refuse(422, "the code is not valid", field="code", message="it is wrong, used or expired: ask for a new one")
