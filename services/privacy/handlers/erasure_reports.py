"""Participants report what they did for an order."""

from services.privacy.erasure_orders.reports import apply
from services.privacy.participants import check_speaks_for_itself
from shared.contracts.participants import ErasureReported
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.event(ErasureReported, purpose=Purpose.ERASURE, raw=True)
async def apply_report(body: str, tx: Transaction, message_type: str) -> None:
    report = ErasureReported.model_validate_json(body)
    check_speaks_for_itself(report.service, message_type)
    await apply(tx, report, body)
