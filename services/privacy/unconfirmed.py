"""Requests by e-mail address: a mailed code proves the address, then the case opens (GDPR Art. 12(2), 12(6)).

Unconfirmed requests live apart, sealed, and for 48 hours at most.
"""

import hmac
from uuid import UUID

from services.privacy.cases import rules
from services.privacy.cases.handlers import admit
from services.privacy.post import LEASE, after, hand_over, hand_over_all
from services.privacy.sealing import Seal
from services.privacy.settings import PrivacySettings
from services.privacy.words import CODE
from shared.clock import now
from shared.contracts import identity, privacy
from shared.contracts.message import Created
from shared.database import Database, Row, Transaction
from shared.mail.mailer import Mailer
from shared.messaging.idempotency import Claim
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")

TRIES = 5
BATCH = 20
VALID = "interval '1 hour'"

NOTE = """
INSERT INTO unconfirmed_request (sealed_address, terminate_contract, language, received_at)
VALUES ($1, $2, $3, $4) RETURNING request_id
"""


@router.request(privacy.RequestErasure, purpose=Purpose.RIGHTS)
async def request_erasure(request: privacy.RequestErasure, tx: Transaction, seal: Seal) -> Created:
    """Take a request for an address; the code leaves by mail, whoever the address belongs to."""
    sealed = seal.close(request.email)
    request_id = await tx.value(NOTE, sealed, request.terminate_contract, request.language, now())
    tx.wake("codes")
    return Created(id=request_id)


# A wrong code counts, a right one does not: what comes after it may fail and be asked again. Right or wrong,
# the lock on the row puts all in line, so nobody gets more guesses by making them at once.
TRY = f"""
UPDATE unconfirmed_request SET tries = tries + CASE WHEN $2 THEN 0 ELSE 1 END
WHERE request_id = $1 AND tries < {TRIES} AND code_from > now() - {VALID}
RETURNING sealed_address, terminate_contract, language, received_at
"""  # noqa: S608 constants
FORGET = "DELETE FROM unconfirmed_request WHERE request_id = $1"


@router.request(privacy.ConfirmErasure, purpose=Purpose.RIGHTS)
async def confirm_erasure(
    request: privacy.ConfirmErasure,
    database: Database,
    client: RequestClient,
    seal: Seal,
    settings: PrivacySettings,
    claim: Claim,
) -> Created:
    """Open the case of a proved address. Raises Refused (422) for a wrong code, and for any after five wrong ones."""
    right = hmac.compare_digest(seal.code(request.request_id), request.code)
    async with database.transaction(Purpose.RIGHTS) as tx:
        row = await tx.row(TRY, request.request_id, right)
    if row is None or not right:
        return await _repeated(database, claim)
    person = await client.request(identity.RecognizePerson(email=seal.open(row["sealed_address"])))
    opening = _opening(row, person.subject_id, settings)
    async with database.transaction(Purpose.RIGHTS) as tx:
        if before := await claim.recall(tx):
            return before
        created = await admit(tx, opening, request.token, row["sealed_address"])
        await tx.run(FORGET, request.request_id)
        return await claim.complete(tx, created.id)


async def _repeated(database: Database, claim: Claim) -> Created:
    """The answer of the first time, for who lost it: a request is forgotten once its case is open.

    Raises Refused (422) for anybody else; what the claim wrote is rolled back with it.
    """
    async with database.transaction(Purpose.RIGHTS) as tx:
        if before := await claim.recall(tx):
            return before
        raise refuse(422, "the code is not valid", field="code", message="ask for a new code")


def _opening(row: Row, subject_id: UUID, settings: PrivacySettings) -> rules.Opening:
    return rules.opening(
        subject_id,
        terminate_contract=row["terminate_contract"],
        language=row["language"],
        channel="e-mail address",
        verified_by="mailed code",
        received_at=row["received_at"],
        cooling_off_s=settings.cooling_off_s,
    )


TAKE = f"""
UPDATE unconfirmed_request SET mail_tries = mail_tries + 1, mail_due_at = now() + {LEASE}, code_from = now()
WHERE request_id IN (SELECT request_id FROM unconfirmed_request WHERE sent_at IS NULL AND mail_due_at <= now()
  ORDER BY mail_due_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
RETURNING request_id, sealed_address, language
"""  # noqa: S608 constants
SENT = "UPDATE unconfirmed_request SET sent_at = now() WHERE request_id = $1"
LATER = f"UPDATE unconfirmed_request SET mail_due_at = {after('mail_tries')} WHERE request_id = $1"  # noqa: S608 constants
EXPIRE = "DELETE FROM unconfirmed_request WHERE received_at < now() - interval '48 hours'"


async def send_codes(database: Database, mailer: Mailer, seal: Seal) -> bool:
    """Mail the codes that are due and drop what was never confirmed; answers whether more may be waiting."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        await tx.run(EXPIRE)
        due = await tx.rows(TAKE)
    done = await hand_over_all(due, lambda row: _mail(row, mailer, seal))
    for row, sent in zip(due, done, strict=True):
        async with database.transaction(Purpose.RIGHTS) as tx:
            await tx.run(SENT if sent else LATER, row["request_id"])
    return len(due) == BATCH


async def _mail(row: Row, mailer: Mailer, seal: Seal) -> bool:
    request_id = row["request_id"]
    subject, text = CODE[row["language"]]
    body = text.format(code=seal.code(request_id), request_id=request_id)
    return await hand_over(mailer, seal.open(row["sealed_address"]), subject, body, key=f"code-{request_id}")
