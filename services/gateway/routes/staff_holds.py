"""What officers do about legal holds."""

from typing import Literal
from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body, BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import Limit, router
from shared.contracts import privacy
from shared.contracts.message import Created

signed_in = router("staff: legal holds", Kind.MEMBER)

State = Literal["open", "released"]
Hold = Literal["hold_id"]


@signed_in.post("/staff/holds", status_code=201)
async def place(body: Body[privacy.PlaceHold], staff: CurrentStaff, key: IdempotencyKey = "") -> Created:
    """Keep data of a person in spite of their date."""
    return await staff.request(body.complete(), key)


@signed_in.get("/staff/holds")
async def listed(
    staff: CurrentStaff,
    state: State | None = None,
    review_due: bool = False,
    person_id: UUID | None = None,
    limit: Limit = 100,
) -> privacy.LegalHolds:
    """The holds, those to be reviewed first on top."""
    return await staff.request(privacy.ListHolds(state=state, review_due=review_due, person_id=person_id, limit=limit))


@signed_in.put("/staff/holds/{hold_id:uuid}/review", status_code=204, response_class=Response)
async def review(hold_id: UUID, body: BodyWithout[privacy.ReviewHold, Hold], staff: CurrentStaff) -> Response:
    """It is needed still: until when, and why."""
    await staff.request(body.complete(hold_id=hold_id))
    return no_content()


@signed_in.put("/staff/holds/{hold_id:uuid}/release", status_code=204, response_class=Response)
async def release(hold_id: UUID, body: BodyWithout[privacy.ReleaseHold, Hold], staff: CurrentStaff) -> Response:
    """It is needed no more: what was kept for it alone goes."""
    await staff.request(body.complete(hold_id=hold_id))
    return no_content()
