"""Whose invoice goes to KSeF is told to the log of disclosures, before it leaves (GDPR Art. 15(1)(c), 30)."""

from collections.abc import Sequence

from services.licensing.ksef.account import KSEF
from services.licensing.ksef.store import Leased
from shared.clock import now
from shared.contracts import participants
from shared.database import Transaction
from shared.personal_data.data_map import Category
from shared.purposes import ProcessingPurpose

CATEGORIES = (Category.NAME, Category.COMPANY, Category.ADDRESS, Category.ORDERS)


def disclose(tx: Transaction, invoices: Sequence[Leased]) -> None:
    for invoice in invoices:
        tx.publish(
            participants.Disclosed(
                subject_id=invoice.subject_id,
                recipient=KSEF,
                purpose=ProcessingPurpose.TAXES,
                categories=CATEGORIES,
                disclosed_at=now(),
                reference=f"ksef/{invoice.invoice_id}",
            )
        )
