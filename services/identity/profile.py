"""The profile: reading, correcting (GDPR Art. 16), and what other services may ask of it."""

from services.identity import accounts, activity
from services.identity.signups.rules import check_party, written_nip
from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("identity")


@router.request(identity.ReadProfile, purpose=Purpose.RIGHTS)
async def read_profile(request: identity.ReadProfile, tx: Transaction) -> identity.Profile:
    """A member's own profile."""
    return await accounts.profile(tx, request.subject_id)


@router.request(identity.ChangeProfile, purpose=Purpose.RIGHTS)
async def change_profile(request: identity.ChangeProfile, tx: Transaction) -> identity.Profile:
    """Correct what was given; tells everybody the names of the fields and no value."""
    await accounts.lock(tx, request.subject_id)
    before = await accounts.profile(tx, request.subject_id)
    after = corrected(before, request)
    check_party(after.kind, after.company, after.nip)
    changed = tuple(name for name in type(before).model_fields if getattr(before, name) != getattr(after, name))
    if changed:
        await accounts.correct(tx, request.subject_id, after)
        await activity.note(tx, request.subject_id, "profile changed")
        tx.publish(identity.ProfileChanged(subject_id=request.subject_id, fields=changed))
    return after


def corrected(before: identity.Profile, request: identity.ChangeProfile) -> identity.Profile:
    """The profile with the given fields; those left out stay."""
    given = request.model_dump(exclude={"subject_id"}, exclude_none=True)
    if "nip" in given:
        given["nip"] = written_nip(given["nip"])
    return before.model_copy(update=given)


@router.request(identity.TellAddress, purpose=Purpose.RIGHTS)
async def tell_address(request: identity.TellAddress, tx: Transaction) -> identity.Address:
    """The delivery address of a person."""
    found = await accounts.profile(tx, request.subject_id)
    return identity.Address(email=found.email, full_name=found.full_name, language=found.language)


@router.request(identity.TellBuyer, purpose=Purpose.CONTRACT)
async def tell_buyer(request: identity.TellBuyer, tx: Transaction) -> identity.Profile:
    """What an invoice must say about its buyer."""
    return await accounts.profile(tx, request.subject_id)
