"""Letters to people about their cases; the sealed address is destroyed with the last one.

At least once, with a stable Message-ID: a crash between sending and marking sends the same mail again. What
could not be sent for 30 days is given up like what was refused: nobody's address stays for a mail that never leaves
(GDPR Art. 5(1)(e)). An open case keeps its address for the outcome, and then for as long again at most.
"""

from services.privacy.post import LAST_TRY, LEASE, after, hand_over, hand_over_all
from services.privacy.remedies import court, where_to_complain
from services.privacy.sealing import Seal
from services.privacy.words import LETTERS
from shared.clock import now
from shared.contracts import participants
from shared.database import Database, Row
from shared.law.calendar import WARSAW
from shared.law.case_clock import day_of_receipt
from shared.mail.mailer import Mailer
from shared.observability import log
from shared.purposes import ProcessingPurpose, Purpose

BATCH = 20

TAKE = f"""
UPDATE privacy_case SET letter_tries = letter_tries + 1, letter_due_at = now() + {LEASE}
WHERE case_id IN (SELECT case_id FROM privacy_case
  WHERE letter IS NOT NULL AND sealed_address IS NOT NULL AND letter_due_at <= now()
  ORDER BY letter_due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING case_id, subject_id, letter, letter_tries, language, sealed_address, received_at, due_on, run_at, closed_at
"""  # noqa: S608 constants
# Another letter may be due by now: then it goes next.
DONE = """
UPDATE privacy_case SET letter = NULL, letter_tries = 0,
  sealed_address = CASE WHEN letter = 'receipt' THEN sealed_address END
WHERE case_id = $1 AND letter = $2
"""
LATER = f"""
UPDATE privacy_case SET letter_due_at = {after("letter_tries")} WHERE case_id = $1 AND letter = $2
"""  # noqa: S608 constants


async def send_letters(database: Database, mailer: Mailer, seal: Seal, provider: str) -> bool:
    """Send what is due; answers whether more may be waiting.

    No lock is held meanwhile: a slow mail server must not hold up the closing of an order.
    """
    async with database.transaction(Purpose.RIGHTS) as tx:
        cases = await tx.rows(TAKE, BATCH)
    done = await hand_over_all(cases, lambda case: _deliver(case, mailer, seal))
    for case, sent in zip(cases, done, strict=True):
        async with database.transaction(Purpose.RIGHTS) as tx:  # one row each: several would invite deadlocks
            await tx.run(DONE if sent or _given_up(case) else LATER, case["case_id"], case["letter"])
            if sent:
                tx.publish(_disclosed(case, provider))
    return len(cases) == BATCH


def _given_up(case: Row) -> bool:
    """Whether a letter that could not be sent has had its last try."""
    if case["letter_tries"] < LAST_TRY:
        return False
    log.error("letter given up", type=case["letter"])
    return True


async def _deliver(case: Row, mailer: Mailer, seal: Seal) -> bool:
    subject, text = compose(case)
    address = seal.open(case["sealed_address"])
    return await hand_over(mailer, address, subject, text, key=f"{case['letter']}-{case['case_id']}")


def _disclosed(case: Row, provider: str) -> participants.Disclosed:
    """The mail provider saw the address; noted also after the erasure, as a statutory fact."""
    return participants.Disclosed(
        subject_id=case["subject_id"],
        recipient=provider,
        purpose=ProcessingPurpose.ACCOUNTABILITY,
        categories=("D5",),
        disclosed_at=now(),
    )


def compose(case: Row) -> tuple[str, str]:
    """The subject and text of the letter that a case waits for.

    Its days and times are those at the vendor's seat, as the clock of the case counts them (Reg. 1182/71).
    """
    closed = case["closed_at"] and case["closed_at"].astimezone(WARSAW).date()
    where = where_to_complain(closed) if closed else None
    subject, text = LETTERS[case["letter"], case["language"]]
    return subject, text.format(
        case_id=case["case_id"],
        received_on=day_of_receipt(case["received_at"]),
        due_on=case["due_on"],
        runs_at=case["run_at"].astimezone(WARSAW).isoformat(timespec="minutes"),
        closed_on=closed or "",
        authority=f"{where['name']}, {where['address']}" if where else "",
        court=court(),
    )
