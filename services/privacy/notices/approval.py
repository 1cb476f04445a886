"""What officers do about a notice: look at what it changes, approve it, publish it from a day, withdraw it."""

from datetime import date
from uuid import UUID

from services.privacy.documents import versions
from services.privacy.documents.notice.difference import difference
from services.privacy.documents.notice.edition import (
    added_purposes,
    notice_in,
    publish,
    published_notice,
    soonest_day,
)
from services.privacy.documents.notice.model import Edition
from services.privacy.documents.notice.pages import render
from services.privacy.documents.versions import Version
from services.privacy.loops import NEW_PURPOSES, TELLING
from services.privacy.notices import rules, store
from services.privacy.notices.store import Step, StoredNotice
from services.privacy.notices.telling_store import tell_anew
from services.privacy.register.model import Register
from shared.contracts import privacy
from shared.contracts.fields import Language
from shared.contracts.privacy.notices import NoticeSummary
from shared.database import Transaction
from shared.problems import refuse


def summary(notice: StoredNotice, holds: Version | None) -> NoticeSummary:
    """A notice beside the version that holds."""
    added = added_purposes(holds, notice_in(notice.content, "pl")) if notice.state in rules.OPEN else ()
    return NoticeSummary(
        notice_id=notice.notice_id,
        state=notice.state,
        drafted_at=notice.drafted_at,
        version=notice.version,
        effective_on=notice.effective_on,
        new_purposes=tuple(added),
    )


async def listed(tx: Transaction, limit: int, today: date) -> privacy.Notices:
    """Drafts and versions, the newest first."""
    holds = await versions.in_force(tx, "notice", today)
    return privacy.Notices(notices=tuple(summary(each, holds) for each in await store.newest(tx, limit)))


async def read(tx: Transaction, notice_id: UUID, language: Language, today: date) -> privacy.NoticeDraft:
    """A notice with what it changes. Raises Refused (404)."""
    notice = _there(await store.find(tx, notice_id))
    before = await _before(tx, notice)
    return privacy.NoticeDraft(
        summary=summary(notice, await versions.in_force(tx, "notice", today)),
        digest=_digest(notice, before),
        compared_with=before.version if before else None,
        difference=_shown(notice, before, language),
        steps=await store.steps(tx, notice_id),
    )


def _shown(notice: StoredNotice, before: Version | None, language: Language) -> str:
    """The difference to the version before it; of the first one all of it."""
    after = Edition(version=None, effective_on=None, notice=notice_in(notice.content, language))
    if before is None:
        return render(after, "markdown")
    old = Edition(version=before.version, effective_on=before.effective_on, notice=published_notice(before, language))
    return difference(old, after)


async def approve(tx: Transaction, notice_id: UUID, digest: str, officer: UUID) -> None:
    """Raises Refused: 404, 409."""
    notice = await _locked(tx, notice_id)
    rules.check_approval(notice.state, digest, _digest(notice, await _before(tx, notice)))
    await store.go(tx, notice_id, Step("approved", str(officer), digest))


async def publish_from(
    tx: Transaction, request: privacy.PublishNotice, officer: UUID, register: Register, today: date
) -> None:
    """Publish what was approved. Raises Refused: 404, 409, 422 naming the day."""
    notice = await _locked(tx, request.notice_id)
    present = _digest(notice, await _before(tx, notice))
    rules.check_publication(notice.state, notice.approved_digest, present)
    days = register.notice.days_of_notice
    new_purposes, soonest = await soonest_day(tx, notice_in(notice.content, "pl"), today, days)
    rules.check_day(request.effective_on, today, soonest, days)
    version = await publish(tx, notice.content, request.effective_on, new_purposes)
    published = Step("published", str(officer), present, version=version, effective_on=request.effective_on)
    await store.go(tx, request.notice_id, published)
    for loop in (NEW_PURPOSES, TELLING):  # a version that drops a purpose makes it new as well
        tx.wake(loop)


async def withdraw(tx: Transaction, request: privacy.WithdrawNotice, officer: UUID, today: date) -> None:
    """Withdraw a draft, or a version that does not hold yet. Raises Refused: 404, 409."""
    notice = await _locked(tx, request.notice_id)
    rules.check_withdrawal(notice.state, notice.effective_on, today)
    digest = _digest(notice, await _before(tx, notice))
    await store.go(tx, request.notice_id, Step("withdrawn", str(officer), digest, request.reason))
    if notice.version is not None:
        await tell_anew(tx, notice.version)


async def _locked(tx: Transaction, notice_id: UUID) -> StoredNotice:
    await store.draw_alone(tx)
    return _there(await store.lock(tx, notice_id))


def _there(notice: StoredNotice | None) -> StoredNotice:
    if notice is None:
        raise refuse(404, "there is no such notice")
    return notice


async def _before(tx: Transaction, notice: StoredNotice) -> Version | None:
    """What it is compared with: the newest version that holds or will, or for a published one the version before."""
    return await versions.newest(tx, "notice", before=notice.version)


def _digest(notice: StoredNotice, before: Version | None) -> str:
    return rules.digest(notice.content_hash, before.content_hash if before else None)
