"""Telling recipients by mail (GDPR Art. 19): one letter for all that is due to one of them, without anybody's data."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from uuid import UUID

from services.privacy.loops import RECIPIENTS
from services.privacy.recipients import rules, store
from services.privacy.recipients.store import Notice, Reference
from services.privacy.register.model import Register
from shared.contracts.privacy import Disclosure, NoticeAbout
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.purposes import Purpose

NOTICES_AT_ONCE = 200


@dataclass(frozen=True)
class DueLetter:
    """What one recipient is told at once."""

    recipient: str
    about: NoticeAbout
    lifted: bool
    notices: Sequence[Notice]
    references: Sequence[Reference]

    @property
    def attempts(self) -> int:
        return max(notice.attempts for notice in self.notices)

    @property
    def ids(self) -> list[UUID]:
        return [notice.notice_id for notice in self.notices]


async def tell_recipients(database: Database, mailer: Mailer, register: Register) -> bool:
    queue = MailQueue(
        RECIPIENTS,
        Purpose.RIGHTS,
        partial(_lease, register),
        partial(_compose, register),
        _ended,
        _postpone,
        first_wait_s=60.0,
    )
    return await deliver_due(database, mailer, queue)


async def _lease(register: Register, tx: Transaction, _letters: int) -> list[DueLetter]:
    """Letters to recipients; who got no number for anything can't be told by one."""
    due = await store.lease(tx, NOTICES_AT_ONCE, rules.by_webhook(register))
    known = await store.references(tx, [notice.notice_id for notice in due], rules.names(register))
    ordered = sorted(due, key=_to)
    return [_letter(*to, list(notices), known) for to, notices in groupby(ordered, key=_to)]


def _to(notice: Notice) -> tuple[str, NoticeAbout, bool]:
    return notice.recipient, notice.about, notice.lifted


def _letter(
    recipient: str, about: NoticeAbout, lifted: bool, notices: Sequence[Notice], known: Sequence[Reference]
) -> DueLetter:
    ids = {notice.notice_id for notice in notices}
    return DueLetter(recipient, about, lifted, notices, [r for r in known if r.reference and r.notice_id in ids])


async def _compose(register: Register, due: DueLetter) -> Letter:
    disclosures = [Disclosure(reference=r.reference, day=r.day, categories=r.categories) for r in due.references]
    subject, text = rules.letter(due.about, disclosures, register, lifted=due.lifted)
    to = register.recipients[due.recipient].contact
    if to is None:
        raise LookupError("a recipient without an address")
    return Letter(f"recipient-{min(due.ids)}", to, subject, text)


async def _ended(tx: Transaction, due: DueLetter, ending: Ending) -> None:
    """What could not be delivered somebody has to do by hand."""
    if ending is Ending.SENT:
        await store.mark_told(tx, due.ids)
    else:
        await store.by_hand(tx, due.ids, f"mail {ending.value}")


async def _postpone(tx: Transaction, due: DueLetter, wait_s: float) -> None:
    await store.postpone(tx, due.ids, wait_s)
