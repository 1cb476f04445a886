"""The vendor's staff: invitations, the second factor, sessions, and what they did."""

from services.identity import audit
from services.identity.staff import enrollment, sessions, sign_in, store
from services.identity.staff.store import StaffAccount
from shared.assertions import Signer
from shared.contracts import identity
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("identity")


@router.request(identity.InviteStaff, purpose=Purpose.SECURITY)
async def invite_staff(request: identity.InviteStaff, tx: Transaction) -> identity.Invitation:
    return await enrollment.invite(tx, request)


@router.request(identity.ListStaff, purpose=Purpose.SECURITY)
async def list_staff(_request: identity.ListStaff, tx: Transaction) -> identity.StaffList:
    return identity.StaffList(staff=await store.everybody(tx))


@router.request(identity.CheckStaff, purpose=Purpose.SECURITY)
async def check_staff(request: identity.CheckStaff, tx: Transaction) -> Done:
    if not await store.is_staff(tx, request.staff_id):
        raise refuse(404, "nobody of the staff")
    return Done()


@router.request(identity.EndStaff, purpose=Purpose.SECURITY)
async def end_staff(request: identity.EndStaff, tx: Transaction) -> Done:
    await enrollment.end(tx, request.email)
    return Done()


@router.request(identity.AcceptInvitation, purpose=Purpose.SECURITY, prepare=enrollment.hash_password)
async def accept_invitation(
    request: identity.AcceptInvitation, tx: Transaction, keyring: Keyring, prepared: str
) -> identity.Enrollment:
    return await enrollment.accept(tx, keyring, request, prepared)


@router.request(identity.ConfirmFactor, purpose=Purpose.SECURITY)
async def confirm_factor(request: identity.ConfirmFactor, tx: Transaction, keyring: Keyring) -> identity.RecoveryCodes:
    return await enrollment.confirm(tx, keyring, request)


@router.request(identity.SignInStaff, purpose=Purpose.SECURITY, prepare=sign_in.prove)
async def sign_in_staff(
    _request: identity.SignInStaff, tx: Transaction, prepared: StaffAccount
) -> identity.StaffSignedIn:
    await audit.write(tx, prepared.staff_id, "signed in")
    return await sessions.begin(tx, prepared.staff_id)


@router.request(identity.AuthenticateStaff, purpose=Purpose.SECURITY)
async def authenticate_staff(
    request: identity.AuthenticateStaff, tx: Transaction, signer: Signer
) -> identity.Principal:
    return await sessions.authenticate(tx, request.token, signer)


@router.request(identity.SignOutStaff, purpose=Purpose.SECURITY)
async def sign_out_staff(request: identity.SignOutStaff, tx: Transaction) -> Done:
    await audit.write(tx, await sessions.end(tx, request.token), "signed out")
    return Done()


@router.event(identity.StaffActed, purpose=Purpose.SECURITY)
async def note_act(event: identity.StaffActed, tx: Transaction) -> None:
    await audit.write(tx, event.staff_id, event.act, event.about)
