"""Proof of consents: for the person, for staff by address, and for a command on the vendor's machine."""

from services.privacy.consents import proofs
from shared.contracts.privacy import consent_proofs
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("privacy")


@router.request(consent_proofs.ReadOwnProofs, purpose=Purpose.RIGHTS)
async def read_own_proofs(request: consent_proofs.ReadOwnProofs, tx: Transaction) -> consent_proofs.Proofs:
    return await proofs.of_person(tx, request.subject_id)


@router.request(consent_proofs.ProveConsents, purpose=Purpose.RIGHTS)
@router.request(consent_proofs.FindConsentProofs, purpose=Purpose.RIGHTS)
async def prove_consents(
    request: consent_proofs.ProveConsents | consent_proofs.FindConsentProofs, tx: Transaction, keyring: Keyring
) -> consent_proofs.Proofs:
    """What staff ask is in the evidence, as all their acts are."""
    return await proofs.of_address(tx, keyring, request.email)
