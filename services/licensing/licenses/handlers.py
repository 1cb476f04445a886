"""What a holder does with licenses, and what staff do."""

import json

from services.licensing.licenses import ending, keys, rules, store
from services.licensing.licenses.delivery import Keys
from shared.clock import now
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Row, Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import lock_subject
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ListLicenses, purpose=Purpose.CONTRACT)
async def list_licenses(request: licensing.ListLicenses, tx: Transaction) -> licensing.Licenses:
    """A member's licenses, keys masked."""
    return licensing.Licenses(licenses=tuple(map(_shown, await store.of_person(tx, request.subject_id))))


def _shown(row: Row) -> licensing.License:
    more = {
        "key": keys.masked(row["key_end"]),
        "state": rules.shown_state(row["state"], row["expires_at"], now()),
        "devices": json.loads(row["devices"]),
    }
    return licensing.License.model_validate(dict(row) | more)


@router.request(licensing.RevealLicense, purpose=Purpose.CONTRACT)
async def reveal_license(request: licensing.RevealLicense, tx: Transaction, mint: Keys) -> licensing.RevealedKey:
    """Show a key in full to its holder."""
    row = await store.lock(tx, request.license_id, request.subject_id)
    rules.check_running(row["state"])
    if row["sealed_key"] is None:
        raise refuse(409, "this key can't be shown any more", message="rotate the license to get a new one")
    return licensing.RevealedKey(key=mint.seal.open(row["sealed_key"]))


@router.request(licensing.RotateLicense, purpose=Purpose.CONTRACT)
async def rotate_license(request: licensing.RotateLicense, tx: Transaction, mint: Keys) -> licensing.RevealedKey:
    """Replace a leaked key; the old one is unknown from now on."""
    row = await store.lock(tx, request.license_id, request.subject_id)
    rules.check_running(row["state"])
    fresh = mint.mint()
    await store.set_key(tx, request.license_id, fresh.hash, fresh.end, fresh.sealed)
    return licensing.RevealedKey(key=fresh.text)


@router.request(licensing.EndLicense, purpose=Purpose.CONTRACT)
async def end_license(request: licensing.EndLicense, tx: Transaction) -> Done:
    """End the contract; repeating it changes nothing."""
    row = await store.lock(tx, request.license_id, request.subject_id)
    await ending.end(tx, row, "ended by holder")
    return Done()


@router.request(licensing.DeactivateDevice, purpose=Purpose.CONTRACT)
async def deactivate_device(request: licensing.DeactivateDevice, tx: Transaction) -> Done:
    """Free the seat of a lost device."""
    await store.lock(tx, request.license_id, request.subject_id)
    if not await store.free(tx, request.license_id, request.activation_id):
        raise refuse(404, "no such device")
    return Done()


@router.request(licensing.SuspendLicense, purpose=Purpose.CONTRACT)
async def suspend_license(request: licensing.SuspendLicense, tx: Transaction) -> Done:
    """Suspend or reinstate."""
    person = await store.whose(tx, request.license_id)
    await lock_subject(tx, person)
    row = await store.lock(tx, request.license_id, person)
    rules.check_running(row["state"])
    await store.set_state(tx, request.license_id, "suspended" if request.suspended else "active")
    return Done()
