"""What officers do about the notice: approve it with its difference shown, publish it from a day, withdraw it."""

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
from shared.contracts.fields import Language
from shared.contracts.message import Created

signed_in = router("staff: notices", Kind.MEMBER)

Limit = Annotated[int, Query(ge=1, le=200)]
Notice = Literal["notice_id"]


@signed_in.get("/staff/notices")
async def listed(staff: CurrentStaff, limit: Limit = 20) -> privacy.Notices:
    """Drafts and versions of the privacy notice, the newest first."""
    return await staff.request(privacy.ListNotices(limit=limit))


@signed_in.post("/staff/notices", status_code=201)
async def draft(staff: CurrentStaff) -> Created:
    """Draft at once what the register says; it is the same draft, however often."""
    return await staff.request(privacy.DraftNotice())


@signed_in.get("/staff/notices/{notice_id:uuid}")
async def read(notice_id: UUID, staff: CurrentStaff, lang: Language = "pl") -> privacy.NoticeDraft:
    """One of them with what it changes, and the digest to approve it by."""
    return await staff.request(privacy.ReadNoticeDraft(notice_id=notice_id, language=lang))


@signed_in.put("/staff/notices/{notice_id:uuid}/approval", status_code=204, response_class=Response)
async def approve(notice_id: UUID, body: BodyWithout[privacy.ApproveNotice, Notice], staff: CurrentStaff) -> Response:
    """Approve a draft as it was read."""
    await staff.request(body.complete(notice_id=notice_id))
    return no_content()


@signed_in.put("/staff/notices/{notice_id:uuid}/publication", status_code=204, response_class=Response)
async def publish(notice_id: UUID, body: BodyWithout[privacy.PublishNotice, Notice], staff: CurrentStaff) -> Response:
    """Publish what was approved: from which day it holds."""
    await staff.request(body.complete(notice_id=notice_id))
    return no_content()


@signed_in.put("/staff/notices/{notice_id:uuid}/withdrawal", status_code=204, response_class=Response)
async def withdraw(notice_id: UUID, body: BodyWithout[privacy.WithdrawNotice, Notice], staff: CurrentStaff) -> Response:
    """Withdraw a draft, or a version that does not hold yet, and why."""
    await staff.request(body.complete(notice_id=notice_id))
    return no_content()
