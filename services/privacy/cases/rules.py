"""Pure decisions about a case."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.privacy.cases.machine import Right
from shared.contracts.privacy import OpenCase
from shared.law.case_clock import day_of_receipt, due_date, target_date


@dataclass(frozen=True)
class Opening:
    """All that is known when a case opens."""

    subject_id: UUID
    right: Right
    terminate_contract: bool
    language: str
    channel: str
    verified_by: str
    received_at: datetime
    due_on: date
    target_on: date
    run_at: datetime


def opening(
    subject_id: UUID,
    *,
    right: Right = "erasure",
    terminate_contract: bool = False,
    language: str,
    channel: str,
    verified_by: str,
    received_at: datetime,
    cooling_off_s: float,
) -> Opening:
    """A case with its clock (GDPR Art. 12(3)) and the end of its cooling-off."""
    day = day_of_receipt(received_at)
    return Opening(
        subject_id=subject_id,
        right=right,
        terminate_contract=terminate_contract,
        language=language,
        channel=channel,
        verified_by=verified_by,
        received_at=received_at,
        due_on=due_date(day),
        target_on=target_date(day),
        run_at=received_at + timedelta(seconds=cooling_off_s),
    )


def members_opening(request: OpenCase, received_at: datetime, cooling_off_s: float) -> Opening:
    """The case of a signed-in member; only what can't be undone has a cooling-off."""
    return opening(
        request.subject_id,
        right=request.right,
        terminate_contract=request.terminate_contract,
        language=request.language,
        channel="member",
        verified_by="fresh session",
        received_at=received_at,
        cooling_off_s=cooling_off_s if request.right == "erasure" else 0,
    )
