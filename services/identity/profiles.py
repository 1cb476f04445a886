"""Correcting a profile (GDPR Art. 16)."""

from services.identity import activity
from services.identity.accounts import rules, store
from shared.contracts import identity
from shared.database import Transaction


async def correct(tx: Transaction, request: identity.ChangeProfile) -> identity.Profile:
    """Correct what was given; everybody is told the names of the fields and no value. Raises Refused (404, 422)."""
    await store.lock(tx, request.subject_id)
    before = await store.profile(tx, request.subject_id)
    after = rules.corrected(before, request)
    if changed := rules.changed_fields(before, after):
        await store.correct(tx, request.subject_id, after)
        await activity.note(tx, request.subject_id, "profile changed")
        tx.publish(identity.ProfileChanged(subject_id=request.subject_id, fields=changed))
    return after
