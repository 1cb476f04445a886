"""An account that nobody uses ends as an erasure, with all that an erasure has: receipt, cooling-off, certificate."""

from secrets import token_urlsafe

from services.privacy import arrival
from services.privacy.cases import rules, store
from services.privacy.present_addresses import present_address
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from shared.clock import now
from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

TOKEN_BYTES = 32
"""Nobody is shown the token: whoever wants one asks for it by the mailbox."""

router = ServiceRouter("privacy")


async def ask_address(event: identity.AccountDormant, client: RequestClient) -> identity.Address | None:
    """Where to write to; nowhere when the account has ended meanwhile, and then there is nothing to do."""
    return await present_address(event.subject_id, client)


@router.event(identity.AccountDormant, purpose=Purpose.RIGHTS, prepare=ask_address)
async def end_dormant(
    event: identity.AccountDormant,
    tx: Transaction,
    prepared: identity.Address | None,
    seal: AddressSeal,
    settings: PrivacySettings,
) -> None:
    """Open the case, unless its person was quicker. The contract is not what ends: there is none that goes on."""
    if prepared and await store.open_of(tx, event.subject_id, "erasure") is None:
        opening = rules.dormant_opening(event.subject_id, prepared.language, now(), settings.cooling_off_s)
        await arrival.open_case(tx, opening, token_urlsafe(TOKEN_BYTES), prepared.email, seal, settings.required)
