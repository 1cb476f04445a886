"""New passwords: by the old one, or by a mailed token; the owner is always told."""

from dataclasses import dataclass
from uuid import UUID

from services.identity import activity, authentication, credentials, known_devices, password_resets, sessions
from services.identity.accounts import store as accounts
from services.identity.authentication import SessionProof
from services.identity.password_resets import Reset, reset_token
from services.identity.passwords import Passwords, check_password
from services.identity.service_mail import store as service_mail
from services.identity.settings import IdentitySettings
from shared.contracts import identity
from shared.database import Database, Transaction
from shared.personal_data.subjects import lock_subject
from shared.purposes import Purpose
from shared.secrets import Keyring


@dataclass(frozen=True)
class Change:
    """A new password's hash, and who proved what with the old one."""

    proof: SessionProof
    password_hash: str


async def prepare_change(
    request: identity.ChangePassword,
    database: Database,
    passwords: Passwords,
    settings: IdentitySettings,
    deadline: float,
) -> Change:
    """Prove the old password, check and hash the new one. Raises Refused (401, 403, 422, 429, 503)."""
    proof = await authentication.prove_session(request, database, passwords, settings, deadline)
    check_password(request.new_password, proof.session.email, field="new_password")
    return Change(proof, await passwords.hash(request.new_password, deadline))


async def change(tx: Transaction, prepared: Change) -> None:
    """Set the new password and end all other sessions. Raises Refused (401)."""
    subject_id = await authentication.accept(tx, prepared.proof.proof, sessions.no_session())
    await _set(tx, subject_id, prepared.password_hash, spared=prepared.proof.session.session_id)


async def mail_reset(tx: Transaction, keyring: Keyring, owner: UUID | None) -> None:
    """Mail a reset token to the owner of an account, who is locked; nothing to nobody."""
    if owner is not None:
        mail_id = await service_mail.store(tx, owner, "password-reset")
        await password_resets.store(tx, owner, reset_token(keyring, mail_id))


@dataclass(frozen=True)
class PreparedReset:
    """A reset whose token was valid a moment ago, and the new password's hash."""

    reset: Reset
    password_hash: str


async def prepare_reset(
    request: identity.ResetPassword, database: Database, passwords: Passwords, deadline: float
) -> PreparedReset:
    """Find the reset, check and hash the new password. Raises Refused (422, 503)."""
    async with database.transaction(Purpose.SECURITY) as tx:
        reset = await password_resets.find(tx, request.token)
    check_password(request.password, reset.email)
    return PreparedReset(reset, await passwords.hash(request.password, deadline))


async def reset(tx: Transaction, token: str, prepared: PreparedReset) -> str:
    """Set a new password for the holder of a token, once; ends all sessions, opens none. Raises Refused (422).

    Answers a device token: whatever strangers try meanwhile, whoever holds the mailbox can sign in.
    """
    subject_id = prepared.reset.subject_id
    await lock_subject(tx, subject_id)
    await password_resets.spend(tx, token)
    await accounts.mark_reached(tx, subject_id)
    await _set(tx, subject_id, prepared.password_hash)
    return await known_devices.remember(tx, subject_id)


async def _set(tx: Transaction, subject_id: UUID, password_hash: str, *, spared: UUID | None = None) -> None:
    """Store the new hash, end sessions and open resets, leave a trace, and tell the owner."""
    await credentials.change(tx, subject_id, password_hash)
    await sessions.end_others(tx, subject_id, spared)
    await password_resets.drop_all(tx, subject_id)
    await activity.note(tx, subject_id, "password changed")
    await service_mail.store(tx, subject_id, "password-changed")
