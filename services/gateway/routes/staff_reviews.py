"""What officers decide after weighing."""

from typing import Literal
from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff
from services.gateway.limits import Kind
from services.gateway.request_bodies import BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import privacy

signed_in = router("staff: reviews", Kind.MEMBER)


@signed_in.put("/staff/privacy-requests/{case_id:uuid}/review", status_code=204, response_class=Response)
async def decide(
    case_id: UUID, body: BodyWithout[privacy.DecideReview, Literal["case_id"]], staff: CurrentStaff
) -> Response:
    """Decide an objection (upheld, overruled) or a contested decision (changed, confirmed), with reasons."""
    await staff.request(body.complete(case_id=case_id))
    return no_content()
