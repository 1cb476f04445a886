"""What staff do about recipients of data: tell whom no mail tells, answer people who ask about them."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from services.gateway.authentication import CurrentStaff
from services.gateway.limits import Kind
from services.gateway.request_bodies import BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import privacy

signed_in = router("staff: recipients", Kind.MEMBER)

Limit = Annotated[int, Query(ge=1, le=200)]


@signed_in.get("/staff/recipient-notices")
async def listed(
    staff: CurrentStaff, limit: Limit = 100, case_id: UUID | None = None, *, late: bool = False
) -> privacy.RecipientNotices:
    """Recipients whom somebody has to tell of a rectification, an erasure or a restriction, oldest first.

    With `late` those who were not told within 30 days; with `case_id` those of one case.
    """
    return await staff.request(privacy.ListRecipientNotices(limit=limit, late=late, case_id=case_id))


@signed_in.put("/staff/recipient-notices/{notice_id:uuid}", status_code=204, response_class=Response)
async def settle(
    notice_id: UUID, body: BodyWithout[privacy.SettleRecipientNotice, Literal["notice_id"]], staff: CurrentStaff
) -> Response:
    """A recipient was told, or can't be, and why not."""
    await staff.request(body.complete(notice_id=notice_id))
    return no_content()


@signed_in.put("/staff/privacy-requests/{case_id:uuid}/recipients-answer", status_code=204, response_class=Response)
async def answer(case_id: UUID, staff: CurrentStaff) -> Response:
    """Have the person written to who was told of the case."""
    await staff.request(privacy.AnswerAboutRecipients(case_id=case_id))
    return no_content()
