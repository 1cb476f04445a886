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
    if changed := rules.changed_fields(before, after):
        await store.correct(tx, request.subject_id, after)
        await activity.note(tx, request.subject_id, "profile changed")
        tx.publish(identity.ProfileChanged(subject_id=request.subject_id, fields=changed))
    return after


async def put_right(tx: Transaction, subject_id: UUID, correction: privacy.Correction) -> None:
    """What an officer has decided to be right, as if its person had edited it; nothing for who has no account."""
    if await store.exists(tx, subject_id):
        said = correction.model_dump(exclude_none=True, exclude={"invoices"})
        await correct(tx, identity.ChangeProfile(subject_id=subject_id, **said))
