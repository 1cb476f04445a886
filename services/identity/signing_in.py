"""Signing in, and proving once more before something that can't be undone."""

from services.identity import activity, credentials, sessions
from services.identity.keys import Keys
from services.identity.passwords import Passwords
from services.identity.settings import IdentitySettings
from shared.contracts import identity
from shared.contracts.message import Done
from shared.database import Database, Row, Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("identity")

FRESH = "UPDATE session SET authenticated_at = now(), last_seen_at = now() WHERE session_id = $1"


@router.request(identity.SignIn, purpose=Purpose.SECURITY)
async def sign_in(
    request: identity.SignIn, database: Database, keys: Keys, passwords: Passwords, settings: IdentitySettings
) -> identity.SignedIn:
    """Open a session; unknown, unconfirmed and wrong are one answer after equal time."""
    proof = await credentials.examine(database, passwords, keys.address(request.email), request.password)
    async with database.transaction(Purpose.SECURITY) as tx:
        if proof.subject_id is not None and await credentials.accept(tx, proof):
            await activity.note(tx, proof.subject_id, "signed in", request.ip)
            return await sessions.begin(tx, proof.subject_id, request.device, settings)
        await note_failure(tx, proof, request.ip)
    raise refuse(401, "the address or the password is wrong")


async def note_failure(tx: Transaction, proof: credentials.Proof, ip: str = "") -> None:
    """Leave a trace for the owner of the account, if there is one."""
    if proof.subject_id is not None and await lock_subject(tx, proof.subject_id) is Standing.LIVE:
        await activity.note(tx, proof.subject_id, "sign-in failed", ip)


async def prove_again(
    database: Database, keys: Keys, passwords: Passwords, settings: IdentitySettings, token: str, password: str
) -> tuple[credentials.Proof, Row]:
    """Look at the password of a session's owner. Raises Refused (401, 403, 429)."""
    async with database.transaction(Purpose.SECURITY) as tx:
        session = await sessions.find(tx, token, settings)
    proof = await credentials.examine(database, passwords, keys.address(session["email"]), password)
    if not proof.right or proof.subject_id != session["subject_id"]:
        async with database.transaction(Purpose.SECURITY) as tx:
            await note_failure(tx, proof)
        raise refuse(403, "the password is wrong", field="password")
    return proof, session


@router.request(identity.Reauthenticate, purpose=Purpose.SECURITY)
async def reauthenticate(
    request: identity.Reauthenticate, database: Database, keys: Keys, passwords: Passwords, settings: IdentitySettings
) -> Done:
    """Note in the session that its owner proved to be there just now."""
    proof, session = await prove_again(database, keys, passwords, settings, request.token, request.password)
    async with database.transaction(Purpose.SECURITY) as tx:
        if not await credentials.accept(tx, proof) or not await tx.run(FRESH, session["session_id"]):
            raise sessions.no_session()
        await activity.note(tx, session["subject_id"], "proved again")
    return Done()
