"""Proving to own an account by its password: looked at before the transaction, accepted within it."""

from dataclasses import dataclass
from uuid import UUID

from services.identity import activity, credentials, failed_sign_ins, known_devices, sessions, sign_in_attempts
from services.identity.addresses import current_hash
from services.identity.credentials import Credential
from services.identity.passwords import MOST_WAITING, Passwords
from services.identity.settings import IdentitySettings
from shared.contracts import identity
from shared.database import Database, Transaction
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.secrets import Keyring, digest


@dataclass(frozen=True)
class Proof:
    """A password that was right a moment ago, and its hash by today's parameters if it has an older one."""

    credential: Credential
    counter: sign_in_attempts.Counter
    renewed_hash: str | None = None


@dataclass(frozen=True)
class SessionProof:
    """The owner of a session proved to be there."""

    session: sessions.Session
    proof: Proof


def wrong() -> Refused:
    """The one answer for unknown, unconfirmed, wrong, and changed or erased meanwhile."""
    return refuse(401, "the address or the password is wrong")


async def prove_address(
    request: identity.SignIn, database: Database, keyring: Keyring, passwords: Passwords, deadline: float
) -> Proof:
    """Look at the password of an address. Raises Refused (401, 429, 503), after equal work for unknown addresses."""
    async with database.transaction(Purpose.SECURITY) as tx:
        address_hash = await current_hash(tx, keyring, request.email)
        credential = await credentials.of_address(tx, address_hash)
        counter = await _counter(tx, request.device_token, credential, address_hash)
        await sign_in_attempts.count(tx, counter)
    proof = await _proof(passwords, credential, request.password, counter, deadline)
    if proof is None:
        async with database.transaction(Purpose.SECURITY) as tx:
            await failed_sign_ins.note(tx, address_hash, request.ip)
        raise wrong()
    return proof


async def _counter(
    tx: Transaction, device_token: str, credential: Credential | None, address_hash: bytes
) -> sign_in_attempts.Counter:
    """Where a try counts: on the device if it signed this person in before, or else at the address."""
    subject_id = credential.subject_id if credential else None
    if device_token and await known_devices.is_of(tx, device_token, subject_id):
        return sign_in_attempts.Counter("known_device", digest(device_token))
    return sign_in_attempts.Counter("sign_in_attempt", address_hash)


async def prove_session(
    request: identity.Reauthenticate | identity.ChangePassword,
    database: Database,
    passwords: Passwords,
    settings: IdentitySettings,
    deadline: float,
) -> SessionProof:
    """Look at the password of a session's owner. Raises Refused (401, 403, 429, 503)."""
    async with database.transaction(Purpose.SECURITY) as tx:
        session = await sessions.find(tx, request.token, settings.session_idle_s)
        counter = sign_in_attempts.Counter("session", session.session_id)
        await sign_in_attempts.count(tx, counter)
        credential = await credentials.of_subject(tx, session.subject_id)
    proof = await _proof(passwords, credential, request.password, counter, deadline)
    if proof is None:
        await _note_failure(database, session.subject_id)
        raise refuse(403, "the password is wrong", field="password")
    return SessionProof(session, proof)


async def _proof(
    passwords: Passwords,
    credential: Credential | None,
    password: str,
    counter: sign_in_attempts.Counter,
    deadline: float,
) -> Proof | None:
    """Look at a password without holding a transaction meanwhile; None for a wrong one."""
    stored = credential.password_hash if credential else None
    if not await passwords.verify(stored, password, deadline) or credential is None:
        return None
    if not passwords.outdated(credential.password_hash):
        return Proof(credential, counter)
    return Proof(credential, counter, await passwords.hash(password, deadline, most_waiting=MOST_WAITING))


async def _note_failure(database: Database, subject_id: UUID) -> None:
    async with database.transaction(Purpose.SECURITY) as tx:
        if await lock_subject(tx, subject_id) is Standing.LIVE:
            await activity.note(tx, subject_id, "sign-in failed")


async def accept(tx: Transaction, proof: Proof, refusal: Refused) -> UUID:
    """Lock the person; raises `refusal` unless he or she lives and the password was not changed meanwhile.

    Forgives earlier tries made in the same place, and renews a hash made with weaker parameters.
    """
    subject_id = proof.credential.subject_id
    if await lock_subject(tx, subject_id) is not Standing.LIVE or not await credentials.stands(tx, proof.credential):
        raise refusal
    await sign_in_attempts.forgive(tx, proof.counter)
    if proof.renewed_hash:
        await credentials.renew(tx, subject_id, proof.renewed_hash)
    return subject_id
