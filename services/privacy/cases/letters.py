"""Letters to people about their cases; the sealed address is destroyed with the last one.

At least once, with a stable Message-ID: a crash between sending and marking sends the same mail again. What
could not be sent for 30 days is given up like what was refused: nobody's address stays for a mail that never leaves
(GDPR Art. 5(1)(e)). An open case keeps its address for the outcome, and then for as long again at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.privacy.block_templates import BLOCK_LETTERS, GROUNDS, MEANS
from services.privacy.cases.machine import may_go, opens_in
from services.privacy.cases.reasons import Kept, Left, in_words
from services.privacy.copy_letters import COPY_LETTERS
from services.privacy.extents import kind_of_extent
from services.privacy.mail_templates import CONTRACT, LEFT, LETTERS, STOP
from services.privacy.recipients.rules import announced
from services.privacy.register.loading import register
from services.privacy.register.remedies import where_to_complain
from services.privacy.review_letters import REVIEW_LETTERS, UNCORRECTED, about_in_words
from shared.clock import today
from shared.contracts.fields import Language
from shared.contracts.privacy import Right
from shared.database import Transaction
from shared.law.calendar import WARSAW
from shared.law.case_clock import day_of_receipt
from shared.mail.delivery import LEASE_S
from shared.personal_data.data_map import Category

OTHER_LETTERS = BLOCK_LETTERS | COPY_LETTERS | REVIEW_LETTERS
RECEIPT = "receipt"
DORMANT = "retention"
"""The channel of a case that nobody asked for: an account ends that nobody uses."""
OUTCOME = "outcome"
READY = "ready"
CORRECTED = "corrected"
NOTICE = "lifting"
"""The letter that comes before a restriction is lifted."""

LEASE = """
WITH due AS MATERIALIZED (SELECT case_id FROM privacy_case
  WHERE letter IS NOT NULL AND sealed_address IS NOT NULL AND letter_due_at <= now()
  ORDER BY letter_due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE privacy_case SET letter_tries = letter_tries + 1, letter_due_at = now() + make_interval(secs => $2)
WHERE case_id IN (SELECT case_id FROM due)
RETURNING case_id, subject_id, kind AS "right", letter, letter_tries AS attempts, language, sealed_address, received_at,
  due_on, run_at, closed_at, ground, about, channel, (SELECT reason FROM case_event e
    WHERE e.case_id = privacy_case.case_id AND e.reason <> '' AND e.actor = 'officer'
      AND (e.before <> e.after OR e.after = 'ending') ORDER BY e.event_id DESC LIMIT 1) AS reason
"""
# Another letter may be due by now: then it goes next. A copy that became ready meanwhile is told of after the receipt;
# a case that has ended has no further one.
DONE = f"""
UPDATE privacy_case SET letter = CASE WHEN letter = 'receipt' AND state = 'ready' THEN 'ready' END, letter_tries = 0,
  letter_due_at = now(),
  sealed_address = CASE WHEN letter = 'receipt' OR closed_at IS NULL OR EXISTS (
    SELECT FROM case_letter l WHERE l.case_id = privacy_case.case_id AND l.ending IS NULL) THEN sealed_address END,
  notified_at = CASE WHEN $3 AND letter = '{NOTICE}' THEN clock_timestamp() ELSE notified_at END
WHERE case_id = $1 AND letter = $2
"""  # noqa: S608 constants
POSTPONE = """
UPDATE privacy_case SET letter_due_at = now() + make_interval(secs => $3) WHERE case_id = $1 AND letter = $2
"""


@dataclass(frozen=True)
class DueLetter:
    """A case with the letter that it waits for."""

    case_id: UUID
    subject_id: UUID
    letter: str
    attempts: int
    language: Language
    sealed_address: bytes
    received_at: datetime
    due_on: date
    run_at: datetime
    closed_at: datetime | None
    right: Right = "erasure"
    ground: str | None = None
    about: str | None = None
    reason: str | None = None
    channel: str = ""
    recipients: tuple[str, ...] = ()
    """Who is told of what it is about."""

    @property
    def is_about_an_erasure(self) -> bool:
        """Whether its outcome tells what was kept."""
        return self.right == "erasure"

    @property
    def can_be_stopped(self) -> bool:
        """Whether it says how to stop the case: while that is open, if its machine lets its person take it back."""
        is_open = self.closed_at is None and self.letter in (RECEIPT, OUTCOME, READY)
        return is_open and may_go(self.right, opens_in(self.right), "withdrawn")


def key(due: DueLetter) -> str:
    """The letter's own name, by which the mail provider knows it."""
    return f"{due.letter}-{due.case_id}"


async def lease(tx: Transaction, limit: int) -> Sequence[DueLetter]:
    """Take the letters that are due; for LEASE_S they are nobody else's."""
    return [DueLetter(**row) for row in await tx.rows(LEASE, limit, LEASE_S)]


async def done(tx: Transaction, due: DueLetter, *, sent: bool) -> None:
    await tx.run(DONE, due.case_id, due.letter, sent)


async def postpone(tx: Transaction, due: DueLetter, wait_s: float) -> None:
    await tx.run(POSTPONE, due.case_id, due.letter, wait_s)


def compose(
    due: DueLetter,
    public_url: str,
    kept: Sequence[Kept] = (),
    left: Sequence[Left] = (),
    *,
    stop: str = "",
) -> tuple[str, str]:
    """The subject and text of the letter that a case waits for.

    An outcome says what was kept, what was not checked, and, as others do, who is told of it.

    `stop` is the link by which whoever has the mailbox stops the case, in the receipt and in
    what may come in its place.

    Its days and times are those at the vendor's seat, as the clock of the case counts them (Reg. 1182/71).
    """
    closed_on = due.closed_at.astimezone(WARSAW).date() if due.closed_at else None
    authority = where_to_complain(closed_on or today())
    subject, text = _words(due, refused_in_part=bool(kept))
    return subject, text.format(
        case_id=due.case_id,
        received_on=day_of_receipt(due.received_at),
        due_on=due.due_on,
        copy_until=due.run_at.astimezone(WARSAW).date(),
        door=f"{public_url}/me/privacy-requests/{due.case_id}/copy",
        runs_at=due.run_at.astimezone(WARSAW).isoformat(timespec="minutes"),
        closed_on=closed_on or "",
        authority=f"{authority.name}, {authority.address}",
        court=register().court.statement.in_(due.language),
        kept=in_words(kept, register(), due.language) + _way_out(kept, due.language, public_url),
        left="".join(_unchecked(each, due) for each in left),
        recipients=announced(due.recipients, register(), due.language),
        ground=GROUNDS[due.ground, due.language] if due.ground else "",
        about=about_in_words(due.about, register(), due.language),
        means=MEANS[kind_of_extent(due.about), due.language],
        reason=due.reason or "",
        stop=stop,
        contact=register().controller.email,
    )


def _words(due: DueLetter, *, refused_in_part: bool) -> tuple[str, str]:
    if due.is_about_an_erasure:
        subject, text = LETTERS[due.letter + _manner(due, refused_in_part=refused_in_part), due.language]
    else:
        subject, text = OTHER_LETTERS[due.right, due.letter, due.language]
    return subject, text + STOP[due.language] if due.can_be_stopped else text


def _manner(due: DueLetter, *, refused_in_part: bool) -> str:
    """What makes a letter about an erasure another one."""
    if due.letter == OUTCOME and refused_in_part:
        return ": refused in part"
    return ": dormant" if due.letter == RECEIPT and due.channel == DORMANT else ""


def _unchecked(left: Left, due: DueLetter) -> str:
    words = LEFT if due.is_about_an_erasure else UNCORRECTED
    return words[due.language].format(service=left.service, day=left.left_at.astimezone(WARSAW).date())


def _way_out(kept: Sequence[Kept], language: Language, public_url: str) -> str:
    """How to end a contract that goes on: licenses are kept for nothing else."""
    if not any(each.review_at and Category.LICENSES in each.categories for each in kept):
        return ""
    door = f"{public_url}/privacy-requests/<{'kod sprawy' if language == 'pl' else 'case token'}>/contracts (DELETE)"
    return CONTRACT[language].format(door=door, contact=register().controller.email)
