"""Whom a file names is told to the log of disclosures, in the transaction that reads it (GDPR Art. 15(1)(c), 30)."""

from collections.abc import Sequence
from uuid import uuid4

from services.licensing.accounting.rules import Sale
from shared.clock import now
from shared.contracts import participants
from shared.database import Transaction
from shared.personal_data.data_map import Category
from shared.purposes import ProcessingPurpose

CATEGORIES = (Category.NAME, Category.COMPANY, Category.ORDERS)


def disclose(tx: Transaction, sales: Sequence[Sale], recipient: str, purpose: ProcessingPurpose) -> str:
    """One disclosure for each person, whatever the number of their invoices; answers the file's reference."""
    reference, at = f"books/{uuid4()}", now()
    for subject_id in sorted({sale.subject_id for sale in sales}):
        tx.publish(
            participants.Disclosed(
                subject_id=subject_id,
                recipient=recipient,
                purpose=purpose,
                categories=CATEGORIES,
                disclosed_at=at,
                reference=reference,
            )
        )
    return reference
