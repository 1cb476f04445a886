"""Staff tell recipients by hand, and answer people who ask about them."""

from services.privacy.desk import recipients
from services.privacy.register.model import Register
from services.privacy.sealed_addresses import AddressSeal
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Done
from shared.contracts.privacy.recipients import ProveRecipientNotice, ReadRecipientProof, RecipientProof
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ListRecipientNotices, purpose=Purpose.RIGHTS)
async def list_notices(
    request: privacy.ListRecipientNotices, tx: Transaction, register: Register
) -> privacy.RecipientNotices:
    return privacy.RecipientNotices(notices=await recipients.untold(tx, register, request))


@router.request(privacy.SettleRecipientNotice, purpose=Purpose.RIGHTS)
async def settle_notice(request: privacy.SettleRecipientNotice, tx: Transaction, actor: Actor) -> Done:
    await recipients.settle(tx, request, actor.id)
    return Done()


@router.request(ProveRecipientNotice, purpose=Purpose.RIGHTS)
async def prove_notice(request: ProveRecipientNotice, tx: Transaction, actor: Actor) -> Done:
    await recipients.prove(tx, request, actor.id)
    return Done()


@router.request(ReadRecipientProof, purpose=Purpose.RIGHTS)
async def read_proof(request: ReadRecipientProof, tx: Transaction, actor: Actor) -> RecipientProof:
    return await recipients.read_proof(tx, request.notice_id, actor.id)


@router.request(privacy.AnswerAboutRecipients, purpose=Purpose.RIGHTS, prepare=recipients.ask_address)
async def answer(
    request: privacy.AnswerAboutRecipients, tx: Transaction, actor: Actor, prepared: str, seal: AddressSeal
) -> Done:
    await recipients.answer(tx, request.case_id, prepared, actor.id, seal)
    return Done()
