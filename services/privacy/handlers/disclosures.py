"""Participants tell whom they gave data to."""

from services.privacy import disclosures
from services.privacy.recipients import late
from services.privacy.recipients.rules import names
from services.privacy.register.loading import register
from shared.clock import today
from shared.contracts.participants import Disclosed
from shared.database import Transaction
from shared.law.retention import proof
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.event(Disclosed, purpose=Purpose.LEGAL_DUTY, batch=True)
async def log_disclosures(events: list[Disclosed], tx: Transaction, senders: list[str]) -> None:
    """Many at a time: a campaign tells of one for each of its readers."""
    kept = proof(today())
    entered = await disclosures.insert(tx, events, senders, kept)
    await late.tell_of(tx, entered, names(register()), kept)
