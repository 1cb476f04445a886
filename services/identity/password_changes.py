"""New passwords: by the old one, or by a mailed token; the owner is always told."""

from datetime import timedelta
from uuid import UUID

from services.identity import accounts, activity, attempts, credentials, sessions
from services.identity.keys import Keys
from services.identity.passwords import Passwords, check_password
from services.identity.service_mail import store as service_mail
from services.identity.settings import IdentitySettings
from services.identity.signing_in import prove_again
from shared.clock import now
from shared.contracts import identity
from shared.contracts.message import Done
from shared.database import Database, Row, Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import refuse
from shared.purposes import Purpose
from shared.secrets import digest

router = ServiceRouter("identity")

KEEP_RESET = "INSERT INTO password_reset (token_hash, subject_id, expires_at) VALUES ($1, $2, $3)"
FIND_RESET = """
SELECT r.subject_id, a.email FROM password_reset r JOIN account a USING (subject_id)
WHERE r.token_hash = $1 AND r.expires_at > now()
"""
USE_RESET = "DELETE FROM password_reset WHERE token_hash = $1 AND expires_at > now()"
FORGET_RESETS = "DELETE FROM password_reset WHERE subject_id = $1"


@router.request(identity.ChangePassword, purpose=Purpose.SECURITY)
async def change_password(
    request: identity.ChangePassword, database: Database, keys: Keys, passwords: Passwords, settings: IdentitySettings
) -> Done:
    """Change the password of a member who proves the old one; ends all other sessions."""
    proof, session = await prove_again(database, keys, passwords, settings, request.token, request.password)
    check_password(request.new_password, session["email"], field="new_password")
    fresh = await passwords.hash(request.new_password)
    async with database.transaction(Purpose.SECURITY) as tx:
        if not await credentials.accept(tx, proof):
            raise sessions.no_session()
        await _set(tx, session["subject_id"], fresh, spared=session["session_id"])
    return Done()


@router.request(identity.RequestPasswordReset, purpose=Purpose.SECURITY)
async def request_reset(
    request: identity.RequestPasswordReset, tx: Transaction, keys: Keys, settings: IdentitySettings
) -> Done:
    """Mail a reset token to an account, a few times an hour; answers alike for unknown addresses."""
    subject_id = await accounts.holder(tx, keys.address(request.email))
    if subject_id is not None and await lock_subject(tx, subject_id) is Standing.LIVE:
        mail_id = await service_mail.put_once_an_hour(tx, subject_id, "password-reset", times=3)
        if mail_id is not None:
            expires_at = now() + timedelta(seconds=settings.reset_valid_s)
            await tx.run(KEEP_RESET, digest(keys.reset_token(mail_id)), subject_id, expires_at)
    return Done()


@router.request(identity.ResetPassword, purpose=Purpose.SECURITY)
async def reset_password(request: identity.ResetPassword, database: Database, keys: Keys, passwords: Passwords) -> Done:
    """Set a new password for the holder of a mailed token, once; ends all sessions, opens none."""
    async with database.transaction(Purpose.SECURITY) as tx:
        asked = await _asked(tx, request.token)
    check_password(request.password, asked["email"])
    fresh = await passwords.hash(request.password)
    async with database.transaction(Purpose.SECURITY) as tx:
        await lock_subject(tx, asked["subject_id"])
        if not await tx.run(USE_RESET, digest(request.token)):
            raise refuse(422, "the token is not valid", field="token", message="ask for a new one")
        await attempts.forgive(tx, keys.address(asked["email"]))
        await _set(tx, asked["subject_id"], fresh)
    return Done()


async def _asked(tx: Transaction, token: str) -> Row:
    asked = await tx.row(FIND_RESET, digest(token))
    if asked is None:
        raise refuse(422, "the token is not valid", field="token", message="ask for a new one")
    return asked


async def _set(tx: Transaction, subject_id: UUID, password_hash: str, *, spared: UUID | None = None) -> None:
    """Store the new hash, end sessions and open resets, leave a trace, and tell the owner."""
    await credentials.change(tx, subject_id, password_hash)
    await sessions.end_others(tx, subject_id, spared)
    await tx.run(FORGET_RESETS, subject_id)
    await activity.note(tx, subject_id, "password changed")
    await service_mail.put(tx, subject_id, "password-changed")
