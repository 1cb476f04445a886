"""Staff enter what came by letter or e-mail."""

from services.privacy.desk import entering
from services.privacy.desk.entering import Whose, whose
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Created
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.EnterCase, purpose=Purpose.RIGHTS, prepare=whose)
async def enter_case(
    request: privacy.EnterCase,
    tx: Transaction,
    actor: Actor,
    prepared: tuple[Whose, ...],
    seal: AddressSeal,
    settings: PrivacySettings,
) -> Created:
    return Created(id=await entering.enter(tx, request, prepared, actor.id, seal, settings.required))
