"""Proving to own an account by its password: looked at before the transaction, accepted within it."""

from dataclasses import dataclass
from uuid import UUID

from services.identity import activity, credentials, sessions, sign_in_attempts
from services.identity.addresses import current_hash
from services.identity.credentials import Credential
from services.identity.passwords import Passwords
from services.identity.settings import IdentitySettings
from shared.contracts import identity
from shared.database import Database, Transaction
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.secrets import Keyring


@dataclass(frozen=True)
class Proof:
    """A password that was right a moment ago, and its hash by today's parameters if it has an older one."""

    credential: Credential
    address_hash: bytes
    renewed_hash: str | None = None


@dataclass(frozen=True)
class SessionProof:
    """The owner of a session proved to be there."""

    session: sessions.Session
    proof: Proof


def wrong() -> Refused:
    """The one answer for unknown, unconfirmed, wrong, and changed or erased meanwhile."""
    return refuse(401, "the address or the password is wrong")


async def prove_address(request: identity.SignIn, database: Database, keyring: Keyring, passwords: Passwords) -> Proof:
    """Look at the password of an address. Raises Refused (401, 429), after equal time for unknown addresses."""
    return await _prove(database, keyring, passwords, request.email, request.password, wrong(), request.ip)


async def prove_session(
    request: identity.Reauthenticate | identity.ChangePassword,
    database: Database,
    keyring: Keyring,
    passwords: Passwords,
    settings: IdentitySettings,
) -> SessionProof:
    """Look at the password of a session's owner. Raises Refused (401, 403, 429)."""
    async with database.transaction(Purpose.SECURITY) as tx:
        session = await sessions.find(tx, request.token, settings.session_idle_s)
    refusal = refuse(403, "the password is wrong", field="password")
    proof = await _prove(database, keyring, passwords, session.email, request.password, refusal)
    if proof.credential.subject_id != session.subject_id:
        raise refusal
    return SessionProof(session, proof)


async def _prove(
    database: Database,
    keyring: Keyring,
    passwords: Passwords,
    email: str,
    password: str,
    refusal: Refused,
    ip: str = "",
) -> Proof:
    """Look at a password without holding a transaction meanwhile; a wrong one leaves a trace for the owner."""
    async with database.transaction(Purpose.SECURITY) as tx:
        address_hash = await current_hash(tx, keyring, email)
        await sign_in_attempts.count(tx, address_hash)
        credential = await credentials.of_address(tx, address_hash)
    if credential is None:
        await passwords.verify(None, password)
        raise refusal
    if not await passwords.verify(credential.password_hash, password):
        await _note_failure(database, credential.subject_id, ip)
        raise refusal
    outdated = passwords.outdated(credential.password_hash)
    return Proof(credential, address_hash, await passwords.hash(password) if outdated else None)


async def _note_failure(database: Database, subject_id: UUID, ip: str) -> None:
    async with database.transaction(Purpose.SECURITY) as tx:
        if await lock_subject(tx, subject_id) is Standing.LIVE:
            await activity.note(tx, subject_id, "sign-in failed", ip)


async def accept(tx: Transaction, proof: Proof, refusal: Refused) -> UUID:
    """Lock the person; raises `refusal` unless he or she lives and the password was not changed meanwhile.

    Forgives earlier tries, and renews a hash made with weaker parameters.
    """
    subject_id = proof.credential.subject_id
    if await lock_subject(tx, subject_id) is not Standing.LIVE or not await credentials.stands(tx, proof.credential):
        raise refusal
    await sign_in_attempts.forgive(tx, proof.address_hash)
    if proof.renewed_hash:
        await credentials.renew(tx, subject_id, proof.renewed_hash)
    return subject_id
