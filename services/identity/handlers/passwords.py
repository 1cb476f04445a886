"""New passwords: by the old one, or by a mailed token."""

from services.identity import mail_requests, password_changes
from services.identity.addresses import hashes_of
from services.identity.password_changes import Change, PreparedReset
from shared.contracts import identity
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("identity")


@router.request(identity.ChangePassword, purpose=Purpose.SECURITY, prepare=password_changes.prepare_change)
async def change_password(_request: identity.ChangePassword, tx: Transaction, prepared: Change) -> Done:
    await password_changes.change(tx, prepared)
    return Done()


@router.request(identity.RequestPasswordReset, purpose=Purpose.SECURITY)
async def request_password_reset(request: identity.RequestPasswordReset, tx: Transaction, keyring: Keyring) -> Done:
    await mail_requests.ask(tx, hashes_of(keyring, request.email).newest, "password-reset", request.email)
    return Done()


@router.request(identity.ResetPassword, purpose=Purpose.SECURITY, prepare=password_changes.prepare_reset)
async def reset_password(
    request: identity.ResetPassword, tx: Transaction, prepared: PreparedReset
) -> identity.KnownDevice:
    return identity.KnownDevice(device_token=await password_changes.reset(tx, request.token, prepared))
