"""Showing certificates, and adding their second pages."""

import json

from services.privacy.certificates import store
from services.privacy.certificates.document import certificate
from shared.contracts import participants, privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ReadCertificate, purpose=Purpose.RIGHTS)
async def read_certificate(request: privacy.ReadCertificate, tx: Transaction) -> privacy.Certificate:
    case = await store.closed_case(tx, request.token)
    reports = await store.reports(tx, case.order_id)
    earlier = await store.earlier_reports(tx, case.earlier_orders)
    unkeyed, left = await store.unkeyed(tx, case.order_id), await store.left(tx, case)
    second_pages = await store.second_pages(tx, case.subjects)
    document = certificate(case, reports, earlier, unkeyed, left, second_pages)
    return privacy.Certificate(document=json.dumps(document, ensure_ascii=False))


@router.event(participants.RetentionEnded, purpose=Purpose.ERASURE)
async def add_second_page(event: participants.RetentionEnded, tx: Transaction) -> None:
    """What the law had kept is gone: add the second page to the certificates it concerns."""
    await store.add_second_page(tx, event)
