"""The desk: what officers and support do about the requests of people."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from services.gateway.authentication import CurrentStaff, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body, BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import privacy
from shared.contracts.fields import Day
from shared.contracts.message import Created
from shared.contracts.privacy import Right
from shared.contracts.privacy.desk import KEY

signed_in = router("staff: privacy requests", Kind.MEMBER)

CASE = "/staff/privacy-requests/{case_id:uuid}"
State = Annotated[str | None, Query(max_length=40, description="without it all open cases")]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str, Query(pattern=KEY, description="`next` of the page before")]
Why = Annotated[privacy.LookPurpose, Query(description="what the look is for: it is noted, and the person may read it")]


@signed_in.get("/staff/privacy-requests")
async def cases(
    staff: CurrentStaff,
    state: State = None,
    right: Right | None = None,
    due_before: Day | None = None,
    overdue: bool | None = None,
    assignee: UUID | None = None,
    after: After = "",
    limit: Limit = 100,
) -> privacy.DeskCases:
    """Cases, those that are due first at the top."""
    filters = {"state": state, "right": right, "due_before": due_before, "overdue": overdue, "assignee": assignee}
    return await staff.request(privacy.ListDeskCases.model_validate({**filters, "after": after, "limit": limit}))


@signed_in.post("/staff/privacy-requests", status_code=201)
async def enter(
    body: Body[privacy.EnterCase], staff: CurrentStaff, response: Response, key: IdempotencyKey = ""
) -> Created:
    """Enter a request that came by letter or e-mail; one more of the same is joined to the open case."""
    created = await staff.request(body.complete(), key)
    response.headers["Location"] = f"/staff/privacy-requests/{created.id}"
    return created


@signed_in.get(CASE)
async def case(case_id: UUID, purpose: Why, staff: CurrentStaff) -> privacy.DeskFile:
    """A case with all that happened to it. The look is noted."""
    return await staff.request(privacy.ReadDeskCase(case_id=case_id, purpose=purpose))


@signed_in.put(f"{CASE}/assignee", status_code=204, response_class=Response)
async def assign(
    case_id: UUID, body: BodyWithout[privacy.AssignCase, Literal["case_id"]], staff: CurrentStaff
) -> Response:
    """Say who sees to a case; null: nobody."""
    await staff.request(body.complete(case_id=case_id))
    return no_content()


@signed_in.post(f"{CASE}/notes", status_code=201)
async def note(
    case_id: UUID,
    body: BodyWithout[privacy.NoteCase, Literal["case_id"]],
    staff: CurrentStaff,
    key: IdempotencyKey = "",
) -> Created:
    """Note something on a case; its person reads it in a copy."""
    return await staff.request(body.complete(case_id=case_id), key)


@signed_in.put(f"{CASE}/identity-question", status_code=204, response_class=Response)
async def ask_identity(
    case_id: UUID, body: BodyWithout[privacy.AskIdentity, Literal["case_id"]], staff: CurrentStaff
) -> Response:
    """Have the person asked who they are: nothing goes on until an officer is certain."""
    await staff.request(body.complete(case_id=case_id))
    return no_content()


@signed_in.put(f"{CASE}/identity-answer", status_code=204, response_class=Response)
async def record_answer(
    case_id: UUID, body: BodyWithout[privacy.RecordAnswer, Literal["case_id"]], staff: CurrentStaff
) -> Response:
    """The answer has come: the clock goes on."""
    await staff.request(body.complete(case_id=case_id))
    return no_content()


@signed_in.put(f"{CASE}/approval", status_code=204, response_class=Response)
async def approve(
    case_id: UUID, body: BodyWithout[privacy.ApproveCase, Literal["case_id"]], staff: CurrentStaff
) -> Response:
    """It is certain who is asking: the case goes on as its right does."""
    await staff.request(body.complete(case_id=case_id))
    return no_content()


@signed_in.put(f"{CASE}/extension", status_code=204, response_class=Response)
async def extend(
    case_id: UUID, body: BodyWithout[privacy.ExtendCase, Literal["case_id"]], staff: CurrentStaff
) -> Response:
    """Take two months more; the person is told why."""
    await staff.request(body.complete(case_id=case_id))
    return no_content()


@signed_in.put(f"{CASE}/refusal", status_code=204, response_class=Response)
async def refuse(
    case_id: UUID, body: BodyWithout[privacy.RefuseCase, Literal["case_id"]], staff: CurrentStaff
) -> Response:
    """Refuse a request on a ground: the person is told why and where to complain, and the case ends."""
    await staff.request(body.complete(case_id=case_id))
    return no_content()
