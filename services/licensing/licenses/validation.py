"""What the vendor's program asks with a license key, without a session.

A license that outlives its holder's account goes on working.
"""

from dataclasses import dataclass

from services.licensing.licenses import deactivations, devices, keys, lifetime, rules, store
from services.licensing.licenses import trial_marks as marks
from services.licensing.licenses import trial_store as trials
from services.licensing.licenses.devices import Seats
from services.licensing.licenses.rules import ExactCode, License
from shared.clock import now, today
from shared.contracts import licensing
from shared.contracts.licensing import Validation
from shared.database import Transaction
from shared.personal_data.subjects import lock_subject
from shared.problems import refuse
from shared.secrets import Keyring

NOT_FOUND = Validation(valid=False, code="NOT_FOUND", exact_code="NOT_FOUND")


@dataclass(frozen=True)
class Use:
    license: License
    device_hash: bytes


async def validate(tx: Transaction, request: licensing.ValidateLicense) -> Validation:
    use = await find(tx, request.key, request.fingerprint, lock=False)
    if use is None:
        return NOT_FOUND
    seats = await count(tx, use)
    active_here, scope = seats.here if request.fingerprint else None, rules.scope_of(request)
    code = rules.judge(use.license, now(), scope, active_here=active_here, dead_here=seats.dead)
    if code == "VALID" and active_here:
        await note_use(tx, use)
    missing = rules.missing(use.license, now(), scope, named=bool(request.fingerprint))
    return _validation(use.license, code, seats.devices, missing)


async def activate(tx: Transaction, request: licensing.ActivateLicense, keyring: Keyring) -> Validation:
    use = await find(tx, request.key, request.fingerprint, lock=True)
    if use is None:
        return NOT_FOUND
    if (since := rules.alive_since(use.license, now())) is not None:
        await devices.free_dead(tx, use.license.license_id, since)
    seats, scope = await count(tx, use), rules.scope_of(request)
    code = rules.judge(use.license, now(), scope, active_here=True)
    if code != "VALID" or seats.here:
        if code == "VALID":
            await _see_again(tx, use, request.label)
        return _validation(use.license, code, seats.devices, rules.missing(use.license, now(), scope, named=True))
    if rules.is_full(use.license, seats.devices):
        return _validation(use.license, "TOO_MANY_DEVICES", seats.devices)
    if not await _may_try(tx, use.license, request.fingerprint, keyring):
        return _validation(use.license, "TRIAL_USED", seats.devices)
    await devices.activate(tx, use.license.license_id, use.device_hash, now(), request.label)
    return _validation(await lifetime.begin(tx, use.license, now()), code, seats.devices + 1)


async def count(tx: Transaction, use: Use) -> Seats:
    """The seats of a license that are in use."""
    return await devices.count(tx, use.license.license_id, use.device_hash, rules.alive_since(use.license, now()))


async def note_use(tx: Transaction, use: Use) -> None:
    after = rules.note_after(use.license)
    await devices.note_use(tx, use.license.license_id, use.device_hash, now(), after)


async def _see_again(tx: Transaction, use: Use, label: str) -> None:
    """A device is activated again, perhaps under another name."""
    await note_use(tx, use)
    if label:
        await devices.rename(tx, use.license.license_id, use.device_hash, label)


async def _may_try(tx: Transaction, license_: License, fingerprint: str, keyring: Keyring) -> bool:
    """A device that had a trial of the product under another license has none; the device is known from now on."""
    if not rules.is_trial(license_):
        return True
    mark = marks.of_device(keyring, license_.policy.product, fingerprint, license_.license_id)
    return await trials.take(tx, mark, today())


async def deactivate(tx: Transaction, request: licensing.DeactivateLicense) -> None:
    """Free the seat of a device, if it holds one. Raises Refused (404, 409): unknown key, too often in 30 days."""
    use = await find(tx, request.key, request.fingerprint, lock=True)
    if use is None:
        raise refuse(404, "no such license")
    seated = await devices.count(tx, use.license.license_id, use.device_hash)
    if seated.here and use.license.policy.max_deactivations is not None:
        rules.check_deactivation(use.license, await deactivations.of_license(tx, use.license.license_id), now())
        await deactivations.note(tx, use.license.license_id, now())
    await devices.deactivate(tx, use.license.license_id, use.device_hash)


async def find(tx: Transaction, typed: str, fingerprint: str, *, lock: bool) -> Use | None:
    """The license of a key. Its holder is locked first: an erasure that runs meanwhile is waited for."""
    key = keys.normalized(typed)
    if key is None:
        return None
    key_hash = keys.key_hash(key)
    holder = await store.holder_of_key(tx, key_hash)
    if holder is None:
        return None
    await lock_subject(tx, holder)
    license_ = await store.by_key(tx, key_hash, lock=lock)
    return Use(license_, keys.device_hash(key, fingerprint)) if license_ else None


def _validation(license_: License, code: ExactCode, count: int, missing: str = "") -> Validation:
    return Validation(
        valid=code == "VALID",
        code=rules.older(code),
        exact_code=code,
        product=license_.policy.product,
        edition=license_.policy.edition,
        entitlements=license_.policy.entitlements,
        updates_until=license_.updates_until,
        expires_at=license_.expires_at,
        devices=count,
        device_limit=license_.device_limit,
        overage=count > license_.device_limit,
        missing=missing,
    )
