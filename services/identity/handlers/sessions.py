"""Sessions: signing in and out, whose session this is, proving once more."""

from services.identity import activity, authentication, known_devices, sessions
from services.identity.authentication import Proof, SessionProof
from services.identity.settings import IdentitySettings
from shared.assertions import Signer
from shared.contracts import identity
from shared.contracts.actors import Actor
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_subject
from shared.purposes import Purpose

router = ServiceRouter("identity")


@router.request(identity.SignIn, purpose=Purpose.SECURITY, prepare=authentication.prove_address)
async def sign_in(
    request: identity.SignIn, tx: Transaction, settings: IdentitySettings, prepared: Proof
) -> identity.SignedIn:
    subject_id = await authentication.accept(tx, prepared, authentication.wrong())
    await activity.note(tx, subject_id, "signed in", request.ip)
    signed_in = await sessions.begin(tx, subject_id, request.device, settings)
    device_token = await known_devices.remember(tx, subject_id, request.device_token)
    return signed_in.model_copy(update={"device_token": device_token})


@router.request(identity.Authenticate, purpose=Purpose.SECURITY)
async def authenticate(
    request: identity.Authenticate, tx: Transaction, settings: IdentitySettings, signer: Signer
) -> identity.Principal:
    session = await sessions.find(tx, request.token, settings.session_idle_s)
    await sessions.note_use(tx, session)
    assertion = signer.sign(Actor(session.subject_id, "member", session.authenticated_at))
    return identity.Principal(
        subject_id=session.subject_id, authenticated_at=session.authenticated_at, assertion=assertion
    )


@router.request(identity.Reauthenticate, purpose=Purpose.SECURITY, prepare=authentication.prove_session)
async def reauthenticate(_request: identity.Reauthenticate, tx: Transaction, prepared: SessionProof) -> Done:
    subject_id = await authentication.accept(tx, prepared.proof, sessions.no_session())
    await sessions.note_proof(tx, prepared.session)
    await activity.note(tx, subject_id, "proved again")
    return Done()


@router.request(identity.SignOut, purpose=Purpose.SECURITY)
async def sign_out(request: identity.SignOut, tx: Transaction, settings: IdentitySettings) -> Done:
    session = await sessions.find(tx, request.token, settings.session_idle_s)
    if await lock_subject(tx, session.subject_id) is not Standing.LIVE:
        raise sessions.no_session()
    await sessions.end(tx, session)
    await activity.note(tx, session.subject_id, "signed out")
    return Done()


@router.request(identity.ReadSessions, purpose=Purpose.RIGHTS)
async def read_sessions(
    request: identity.ReadSessions, tx: Transaction, settings: IdentitySettings
) -> identity.Sessions:
    return identity.Sessions(sessions=await sessions.open_sessions(tx, request.subject_id, settings.session_idle_s))
