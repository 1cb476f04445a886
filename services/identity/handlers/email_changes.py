"""Changing the address of an account."""

from services.identity import address_changes
from services.identity.address_changes import PendingChange
from services.identity.settings import IdentitySettings
from shared.contracts import identity
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("identity")


@router.request(identity.ChangeEmail, purpose=Purpose.SECURITY)
async def change_email(
    request: identity.ChangeEmail, tx: Transaction, keyring: Keyring, settings: IdentitySettings
) -> Done:
    await address_changes.ask(tx, keyring, settings, request)
    return Done()


@router.request(identity.ConfirmEmailChange, purpose=Purpose.SECURITY, prepare=address_changes.count_try)
async def confirm_email_change(
    request: identity.ConfirmEmailChange, tx: Transaction, keyring: Keyring, prepared: PendingChange
) -> Done:
    await address_changes.confirm(tx, keyring, request.code, prepared)
    return Done()


@router.request(identity.UndoEmailChange, purpose=Purpose.SECURITY)
async def undo_email_change(request: identity.UndoEmailChange, tx: Transaction, keyring: Keyring) -> Done:
    await address_changes.undo(tx, keyring, request.token)
    return Done()
