"""What officers do about requests of authorities: record, decide, stay silent for longer, look them through."""

from typing import Literal
from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body, BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import Limit, router
from shared.contracts.message import Created
from shared.contracts.privacy import authorities

signed_in = router("staff: authorities", Kind.MEMBER)

Id = Literal["request_id"]


@signed_in.post("/staff/authority-requests", status_code=201)
async def record(
    body: Body[authorities.RecordAuthorityRequest], staff: CurrentStaff, key: IdempotencyKey = ""
) -> Created:
    """Record who asks, by which provision, for what and about whom."""
    return await staff.request(body.complete(), key)


@signed_in.get("/staff/authority-requests")
async def listed(staff: CurrentStaff, limit: Limit = 100) -> authorities.AuthorityRequests:
    """Requests of authorities: what is to be decided first."""
    return await staff.request(authorities.ListAuthorityRequests(limit=limit))


@signed_in.put("/staff/authority-requests/{request_id:uuid}/decision", status_code=204, response_class=Response)
async def decide(
    request_id: UUID, body: BodyWithout[authorities.DecideAuthorityRequest, Id], staff: CurrentStaff
) -> Response:
    """Grant it, grant a part, or refuse; and whether the law forbids telling people, until when."""
    await staff.request(body.complete(request_id=request_id))
    return no_content()


@signed_in.put("/staff/authority-requests/{request_id:uuid}/silence", status_code=204, response_class=Response)
async def prolong_silence(
    request_id: UUID, body: BodyWithout[authorities.ProlongSilence, Id], staff: CurrentStaff
) -> Response:
    """Say by which provision people may not be told for longer, and the new last day."""
    await staff.request(body.complete(request_id=request_id))
    return no_content()
