"""Letters to people about their cases; the sealed address is destroyed with the last one.

At least once, with a stable Message-ID: a crash between sending and marking sends the same mail again.
"""

from services.privacy.remedies import COURT, authority
from services.privacy.sealing import Seal
from services.privacy.words import LETTERS
from shared.database import Database, Row
from shared.mail import Mailer, MailFailed
from shared.observability import log, what_failed
from shared.personal_data.purposes import Purpose

BATCH = 20

NEXT = """
SELECT case_id, letter, language, sealed_address, received_at, due_on, run_at, closed_at FROM privacy_case
WHERE letter IS NOT NULL AND sealed_address IS NOT NULL ORDER BY received_at LIMIT $1
"""
SENT = """
UPDATE privacy_case SET letter = NULL,
  sealed_address = CASE WHEN letter = 'receipt' THEN sealed_address END
WHERE (case_id, letter) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
"""


async def send_letters(database: Database, mailer: Mailer, seal: Seal) -> bool:
    """Send what is due; answers whether more may be waiting."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        cases = await tx.rows(NEXT, BATCH)
    sent = [case for case in cases if await _deliver(case, mailer, seal)]
    async with database.transaction(Purpose.RIGHTS) as tx:
        await tx.run(SENT, [case["case_id"] for case in sent], [case["letter"] for case in sent])
    return len(sent) == BATCH


async def _deliver(case: Row, mailer: Mailer, seal: Seal) -> bool:
    """Send one letter; answers whether it is done with: sent, or refused for good by the mail server.

    No lock is held meanwhile: a slow mail server must not hold up the closing of an order.
    """
    subject, text = compose(case)
    message_id = mailer.message_id(f"{case['letter']}-{case['case_id']}")
    try:
        await mailer.send(seal.open(case["sealed_address"]), subject, text, message_id=message_id)
    except MailFailed as error:
        log.warning("letter not sent", reason=error.outcome, **what_failed(error))
        return error.outcome == "refused"
    return True


def compose(case: Row) -> tuple[str, str]:
    """The subject and text of the letter that a case waits for."""
    closed = case["closed_at"]
    where = authority(closed.date()) if closed else None
    subject, text = LETTERS[case["letter"], case["language"]]
    return subject, text.format(
        case_id=case["case_id"],
        received_on=case["received_at"].date(),
        due_on=case["due_on"],
        runs_at=case["run_at"].isoformat(timespec="minutes"),
        closed_on=closed.date() if closed else "",
        authority=f"{where.name}, {where.address}" if where else "",
        court=COURT,
    )
