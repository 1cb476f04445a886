"""What the vendor's program asks with a license key, without a session.

Runs for the purpose `contract`: a license that outlives its holder's account goes on working.
"""

from services.licensing.licenses import keys, rules, store
from shared.clock import now
from shared.contracts import licensing
from shared.contracts.licensing import Code, Validation
from shared.contracts.message import Done
from shared.database import Row, Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import lock_subject
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ValidateLicense, purpose=Purpose.CONTRACT)
async def validate_license(request: licensing.ValidateLicense, tx: Transaction) -> Validation:
    """May this key be used (on this device)?"""
    found = await _find(tx, request.key, lock=False)
    if found is None:
        return Validation(valid=False, code="NOT_FOUND")
    device = keys.device_hash(_meant(request.key), request.fingerprint)
    count, here = await store.devices(tx, found["license_id"], device)
    active_here = here if request.fingerprint else None
    code = rules.judge(found, now(), product=request.product, active_here=active_here)
    if code == "VALID" and active_here:
        await store.seen(tx, found["license_id"], device, now())
    return _told(found, code, count)


@router.request(licensing.ActivateLicense, purpose=Purpose.CONTRACT)
async def activate_license(request: licensing.ActivateLicense, tx: Transaction) -> Validation:
    """Bind a device; the license row is locked while its devices are counted."""
    found = await _find(tx, request.key, lock=True)
    if found is None:
        return Validation(valid=False, code="NOT_FOUND")
    device = keys.device_hash(_meant(request.key), request.fingerprint)
    count, here = await store.devices(tx, found["license_id"], device)
    code = rules.judge(found, now(), product=request.product)
    if code != "VALID" or here:
        return _told(found, code, count)
    if count >= found["device_limit"]:
        return _told(found, "TOO_MANY_DEVICES", count)
    await store.activate(tx, found["license_id"], device, now())
    return _told(found, code, count + 1)


@router.request(licensing.DeactivateLicense, purpose=Purpose.CONTRACT)
async def deactivate_license(request: licensing.DeactivateLicense, tx: Transaction) -> Done:
    """Free the seat of a device; repeating it changes nothing."""
    found = await _find(tx, request.key, lock=True)
    if found is None:
        raise refuse(404, "no such license")
    await store.deactivate(tx, found["license_id"], keys.device_hash(_meant(request.key), request.fingerprint))
    return Done()


async def _find(tx: Transaction, typed: str, *, lock: bool) -> Row | None:
    """The license of a key. Its holder is locked first: an erasure that runs meanwhile is waited for."""
    key = keys.normalized(typed)
    if key is None:
        return None
    hashed = keys.key_hash(key)
    holder = await store.holder_of_key(tx, hashed)
    if holder is None:
        return None
    await lock_subject(tx, holder)
    return await store.by_key(tx, hashed, lock=lock)


def _meant(typed: str) -> str:
    return keys.normalized(typed) or ""


def _told(found: Row, code: Code, devices: int) -> Validation:
    return Validation(
        valid=code == "VALID",
        code=code,
        product=found["product"],
        expires_at=found["expires_at"],
        devices=devices,
        device_limit=found["device_limit"],
    )
