"""Registration: details and password first, the account begins when the mailed code comes back.

The code proves the mailbox, the token says whose sign-up it is. All sign-ups of a mailbox wait for one code: so a
stranger's neither replaces the owner's nor uses up the mails that the owner needs.
"""

import secrets
from uuid import UUID

from services.identity import activity, mail_requests, pending_addresses
from services.identity.accounts import store as accounts
from services.identity.addresses import hashes_of
from services.identity.passwords import Passwords
from services.identity.pending_addresses import Try
from services.identity.persons import recognize
from services.identity.service_mail import store as service_mail
from services.identity.sign_ups import store as sign_ups
from services.identity.sign_ups.rules import SignUp, check_sign_up, details
from shared.contracts import identity
from shared.database import Database, Transaction
from shared.mail.mailbox import one_spelling
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.secrets import Keyring, digest

TOKEN_BYTES = 32


async def prepare_sign_up(request: identity.RegisterAccount, passwords: Passwords, deadline: float) -> SignUp:
    """Check a sign-up and hash its password. Raises Refused (422, 503)."""
    check_sign_up(request)
    return SignUp(details(request), await passwords.hash(request.password, deadline))


async def register(tx: Transaction, keyring: Keyring, sign_up: SignUp) -> str:
    """Store a sign-up and ask for its mail, known address or not; answers its token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    email = sign_up.details.email
    address_hash = hashes_of(keyring, email).newest
    await mail_requests.ask(tx, address_hash, "sign-up", email)  # before its mailbox, as the job that decides it
    await pending_addresses.await_code(tx, address_hash, email, sign_up.details.language)
    await sign_ups.store(tx, address_hash, token, sign_up)
    return token


async def ask_again(tx: Transaction, request: identity.ResendCode) -> None:
    """Ask for the mail of a sign-up once more; nothing for a token that is none of this address."""
    pending = await sign_ups.pending(tx, request.token)
    if pending is not None and _is_same_mailbox(pending.email, request.email):
        await mail_requests.ask(tx, pending.address_hash, "sign-up", request.email)


async def answer(tx: Transaction, keyring: Keyring, email: str, owner: UUID | None) -> None:
    """Mail a code, or tell the owner of a known address that somebody signs up with it."""
    if owner is not None:
        await service_mail.store_within_limit(tx, owner, "already-registered")
    else:
        await pending_addresses.have_code_mailed(tx, hashes_of(keyring, email).newest)


async def count_try(request: identity.ConfirmEmail, database: Database) -> Try | None:
    """Count a try, in a transaction of its own as it counts even when it fails. Raises Refused (422).

    It counts also for a known address, for which there never is a code: else its time would tell it.
    """
    if not request.token:
        raise refuse(422, "the sign-up's token is missing", field="token", message="it is in the answer to the sign-up")
    async with database.transaction(Purpose.CONTRACT) as tx:
        return await pending_addresses.count_try(tx, "sign_up", digest(request.token))


async def confirm(tx: Transaction, keyring: Keyring, request: identity.ConfirmEmail, tried: Try | None) -> UUID:
    """Begin the account as the token's sign-up describes it. Raises Refused (422)."""
    if tried is None or not _is_proved(keyring, request, tried):
        raise _wrong_code()
    subject_id = await recognize(tx, keyring, request.email)
    sign_up = await sign_ups.take(tx, request.token)
    if sign_up is None or not await accounts.begin(tx, subject_id, sign_up.details, sign_up.password_hash):
        raise _wrong_code()
    await activity.note(tx, subject_id, "account confirmed")
    tx.publish(identity.PersonRegistered(subject_id=subject_id, kind=sign_up.details.kind))
    return subject_id


def _is_proved(keyring: Keyring, request: identity.ConfirmEmail, tried: Try) -> bool:
    """Whether the code is that of the token's mailbox, and the mailbox the one that is named."""
    return tried.is_right(keyring, request.code) and _is_same_mailbox(tried.email, request.email)


def _is_same_mailbox(one: str, other: str) -> bool:
    return one_spelling(one) == one_spelling(other)


def _wrong_code() -> Refused:
    return refuse(422, "the code is not valid", field="code", message="it is wrong, used or expired: ask for a new one")
