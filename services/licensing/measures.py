"""What staff do against a license or a person, and take back: by a human, for a reason from a list, told by letter.

Nobody is written to after an erasure; a running contract of an erased person can be suspended and revoked all the same.
"""

from collections.abc import Mapping
from uuid import UUID

from services.licensing import bans
from services.licensing.licenses import lifetime, rules, store, suspensions
from services.licensing.licenses.rules import License
from services.licensing.licenses.suspensions import Cause
from shared.clock import now
from shared.contracts import identity, licensing
from shared.contracts.licensing import MeasureReason
from shared.database import Transaction

REASONS: Mapping[MeasureReason, tuple[str, str]] = {
    "fraud": ("Powód: podejrzenie oszustwa przy zakupie.", "Reason: a purchase that looks like fraud."),
    "key shared": (
        "Powód: klucz licencyjny był udostępniany innym.",
        "Reason: the license key was passed on to others.",
    ),
    "terms broken": ("Powód: naruszenie warunków licencji.", "Reason: the terms of the license were broken."),
    "unpaid": ("Powód: zaległa płatność za tę licencję.", "Reason: the license is not paid."),
    "security": ("Powód: bezpieczeństwo, na przykład wyciek klucza.", "Reason: security, as when a key has leaked."),
    "other": ("Powód: podamy go w osobnej wiadomości.", "Reason: told in a message of its own."),
}
"""What a letter says of a reason, in Polish and English."""
OF_STAFF: tuple[Cause, ...] = ("staff", "unpaid")
REVOKED = "revocation"
"""The source of the cause that stays with a revoked license: it says why."""


async def suspend(tx: Transaction, license_: License, reason: MeasureReason) -> None:
    """Repeating it changes nothing. Raises Refused (409) for a license that is over."""
    rules.check_current(license_)
    cause: Cause = "unpaid" if reason == "unpaid" else "staff"
    if await suspensions.add(tx, license_, cause, reason):
        _tell(tx, license_, "license-suspended", reason)


async def reinstate(tx: Transaction, license_: License) -> None:
    """Take back what staff have done; another cause may be left. Raises Refused (409) for a license that is over."""
    rules.check_current(license_)
    lifted = [await suspensions.lift(tx, license_, cause) for cause in OF_STAFF]
    if any(lifted):
        _tell(tx, license_, "license-reinstated")


async def revoke(tx: Transaction, license_: License, reason: MeasureReason) -> None:
    """End a contract for good, also one that could still be restored. Repeating it changes nothing."""
    if license_.state == "ended" and license_.end_reason == "revoked":
        return
    await suspensions.add(tx, license_, "staff", reason, REVOKED)
    await lifetime.end(tx, license_, "revoked", tell=False)
    _tell(tx, license_, "license-revoked", reason)


async def ban(tx: Transaction, subject_id: UUID, reason: MeasureReason) -> None:
    """Take no orders from somebody, and let every license rest. Repeating it changes nothing."""
    if not await bans.add(tx, subject_id, reason, now()):
        return
    for license_ in await store.lock_of_person(tx, subject_id):
        await suspensions.add(tx, license_, "ban", reason)
    tx.publish(licensing.PersonBanned(subject_id=subject_id))
    _write(tx, subject_id, "person-banned", _why(reason))


async def lift_ban(tx: Transaction, subject_id: UUID, *, live: bool) -> None:
    """Also of somebody erased, whose running contracts rest for it. Repeating it changes nothing."""
    lifted = await bans.lift(tx, subject_id)
    for license_ in await store.lock_of_person(tx, subject_id):
        await suspensions.lift(tx, license_, "ban")
    if lifted and live:
        tx.publish(licensing.BanLifted(subject_id=subject_id))
        _write(tx, subject_id, "ban-lifted", {})


async def rest_if_banned(tx: Transaction, license_id: UUID, subject_id: UUID) -> None:
    """A license that comes after the ban, for money that was under way."""
    reason = await bans.reason_of(tx, subject_id)
    if reason is not None:
        await suspensions.add(tx, await store.lock(tx, license_id, subject_id), "ban", reason)


def _tell(tx: Transaction, license_: License, letter: str, reason: MeasureReason | None = None) -> None:
    if license_.live:
        facts = {"license_id": str(license_.license_id)} | (_why(reason) if reason else {})
        _write(tx, license_.subject_id, letter, facts)


def _why(reason: MeasureReason) -> dict[str, str]:
    polish, english = REASONS[reason]
    return {"reason_pl": polish, "reason_en": english}


def _write(tx: Transaction, subject_id: UUID, letter: str, facts: dict[str, str]) -> None:
    tx.publish(identity.ServiceMailDue(subject_id=subject_id, template=letter, facts=facts))
