"""Claims of the vendor that outlive the erasure of who owes."""

from datetime import date
from typing import Literal
from uuid import UUID

from shared.contracts.message import Event

ClaimEnd = Literal["paid", "time-barred"]


class ClaimHeld(Event, type="licensing.claim-held.v1", late="statutory", carries=("D9", "D15")):
    """Somebody who owes is erased: licensing holds what proves the debt, and privacy keeps the hold from now on."""

    subject_id: UUID
    hold_id: UUID
    provision: str
    """By which the debt can be claimed."""
    review_on: date


class ClaimEnded(Event, type="licensing.claim-ended.v1", late="statutory", carries=("D9", "D15")):
    """Nothing is owed any more, or nothing can be enforced: the hold ends."""

    subject_id: UUID
    hold_id: UUID
    reason: ClaimEnd
