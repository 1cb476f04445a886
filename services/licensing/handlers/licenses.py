"""What a holder does with licenses."""

from services.licensing.agreements import rules as agreement_rules
from services.licensing.agreements import store as agreements
from services.licensing.licenses import devices, lifetime, offline, rules, store, views
from services.licensing.licenses.keys import KeyMint
from services.licensing.licenses.offline import Notary
from services.licensing.licenses.rules import License
from shared.authentication import check_fresh
from shared.clock import now
from shared.contracts import licensing
from shared.contracts.actors import FRESH_MINUTES, Actor
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_erased_too
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ListLicenses, purpose=Purpose.CONTRACT)
async def list_licenses(request: licensing.ListLicenses, tx: Transaction) -> licensing.Licenses:
    licenses = await store.of_person(tx, request.subject_id)
    held = await devices.of_person(tx, request.subject_id)
    return licensing.Licenses(licenses=tuple(views.published(license_, held) for license_ in licenses))


@router.request(licensing.RevealLicense, purpose=Purpose.CONTRACT)
async def reveal_license(request: licensing.RevealLicense, tx: Transaction, mint: KeyMint) -> licensing.RevealedKey:
    license_ = await store.lock(tx, request.license_id, request.subject_id)
    rules.check_running(license_)
    if license_.sealed_key is None:
        raise refuse(409, "this key can't be shown any more", message="rotate the license to get a new one")
    await _begin(tx, license_)
    return licensing.RevealedKey(key=mint.reveal(license_.sealed_key))


async def _begin(tx: Transaction, license_: License) -> None:
    """A key is about to be shown; that of a consumer only once the contract is confirmed. Raises Refused (409).

    A trial is no contract for money: there is nothing to confirm.
    """
    if license_.order_id is None:
        return
    agreement_rules.check_confirmed(await agreements.lock(tx, license_.order_id))
    await agreements.begin(tx, license_.order_id, now())


@router.request(licensing.RotateLicense, purpose=Purpose.CONTRACT)
async def rotate_license(request: licensing.RotateLicense, tx: Transaction, mint: KeyMint) -> licensing.RevealedKey:
    """Replace a leaked key; the old one is unknown from now on."""
    license_ = await store.lock(tx, request.license_id, request.subject_id)
    rules.check_running(license_)
    await _begin(tx, license_)
    fresh = mint.fresh()
    await store.set_key(tx, license_.license_id, fresh)
    return licensing.RevealedKey(key=fresh.text)


@router.request(licensing.EndLicense, purpose=Purpose.CONTRACT)
async def end_license(request: licensing.EndLicense, tx: Transaction, actor: Actor) -> Done:
    """Repeating it changes nothing."""
    license_ = await store.lock(tx, request.license_id, request.subject_id)
    if rules.needs_proof(license_):
        check_fresh(actor.authenticated_at, now(), FRESH_MINUTES)
    await lifetime.end(tx, license_, "ended by holder")
    return Done()


@router.request(licensing.EndContracts, purpose=Purpose.CONTRACT)
async def end_contracts(request: licensing.EndContracts, tx: Transaction) -> Done:
    """Only what an erasure left running; a living person ends licenses one by one. Repeating it changes nothing."""
    for subject_id in sorted(set(request.subjects)):
        if await lock_erased_too(tx, subject_id) is Standing.ERASED:
            for license_id in await store.under_review(tx, [subject_id]):
                await lifetime.end(tx, await store.lock(tx, license_id, subject_id), "ended by holder")
    return Done()


@router.request(licensing.RestoreLicense, purpose=Purpose.CONTRACT)
async def restore_license(request: licensing.RestoreLicense, tx: Transaction) -> Done:
    """Repeating it changes nothing."""
    await lifetime.restore(tx, await store.lock(tx, request.license_id, request.subject_id))
    return Done()


@router.request(licensing.DeactivateDevice, purpose=Purpose.CONTRACT)
async def deactivate_device(request: licensing.DeactivateDevice, tx: Transaction) -> Done:
    await store.lock(tx, request.license_id, request.subject_id)
    if not await devices.free_seat(tx, request.license_id, request.activation_id):
        raise refuse(404, "no such device")
    return Done()


@router.request(licensing.IssueOfflineFile, purpose=Purpose.CONTRACT)
async def issue_offline_file(
    request: licensing.IssueOfflineFile, tx: Transaction, notary: Notary
) -> licensing.LicenseFile:
    """Repeating it takes no second seat."""
    return await offline.issue(tx, request, notary)
