"""What staff do about recipients (GDPR Art. 19): tell by hand whom no mail tells, answer who asks about them."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from services.privacy.desk import letter_store, letters
from services.privacy.desk.decision_store import whose
from services.privacy.desk.decisions import about, held
from services.privacy.desk.store import locked, look, note_event
from services.privacy.recipients import proofs, reading, rules, store
from services.privacy.recipients import untold as untold_store
from services.privacy.recipients.store import Reference
from services.privacy.recipients.untold import Locked
from services.privacy.register.model import Register
from services.privacy.sealed_addresses import AddressSeal
from shared.contracts import identity, privacy
from shared.contracts.privacy.recipients import ProveRecipientNotice, RecipientProof
from shared.database import Database, Transaction
from shared.messaging.request_client import RequestClient
from shared.personal_data.subjects import require_live
from shared.problems import Refused, refuse
from shared.purposes import Purpose

NOT_FOUND = 404
PROOF_LOOKED_AT = "proof that a recipient was told"


async def untold(
    tx: Transaction, register: Register, asked: privacy.ListRecipientNotices
) -> tuple[privacy.RecipientNotice, ...]:
    """Whom somebody has to tell, who is told late, or who was told, with what each knows the person by."""
    if asked.settled:
        waiting = await untold_store.settled_ones(tx, asked.limit, asked.case_id)
    else:
        waiting = await untold_store.open_ones(tx, asked.limit, asked.case_id, late=asked.late)
    known = await store.references(tx, [each.notice_id for each in waiting], rules.names(register))
    return tuple(
        privacy.RecipientNotice(
            notice_id=each.notice_id,
            case_id=each.case_id,
            recipient=rules.in_words(each.recipient, register, "pl"),
            about=each.about,
            lifted=each.lifted,
            written_at=each.written_at,
            disclosures=_of(each.notice_id, known),
            state=each.state,
            tries=each.tries,
            fault=each.fault,
            how=each.how,
            proof=each.proof,
        )
        for each in waiting
    )


def _of(notice_id: UUID, known: Sequence[Reference]) -> tuple[privacy.Disclosure, ...]:
    return tuple(
        privacy.Disclosure(reference=each.reference, day=each.day, categories=tuple(each.categories))
        for each in known
        if each.notice_id == notice_id
    )


async def _locked(tx: Transaction, notice_id: UUID) -> Locked:
    notice = await untold_store.lock(tx, notice_id)
    if notice is None:
        raise refuse(404, "no such notice")
    return notice


async def settle(tx: Transaction, request: privacy.SettleRecipientNotice, by: UUID) -> None:
    """Raises Refused: 404; 409 once it is settled; 422 without the reason why somebody is not told."""
    rules.check_reason(request.how, request.reason)
    notice = await _locked(tx, request.notice_id)
    if notice.how is not None:
        raise refuse(409, "it is settled already", field="how", message=f"it was: {notice.how}")
    await untold_store.settle(tx, request.notice_id, request.how, request.reason, by)
    await note_event(tx, notice.case_id, "staff", f"recipient: {request.how}", by)


async def prove(tx: Transaction, request: ProveRecipientNotice, by: UUID) -> None:
    """Keep a proof, and its hash as evidence. Raises Refused: 404; 422 for what is no file of its kind."""
    rules.check_proof(request.content, request.media_type)
    notice = await _locked(tx, request.notice_id)
    await proofs.keep(tx, request.notice_id, request.content, request.media_type)
    await note_event(tx, notice.case_id, "staff", f"recipient: proof {sha256(request.content).hexdigest()}", by)


async def read_proof(tx: Transaction, notice_id: UUID, by: UUID) -> RecipientProof:
    """A proof, and a note that it was looked at. Raises Refused: 404."""
    found = await proofs.read(tx, notice_id)
    if found is None:
        raise refuse(404, "no such proof")
    await look(tx, found.case_id, PROOF_LOOKED_AT, by)
    return RecipientProof(media_type=found.proof_type, content=b64encode(found.proof))


async def ask_address(request: privacy.AnswerAboutRecipients, client: RequestClient, database: Database) -> str:
    """Where the person of a case is written to now; empty for who has no account. Raises Refused (404)."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        subject_id = await whose(tx, request.case_id)
    if subject_id is None:
        raise refuse(404, "no such case")
    try:
        return (await client.request(identity.TellAddress(subject_id=subject_id))).email
    except Refused as refused:
        if refused.problem.status != NOT_FOUND:
            raise
        return ""


async def answer(tx: Transaction, case_id: UUID, email: str, by: UUID, seal: AddressSeal) -> None:
    """Write to the person who was told. Raises Refused: 404, 410 after an erasure, 409 when nobody is told."""
    case, _ = await held(tx, case_id)
    await require_live(tx, case.subject_id)
    informed = (await reading.of_cases(tx, [case_id])).get(case_id, ())
    if not informed:
        raise refuse(409, "nobody is told of this case", field="state", message=f"it is {case.state}")
    if email:
        await letter_store.write_to(tx, case_id, seal.close(email))
    lines = [reading.in_words(each, case.language) for each in informed]
    await letter_store.issue(tx, await locked(tx, case_id), letters.recipients(about(case), lines))
    await note_event(tx, case_id, "staff", "asked about recipients", by)
