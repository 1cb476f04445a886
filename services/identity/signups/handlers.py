"""Signing up: details and password first, the account begins when the mailed code comes back."""

import hmac

from services.identity import accounts, activity
from services.identity.keys import Keys
from services.identity.passwords import Passwords
from services.identity.recognition import recognize
from services.identity.service_mail import store as service_mail
from services.identity.signups import rules, store
from shared.contracts import identity
from shared.contracts.message import Created, Done
from shared.database import Database, Transaction
from shared.messaging.idempotency import Claim
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import Refused, refuse
from shared.purposes import Purpose

router = ServiceRouter("identity")


@router.request(identity.RegisterAccount, purpose=Purpose.CONTRACT)
async def register(request: identity.RegisterAccount, database: Database, keys: Keys, passwords: Passwords) -> Done:
    """Keep a sign-up; the owner of a known address is told by mail, the asker never."""
    rules.check_sign_up(request)
    password_hash = await passwords.hash(request.password)
    address_hash = keys.address(request.email)
    async with database.transaction(Purpose.CONTRACT) as tx:
        holder = await accounts.holder(tx, address_hash)
        if holder is not None and await lock_subject(tx, holder) is Standing.LIVE:
            await service_mail.put_once_an_hour(tx, holder, "already-registered")
        else:
            await store.keep(tx, address_hash, password_hash, rules.details(request))
            tx.wake("codes")
    return Done()


@router.request(identity.ResendCode, purpose=Purpose.CONTRACT)
async def resend_code(request: identity.ResendCode, tx: Transaction, keys: Keys) -> Done:
    """Have a fresh code mailed; answers alike when there is nothing to confirm or too much was mailed."""
    await store.ask_for_code(tx, keys.address(request.email))
    tx.wake("codes")
    return Done()


@router.request(identity.ConfirmEmail, purpose=Purpose.CONTRACT)
async def confirm_email(request: identity.ConfirmEmail, database: Database, keys: Keys, claim: Claim) -> Created:
    """Begin the account. A try counts even when it fails, so it is committed first."""
    address_hash = keys.address(request.email)
    async with database.transaction(Purpose.CONTRACT) as tx:
        nonce = await store.count_try(tx, address_hash)
    async with database.transaction(Purpose.CONTRACT) as tx:
        if (before := await claim.recall(tx)) is not None:
            return before
        if nonce is None or not hmac.compare_digest(keys.code(nonce), request.code):
            raise _wrong_code()
        subject_id = await recognize(tx, address_hash)
        signed_up = await store.take(tx, address_hash, nonce)
        if signed_up is None or not await accounts.begin(tx, subject_id, signed_up):
            raise _wrong_code()
        await activity.note(tx, subject_id, "account confirmed")
        tx.publish(identity.PersonRegistered(subject_id=subject_id, kind=signed_up["kind"]))
        return await claim.complete(tx, subject_id)


def _wrong_code() -> Refused:
    return refuse(422, "the code is not valid", field="code", message="it is wrong, used or expired: ask for a new one")
