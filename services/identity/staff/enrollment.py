"""Joining and leaving the staff: invited on the vendor's machine, enrolled with a password and a second factor."""

import secrets

from services.identity import audit
from services.identity.passwords import Passwords, check_password
from services.identity.sessions import TOKEN_BYTES
from services.identity.staff import rules, sessions, store
from services.identity.subject_ids import uuid7
from shared.clock import now
from shared.contracts import identity
from shared.database import Transaction
from shared.problems import Refused, refuse
from shared.seals import seal, unseal
from shared.secrets import Keyring, digest

USE = "second factors"


async def invite(tx: Transaction, request: identity.InviteStaff) -> identity.Invitation:
    """Whoever held the address before signs in no more, until the invitation is accepted."""
    token, until = secrets.token_urlsafe(TOKEN_BYTES), now() + rules.INVITED_FOR
    staff_id = await store.invite(tx, uuid7(), request, digest(token), until)
    await sessions.end_all(tx, staff_id)
    await audit.write(tx, None, "invited", {"staff": staff_id})
    return identity.Invitation(token=token, valid_until=until)


async def end(tx: Transaction, email: str) -> None:
    """Raises Refused (404) for an address that is none of the staff's."""
    staff_id = await store.end(tx, email)
    if staff_id is None:
        raise refuse(404, "nobody of the staff has this address", field="email")
    await audit.write(tx, None, "ended", {"staff": staff_id})


async def hash_password(request: identity.AcceptInvitation, passwords: Passwords, deadline: float) -> str:
    """Hashed before the transaction. Raises Refused (503)."""
    return await passwords.hash(request.password, deadline)


async def accept(
    tx: Transaction, keyring: Keyring, request: identity.AcceptInvitation, hashed: str
) -> identity.Enrollment:
    """Set the password and a new secret; both wait for the first code. Raises Refused (404, 422)."""
    account = await _invited(tx, request.token)
    check_password(request.password, account.email)
    secret = rules.new_secret()
    await store.choose(tx, account.staff_id, hashed, seal(keyring, USE, secret))
    return identity.Enrollment(uri=rules.uri(secret, account.email), secret=secret)


async def confirm(tx: Transaction, keyring: Keyring, request: identity.ConfirmFactor) -> identity.RecoveryCodes:
    """The second factor works: its holder is staff. Raises Refused (403, 404, 409)."""
    account = await _invited(tx, request.token)
    if account.sealed_secret is None:
        raise refuse(409, "choose a password first")
    step = rules.used_step(unseal(keyring, USE, account.sealed_secret), request.code, now(), account.last_step)
    if step is None:
        raise refuse(403, "the code is wrong", field="code", message="look whether the phone's clock is right")
    codes = rules.recovery_codes()
    await store.use_step(tx, account.staff_id, step)
    await store.replace_codes(tx, account.staff_id, [digest(code) for code in codes])
    await store.enroll(tx, account.staff_id)
    await audit.write(tx, account.staff_id, "enrolled")
    return identity.RecoveryCodes(codes=codes)


async def _invited(tx: Transaction, token: str) -> store.StaffAccount:
    account = await store.invited(tx, digest(token))
    if account is None:
        raise _no_invitation()
    return account


def _no_invitation() -> Refused:
    return refuse(404, "the invitation is not valid any more", message="ask for another: ./lethe staff invite")
