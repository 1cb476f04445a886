"""What officers do about restrictions."""

from typing import Literal
from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff
from services.gateway.limits import Kind
from services.gateway.request_bodies import BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import privacy

signed_in = router("staff: restrictions", Kind.MEMBER)


@signed_in.put("/staff/privacy-requests/{case_id:uuid}/lifting-notice", status_code=204, response_class=Response)
async def announce(
    case_id: UUID, body: BodyWithout[privacy.AnnounceLifting, Literal["case_id"]], staff: CurrentStaff
) -> Response:
    """Have the person written to that the restriction will be lifted, and why."""
    await staff.request(body.complete(case_id=case_id))
    return no_content()


@signed_in.put("/staff/privacy-requests/{case_id:uuid}/lifting", status_code=204, response_class=Response)
async def lift(case_id: UUID, staff: CurrentStaff) -> Response:
    """Lift the restriction, once the notice has left: its case ends."""
    await staff.request(privacy.LiftRestriction(case_id=case_id))
    return no_content()
