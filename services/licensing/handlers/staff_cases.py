"""Staff look at what was not booked."""

from services.licensing import staff_cases
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ListStaffCases, purpose=Purpose.CLAIMS)
async def list_staff_cases(request: licensing.ListStaffCases, tx: Transaction) -> licensing.StaffCases:
    return licensing.StaffCases(cases=await staff_cases.open_cases(tx, request.limit))


@router.request(licensing.ResolveStaffCase, purpose=Purpose.CLAIMS)
async def resolve_staff_case(request: licensing.ResolveStaffCase, tx: Transaction) -> Done:
    await staff_cases.resolve(tx, request.case_id)
    return Done()
