"""Changing the address of an account: proved at the new mailbox, told to the old one, undone from there."""

from dataclasses import dataclass
from uuid import UUID

from services.identity import (
    activity,
    credentials,
    former_addresses,
    known_devices,
    mail_requests,
    password_changes,
    password_resets,
    pending_addresses,
    persons,
    sessions,
)
from services.identity.accounts import store as accounts
from services.identity.addresses import hashes_of
from services.identity.email_changes import store as email_changes
from services.identity.email_changes.store import Undoable
from services.identity.pending_addresses import Try
from services.identity.service_mail import store as service_mail
from services.identity.sessions import Session
from services.identity.settings import IdentitySettings
from shared.authentication import check_fresh
from shared.clock import now
from shared.contracts import identity
from shared.contracts.actors import FRESH_MINUTES
from shared.database import Database, Transaction
from shared.mail.mailbox import one_spelling
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.secrets import Keyring

NO_PASSWORD = ""
"""The hash of no password: only a reset by mail leads in."""


async def ask(tx: Transaction, keyring: Keyring, settings: IdentitySettings, request: identity.ChangeEmail) -> None:
    """Ask for a code at the new address, and tell the old one at once. Raises Refused (401, 403, 422)."""
    session = await sessions.find(tx, request.token, settings.session_idle_s)
    check_fresh(session.authenticated_at, now(), FRESH_MINUTES)
    if one_spelling(request.email) == one_spelling(session.email):
        raise refuse(422, "this is the account's address already", field="email")
    if await lock_subject(tx, session.subject_id) is not Standing.LIVE:
        raise sessions.no_session()
    await _await_code(tx, keyring, session, request.email)


async def _await_code(tx: Transaction, keyring: Keyring, session: Session, email: str) -> None:
    address_hash = hashes_of(keyring, email).newest
    profile = await accounts.profile(tx, session.subject_id)
    await mail_requests.ask(tx, address_hash, "email-change", email)
    await pending_addresses.await_code(tx, address_hash, email, profile.language)
    change_id = await email_changes.ask(tx, keyring, session.subject_id, address_hash, email, session.email)
    await activity.note(tx, session.subject_id, "e-mail change asked")
    facts = {"change_id": str(change_id)}
    await service_mail.store_within_limit(tx, session.subject_id, "email-change-asked", facts=facts)


@dataclass(frozen=True)
class PendingChange:
    """Whose change a code was typed for, and the counted try."""

    session: Session
    tried: Try | None


async def count_try(
    request: identity.ConfirmEmailChange, database: Database, settings: IdentitySettings
) -> PendingChange:
    """Count a try, in a transaction of its own as it counts even when it fails. Raises Refused (401)."""
    async with database.transaction(Purpose.SECURITY) as tx:
        session = await sessions.find(tx, request.token, settings.session_idle_s)
        return PendingChange(session, await pending_addresses.count_try(tx, "email_change", session.subject_id))


async def confirm(tx: Transaction, keyring: Keyring, code: str, pending: PendingChange) -> None:
    """Change the address; all sessions end. Raises Refused (401, 409, 422).

    That an address is taken is told only here, to whoever holds its mailbox.
    """
    subject_id, tried = pending.session.subject_id, pending.tried
    if tried is None or not tried.is_right(keyring, code):
        raise _wrong_code()
    await persons.move(tx, keyring, subject_id, pending.session.email, tried.email)
    effect = await email_changes.take_effect(tx, subject_id, tried.email)
    if effect is None:
        raise _wrong_code()
    await _set(tx, subject_id, tried.email)
    await activity.note(tx, subject_id, "e-mail changed")
    facts = {"change_id": str(effect.change_id)}
    await service_mail.store(tx, subject_id, "email-changed", facts, email=effect.old_email)


async def undo(tx: Transaction, keyring: Keyring, token: str) -> None:
    """Restore the old address, or call a pending change off, for the holder of the old mailbox.

    Whoever changed it knows the password: it opens nothing any more, and a new one is set by a mail to the old address.
    Raises Refused (404, 409).
    """
    change = await email_changes.undoable(tx, token)
    if change is None:
        raise _no_change()
    if change.has_effect:
        profile = await accounts.profile(tx, change.subject_id)
        await persons.move(tx, keyring, change.subject_id, profile.email, change.old_email)
        await former_addresses.forget_since(tx, change.subject_id, change.created_at)
    elif await lock_subject(tx, change.subject_id) is not Standing.LIVE:
        raise _no_change()
    if not await email_changes.drop_since(tx, change.subject_id, change.created_at):
        raise _no_change()
    await _lock_out(tx, keyring, change)


async def _lock_out(tx: Transaction, keyring: Keyring, change: Undoable) -> None:
    await _set(tx, change.subject_id, change.old_email)
    await known_devices.forget_all(tx, change.subject_id)
    await credentials.change(tx, change.subject_id, NO_PASSWORD)
    await activity.note(tx, change.subject_id, "e-mail change undone")
    await password_changes.mail_reset(tx, keyring, change.subject_id)


async def _set(tx: Transaction, subject_id: UUID, email: str) -> None:
    """Set the address; sessions end, and mailed reset tokens open nothing any more."""
    await accounts.set_email(tx, subject_id, email)
    await sessions.end_others(tx, subject_id)
    await password_resets.drop_all(tx, subject_id)
    tx.publish(identity.ProfileChanged(subject_id=subject_id, fields=("email",)))


def _wrong_code() -> Refused:
    return refuse(422, "the code is not valid", field="code", message="it is wrong, used or expired: ask for a new one")


def _no_change() -> Refused:
    return refuse(404, "no such change", message="it was undone already, or is older than seven days")
