"""What a program may believe while nothing answers: signed answers, and license files for devices with a seat."""

from dataclasses import dataclass

from services.licensing.licenses import devices, keys, lifetime, rules, store, validation
from services.licensing.licenses.rules import ExactCode, License
from services.licensing.signing import device_requests, statements
from services.licensing.signing.keys import SigningKeys
from services.licensing.signing.statements import Bound, Licensed, OfflinePolicy, Terms
from shared.clock import now
from shared.contracts import licensing
from shared.contracts.licensing import LicenseFile, Validation
from shared.database import Transaction
from shared.problems import refuse

Asked = licensing.ValidateLicense | licensing.ActivateLicense


@dataclass(frozen=True)
class Notary:
    """What signs, and for how long."""

    keys: SigningKeys
    policy: OfflinePolicy


def answered(answer: Validation, request: Asked, notary: Notary) -> Validation:
    """The answer, signed where the question had a nonce; a refusal may be believed for its moment alone."""
    if not request.nonce:
        return answer
    at, policy = now(), notary.policy
    usable = statements.terms(at, policy.answer_fresh, policy.grace, answer.expires_at, rules.GRACE)
    until = usable if answer.valid else Terms(at, at)
    bound = _bound(request.key, request.fingerprint, request.nonce)
    about = answer.exact_code, answer.product, answer.edition, answer.entitlements
    licensed = Licensed(*about, answer.expires_at, answer.updates_until)
    return answer.model_copy(update={"signed": notary.keys.sign(statements.statement(bound, licensed, at, until))})


async def check_out(tx: Transaction, request: licensing.CheckOutLicense, notary: Notary) -> LicenseFile:
    """A file for a device that holds a seat already."""
    use = await validation.find(tx, request.key, request.fingerprint, lock=True)
    if use is None:
        return _no_file("NOT_FOUND")
    seats = await validation.count(tx, use)
    code = rules.judge(use.license, now(), rules.scope_of(request), active_here=seats.here, dead_here=seats.dead)
    if code != "VALID":
        return _no_file(code)
    await validation.note_use(tx, use)
    file = await _file(tx, use.license, _bound(request.key, request.fingerprint, request.nonce), notary)
    return file or _no_file("TOO_MANY_DEVICES")


def _no_file(code: ExactCode) -> LicenseFile:
    return LicenseFile(code=rules.older(code), exact_code=code)


async def issue(tx: Transaction, request: licensing.IssueOfflineFile, notary: Notary) -> LicenseFile:
    """A file for a device that its owner speaks for; it takes a seat. Raises Refused (404, 409, 422)."""
    asked = device_requests.read(request.request)
    license_ = await store.lock(tx, request.license_id, request.subject_id)
    named = await store.by_key(tx, asked.key_hash, lock=False)
    if named is None or named.license_id != license_.license_id:
        message = "make it again with the key that this license has now"
        raise refuse(422, "the request was made with another key", field="request", message=message)
    license_ = await _take_seat(tx, license_, asked.device_hash)
    if file := await _file(tx, license_, asked, notary):
        return file
    raise refuse(409, "too many devices work by a file", message="files of earlier devices work until they are over")


async def _take_seat(tx: Transaction, license_: License, device_hash: bytes) -> License:
    """Once per device, within the limit. Raises Refused (409)."""
    code = rules.judge(license_, now(), None, active_here=True)  # the program reads in its file what it may be
    if code != "VALID":
        raise refuse(409, f"the license is {code.lower()}")
    seats = await devices.count(tx, license_.license_id, device_hash, rules.alive_since(license_, now()))
    if seats.here:
        return license_
    if rules.is_trial(license_):  # nobody could see whether the device had one before
        raise refuse(409, "a trial begins online", message="activate the device by its program first")
    if rules.is_full(license_, seats.devices):
        raise refuse(409, "every seat is taken", message="free the seat of a device that is not used any more")
    await devices.activate(tx, license_.license_id, device_hash, now())
    return await lifetime.begin(tx, license_, now())


async def _file(tx: Transaction, license_: License, bound: Bound, notary: Notary) -> LicenseFile | None:
    """None where too many devices work by a file; the caller holds the license locked."""
    at, offline = now(), notary.policy
    if not rules.may_lease(license_, await devices.count_files(tx, license_.license_id, bound.device_hash, at)):
        return None
    until = statements.terms(at, offline.file_fresh, offline.grace, license_.expires_at, rules.GRACE)
    await devices.lease(tx, license_.license_id, bound.device_hash, until.usable_until)
    policy, ends = license_.policy, (license_.expires_at, license_.updates_until)
    licensed = Licensed("VALID", policy.product, policy.edition, policy.entitlements, *ends)
    file = statements.armored(notary.keys.sign(statements.statement(bound, licensed, at, until)))
    times = {"fresh_until": until.fresh_until, "usable_until": until.usable_until}
    return LicenseFile(code="VALID", exact_code="VALID", file=file, **times)


def _bound(typed: str, fingerprint: str, nonce: str) -> Bound:
    """The hashes of what a program showed; empty for what can't be a key, and where no device is named."""
    key = keys.normalized(typed)
    if key is None:
        return Bound(b"", b"", nonce)
    return Bound(keys.key_hash(key), keys.device_hash(key, fingerprint) if fingerprint else b"", nonce)
