"""The profile: read and corrected by its member, and what other services may ask of it."""

from services.identity import profiles
from services.identity.accounts import store as accounts
from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("identity")


@router.request(identity.ReadProfile, purpose=Purpose.RIGHTS)
async def read_profile(request: identity.ReadProfile, tx: Transaction) -> identity.Profile:
    return await accounts.profile(tx, request.subject_id)


@router.request(identity.ChangeProfile, purpose=Purpose.RIGHTS)
async def change_profile(request: identity.ChangeProfile, tx: Transaction) -> identity.Profile:
    return await profiles.correct(tx, request)


@router.request(identity.TellAddress, purpose=Purpose.RIGHTS)
async def tell_address(request: identity.TellAddress, tx: Transaction) -> identity.Address:
    profile = await accounts.profile(tx, request.subject_id)
    return identity.Address(email=profile.email, full_name=profile.full_name, language=profile.language)


@router.request(identity.TellBuyer, purpose=Purpose.CONTRACT)
async def tell_buyer(request: identity.TellBuyer, tx: Transaction) -> identity.Profile:
    return await accounts.profile(tx, request.subject_id)
