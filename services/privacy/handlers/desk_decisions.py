"""Officers decide: who is asking, longer time, refusal; an answer to a question is recorded by support, too."""

from services.privacy.desk import decisions
from services.privacy.settings import PrivacySettings
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("privacy")


@router.request(privacy.AskIdentity, purpose=Purpose.RIGHTS)
async def ask_identity(request: privacy.AskIdentity, tx: Transaction, actor: Actor) -> Done:
    await decisions.ask_identity(tx, request, actor.id)
    return Done()


@router.request(privacy.RecordAnswer, purpose=Purpose.RIGHTS)
async def record_answer(request: privacy.RecordAnswer, tx: Transaction, actor: Actor) -> Done:
    await decisions.record_answer(tx, request.case_id, request.answered_on, actor.id)
    return Done()


@router.request(privacy.ApproveCase, purpose=Purpose.RIGHTS)
async def approve_case(
    request: privacy.ApproveCase, tx: Transaction, actor: Actor, keyring: Keyring, settings: PrivacySettings
) -> Done:
    await decisions.approve(tx, request, actor.id, keyring, settings.required, settings.cooling_off_s)
    return Done()


@router.request(privacy.ExtendCase, purpose=Purpose.RIGHTS)
async def extend_case(request: privacy.ExtendCase, tx: Transaction, actor: Actor) -> Done:
    await decisions.extend(tx, request, actor.id)
    return Done()


@router.request(privacy.RefuseCase, purpose=Purpose.RIGHTS)
async def refuse_case(request: privacy.RefuseCase, tx: Transaction, actor: Actor) -> Done:
    await decisions.refuse_case(tx, request, actor.id)
    return Done()
