"""New passwords: by the old one, or by a mailed token."""

from services.identity import password_changes
from services.identity.password_changes import Change, PreparedReset
from services.identity.settings import IdentitySettings
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
async def request_password_reset(
    request: identity.RequestPasswordReset, tx: Transaction, keyring: Keyring, settings: IdentitySettings
) -> Done:
    await password_changes.request_reset(tx, keyring, request.email, settings.reset_valid_s)
    return Done()


@router.request(identity.ResetPassword, purpose=Purpose.SECURITY, prepare=password_changes.prepare_reset)
async def reset_password(
    request: identity.ResetPassword, tx: Transaction, keyring: Keyring, prepared: PreparedReset
) -> Done:
    await password_changes.reset(tx, keyring, request.token, prepared)
    return Done()
