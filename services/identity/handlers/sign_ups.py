"""Signing up: alike for known and unknown addresses."""

from services.identity import registration
from services.identity.pending_addresses import Try
from services.identity.sign_ups.rules import SignUp
from shared.contracts import identity
from shared.contracts.message import Created, Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("identity")


@router.request(identity.RegisterAccount, purpose=Purpose.CONTRACT, prepare=registration.prepare_sign_up)
async def register_account(
    _request: identity.RegisterAccount, tx: Transaction, keyring: Keyring, prepared: SignUp
) -> identity.SignUpBegun:
    return identity.SignUpBegun(token=await registration.register(tx, keyring, prepared))


@router.request(identity.ResendCode, purpose=Purpose.CONTRACT)
async def resend_code(request: identity.ResendCode, tx: Transaction) -> Done:
    await registration.ask_again(tx, request)
    return Done()


@router.request(identity.ConfirmEmail, purpose=Purpose.CONTRACT, prepare=registration.count_try)
async def confirm_email(
    request: identity.ConfirmEmail, tx: Transaction, keyring: Keyring, prepared: Try | None
) -> Created:
    return Created(id=await registration.confirm(tx, keyring, request, prepared))
