"""Correcting a profile (GDPR Art. 16)."""

from uuid import UUID

from services.identity import activity
from services.identity.accounts import rules, store
from shared.contracts import identity, privacy
from shared.database import Transaction


async def correct(tx: Transaction, request: identity.ChangeProfile) -> identity.Profile:
    """Correct what was given; everybody is told the names of the fields and no value. Raises Refused (404, 422)."""
    await store.lock(tx, request.subject_id)
    before = await store.profile(tx, request.subject_id)
    after = rules.corrected(before, request)
    await _store(tx, request.subject_id, before, after)
    return after


async def _store(tx: Transaction, subject_id: UUID, before: identity.Profile, after: identity.Profile) -> None:
    if changed := rules.changed_fields(before, after):
        await store.correct(tx, subject_id, after)
        await activity.note(tx, subject_id, "profile changed")
        tx.publish(identity.ProfileChanged(subject_id=subject_id, fields=changed))


async def put_right(tx: Transaction, subject_id: UUID, correction: privacy.Correction) -> None:
    """What an officer has decided to be right, as if its person had edited it; nothing for who has no account."""
    if await store.exists(tx, subject_id):
        before = await store.profile(tx, subject_id)
        await _store(tx, subject_id, before, rules.put_right(before, correction))
