"""What staff do about people."""

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import identity

signed_in = router("staff: people", Kind.MEMBER)


@signed_in.post("/staff/person-links", status_code=204, response_class=Response)
async def link(body: Body[identity.LinkPersons], staff: CurrentStaff) -> Response:
    """Two ids turned out to be one person."""
    await staff.request(body.complete())
    return no_content()
