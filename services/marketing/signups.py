"""Double opt-in: an entered address waits apart until its owner confirms it (PKE art. 398, GDPR Art. 7(1))."""

from uuid import UUID

from services.marketing import subscribers
from services.marketing.keys import Keys
from services.marketing.settings import MarketingSettings
from services.marketing.texts import ConsentTexts
from services.marketing.words import confirmation
from shared.clock import now
from shared.contracts import identity, marketing
from shared.contracts.message import Done
from shared.database import Database, Row, Transaction
from shared.mail.mailer import Mailer, MailFailed
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.observability import log, what_failed
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import Refused, refuse
from shared.purposes import Purpose

router = ServiceRouter("marketing")

MAILS_PER_SIGNUP = 3
BATCH = 20
VALID = "interval '48 hours'"
LEASE = "interval '5 minutes'"  # after which a mail that was being sent when the process died is sent again

DROP_EXPIRED = f"DELETE FROM signup WHERE address_hash = $1 AND entered_at < now() - {VALID}"  # noqa: S608
# An entry repeated too early or too often changes nothing. The words stay those of the first entry: they
# are in the mail that went out.
ENTER = f"""
INSERT INTO signup (address_hash, sealed_address, language, text_version) VALUES ($1, $2, $3, $4)
ON CONFLICT (address_hash) DO UPDATE SET mail_due_at = now()
WHERE signup.mails < {MAILS_PER_SIGNUP} AND signup.mailed_at < now() - make_interval(secs => $5)
"""  # noqa: S608 constants


@router.request(marketing.SubscribeNewsletter, purpose=Purpose.UPKEEP)
async def subscribe(
    request: marketing.SubscribeNewsletter,
    database: Database,
    keys: Keys,
    texts: ConsentTexts,
    settings: MarketingSettings,
) -> Done:
    """Take an address; what happens next happens in the mailbox, whoever it belongs to."""
    if await texts.words(request.text_version, request.language) is None:
        raise refuse(422, "these words are not in force", field="text_version", message="show a current consent text")
    entered = (keys.address_hash(request.email), keys.seal(request.email), request.language, request.text_version)
    async with database.transaction(Purpose.UPKEEP) as tx:
        await tx.run(DROP_EXPIRED, entered[0])
        await tx.run(ENTER, *entered, settings.resend_after_s)
        tx.wake("confirmations")
    return Done()


FIND = f"""
SELECT sealed_address, confirmed_at FROM signup WHERE signup_id = $1 AND entered_at > now() - {VALID}
"""  # noqa: S608 constants
CONFIRM = """
UPDATE signup SET confirmed_at = now(), sealed_address = NULL, address_hash = NULL, mail_due_at = NULL
WHERE signup_id = $1 AND confirmed_at IS NULL RETURNING language, text_version
"""


@router.request(marketing.ConfirmSubscription, purpose=Purpose.UPKEEP)
async def confirm(
    request: marketing.ConfirmSubscription, database: Database, client: RequestClient, keys: Keys
) -> Done:
    """Make the owner of a confirmed address a subscriber."""
    signup_id = keys.confirmed_signup(request.token)
    async with database.transaction(Purpose.UPKEEP) as tx:
        found = await tx.row(FIND, signup_id)
    if signup_id is None or found is None:
        raise refuse(404, "the link is unknown or has expired", message="enter the address again")
    if found["confirmed_at"]:
        return Done()
    address = keys.unseal(found["sealed_address"])
    person = await client.request(identity.RecognizePerson(email=address))
    async with database.transaction(Purpose.UPKEEP) as tx:
        await admit(tx, signup_id, person.subject_id, address, keys)
    return Done()


async def admit(tx: Transaction, signup_id: UUID, subject_id: UUID, address: str, keys: Keys) -> None:
    """Store the subscriber and tell privacy's ledger; what the ledger answers opens the way for mail."""
    if await lock_subject(tx, subject_id) is Standing.ERASED:
        raise refuse(409, "this person's data is just being erased", message="confirm again in a moment")
    signup = await tx.row(CONFIRM, signup_id)
    if signup is None:  # confirmed by another click meanwhile
        return
    await subscribers.readmit(tx, keys.address_hash(address))
    await subscribers.store(tx, subject_id, address, keys, signup["language"], "double opt-in")
    tx.publish(
        marketing.Subscribed(
            subject_id=subject_id,
            text_version=signup["text_version"],
            language=signup["language"],
            decided_at=now(),
        )
    )


DUE = f"""
UPDATE signup SET mail_due_at = now() + {LEASE} WHERE signup_id IN (
  SELECT signup_id FROM signup WHERE mail_due_at <= now() AND entered_at > now() - {VALID}
  ORDER BY mail_due_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
RETURNING signup_id, sealed_address, language, text_version, mails
"""  # noqa: S608 constants
MAILED = """
UPDATE signup SET mail_due_at = NULL, mails = mails + 1, mailed_at = now() WHERE signup_id = ANY ($1)
"""


async def send_confirmations(
    database: Database, mailer: Mailer, keys: Keys, texts: ConsentTexts, settings: MarketingSettings
) -> bool:
    """Send the confirmation mails that are due, at least once; answers whether more may be waiting."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        due = await tx.rows(DUE)
    done = [row["signup_id"] for row in due if await _deliver(row, mailer, keys, texts, settings)]
    if done:
        async with database.transaction(Purpose.UPKEEP) as tx:
            await tx.run(MAILED, done)
    return len(due) == BATCH


async def _deliver(row: Row, mailer: Mailer, keys: Keys, texts: ConsentTexts, settings: MarketingSettings) -> bool:
    """Send one mail; answers whether it is done with. What could not leave is tried again after the lease."""
    link = f"{settings.public_url}/newsletter/confirmations?token={keys.confirming_token(row['signup_id'])}"
    try:
        words = await texts.words(row["text_version"], row["language"]) or ""
        subject, text = confirmation(row["language"], words, link, settings.controller)
        message_id = mailer.message_id(f"signup-{row['signup_id']}-{row['mails']}")
        await mailer.send(keys.unseal(row["sealed_address"]), subject, text, message_id=message_id)
    except MailFailed as error:
        log.warning("confirmation not sent", reason=error.outcome, **what_failed(error))
        return error.outcome == "refused"
    except Refused as error:
        log.warning("confirmation not sent", reason=error.problem.title)
        return False
    return True
