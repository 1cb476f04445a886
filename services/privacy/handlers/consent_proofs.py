"""Proof of consents: for the person, for staff by address, and for a command on the vendor's machine."""

import json

from services.privacy.consents import proofs
from services.privacy.consents.receipts import Issuer, receipt
from services.privacy.register.model import Register
from services.privacy.settings import PrivacySettings
from shared.clock import now
from shared.contracts.privacy import consent_proofs
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("privacy")


@router.request(consent_proofs.ReadOwnProofs, purpose=Purpose.RIGHTS)
async def read_own_proofs(request: consent_proofs.ReadOwnProofs, tx: Transaction) -> consent_proofs.Proofs:
    return await proofs.of_person(tx, request.subject_id)


@router.request(consent_proofs.ReadConsentReceipt, purpose=Purpose.RIGHTS)
async def read_receipt(
    request: consent_proofs.ReadConsentReceipt, tx: Transaction, register: Register, settings: PrivacySettings
) -> consent_proofs.ConsentReceipt:
    """What one takes home of a decision: what it was about, in which words, and how to take it back."""
    decided = (await proofs.of_person(tx, request.subject_id)).proofs
    issuer = Issuer(register, request.language, settings.public_url)
    document = receipt(decided, request.consent_id, request.subject_id, issuer, now())
    return consent_proofs.ConsentReceipt(document=json.dumps(document, ensure_ascii=False))


@router.request(consent_proofs.ProveConsents, purpose=Purpose.RIGHTS)
@router.request(consent_proofs.FindConsentProofs, purpose=Purpose.RIGHTS)
async def prove_consents(
    request: consent_proofs.ProveConsents | consent_proofs.FindConsentProofs, tx: Transaction, keyring: Keyring
) -> consent_proofs.Proofs:
    """What staff ask is in the evidence, as all their acts are."""
    return await proofs.of_address(tx, keyring, request.email)
