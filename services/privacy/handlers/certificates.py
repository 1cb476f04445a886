"""Showing certificates, and adding their second pages."""

import json
from base64 import b64encode

from services.privacy.certificates import issuing, store
from services.privacy.evidence.checkpoints import CheckpointSigner
from services.privacy.register.model import Register
from shared.contracts import participants, privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ReadCertificate, purpose=Purpose.RIGHTS)
async def read_certificate(
    request: privacy.ReadCertificate, tx: Transaction, checkpoint_signer: CheckpointSigner
) -> privacy.Certificate:
    document = await issuing.issued(tx, await store.closed_case(tx, request.token), checkpoint_signer)
    return privacy.Certificate(document=json.dumps(document, ensure_ascii=False))


@router.request(privacy.ReadCertificateDocument, purpose=Purpose.RIGHTS)
async def read_document(
    request: privacy.ReadCertificateDocument, tx: Transaction, register: Register
) -> privacy.CertificateDocument:
    case = await store.closed_case(tx, request.token)
    content = await issuing.document(tx, case, register, request.format, request.language or case.language)
    return privacy.CertificateDocument(content=b64encode(content))


@router.event(participants.RetentionEnded, purpose=Purpose.ERASURE)
async def add_second_page(event: participants.RetentionEnded, tx: Transaction) -> None:
    """What the law had kept is gone: add the second page to the certificates it concerns."""
    await store.add_second_page(tx, event)
