"""What staff do against licenses and people; also after an erasure."""

from uuid import UUID

from services.licensing import bans, measures
from services.licensing.licenses import store
from services.licensing.licenses.rules import License
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_erased_too
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.SuspendLicense, purpose=Purpose.CLAIMS)
async def suspend_license(request: licensing.SuspendLicense, tx: Transaction) -> Done:
    license_ = await _locked(tx, request.license_id)
    if request.suspended:
        await measures.suspend(tx, license_, request.reason)
    else:
        await measures.reinstate(tx, license_)
    return Done()


@router.request(licensing.RevokeLicense, purpose=Purpose.CLAIMS)
async def revoke_license(request: licensing.RevokeLicense, tx: Transaction) -> Done:
    await measures.revoke(tx, await _locked(tx, request.license_id), request.reason)
    return Done()


@router.request(licensing.BanPerson, purpose=Purpose.CLAIMS)
async def ban_person(request: licensing.BanPerson, tx: Transaction) -> Done:
    await bans.check_known(tx, request.person_id)
    if await lock_erased_too(tx, request.person_id) is not Standing.LIVE:
        raise refuse(404, "nobody living has this id")
    await measures.ban(tx, request.person_id, request.reason)
    return Done()


@router.request(licensing.LiftBan, purpose=Purpose.CLAIMS)
async def lift_ban(request: licensing.LiftBan, tx: Transaction) -> Done:
    await bans.check_known(tx, request.person_id)
    standing = await lock_erased_too(tx, request.person_id)
    await measures.lift_ban(tx, request.person_id, live=standing is Standing.LIVE)
    return Done()


async def _locked(tx: Transaction, license_id: UUID) -> License:
    """A license and its holder. Raises Refused (404)."""
    holder = await store.holder_of(tx, license_id)
    await lock_erased_too(tx, holder)
    return await store.lock(tx, license_id, holder)
