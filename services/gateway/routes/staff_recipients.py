"""What staff do about recipients of data: tell whom no mail tells, answer people who ask about them."""

from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from services.gateway.authentication import CurrentStaff
from services.gateway.limits import Kind
from services.gateway.request_bodies import BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import privacy
from shared.contracts.privacy.recipients import ProofType, ProveRecipientNotice, ReadRecipientProof

signed_in = router("staff: recipients", Kind.MEMBER)

PROOF = "/staff/recipient-notices/{notice_id:uuid}/proof"
PROOFS, PROOF_BYTES = "/staff/recipient-notices/*/proof", 960_000
"""Their paths, and how long such a body may be: in Base64."""
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string"}} for kind in get_args(ProofType)}, "description": "the proof"}
}
TO_BE_SAVED = {"Content-Disposition": "attachment"}  # it is a stranger's file: no browser shows it as a page of ours

Limit = Annotated[int, Query(ge=1, le=200)]


@signed_in.get("/staff/recipient-notices")
async def listed(
    staff: CurrentStaff,
    limit: Limit = 100,
    case_id: UUID | None = None,
    *,
    late: bool = False,
    settled: bool = False,
) -> privacy.RecipientNotices:
    """Recipients whom somebody has to tell of a rectification, an erasure or a restriction, oldest first.

    With `late` those who were not told within 30 days; with `settled` those who were, or can't be, newest first; with
    `case_id` those of one case.
    """
    asked = privacy.ListRecipientNotices(limit=limit, late=late, case_id=case_id, settled=settled)
    return await staff.request(asked)


@signed_in.put("/staff/recipient-notices/{notice_id:uuid}", status_code=204, response_class=Response)
async def settle(
    notice_id: UUID, body: BodyWithout[privacy.SettleRecipientNotice, Literal["notice_id"]], staff: CurrentStaff
) -> Response:
    """A recipient was told, or can't be, and why not."""
    await staff.request(body.complete(notice_id=notice_id))
    return no_content()


@signed_in.put(PROOF, status_code=204, response_class=Response)
async def prove(
    notice_id: UUID, body: BodyWithout[ProveRecipientNotice, Literal["notice_id"]], staff: CurrentStaff
) -> Response:
    """Put in what shows that a recipient was told, in Base64: a PDF, PNG or JPEG of at most 700 kB."""
    await staff.request(body.complete(notice_id=notice_id))
    return no_content()


@signed_in.get(PROOF, responses=FILE, response_class=Response)
async def proof(notice_id: UUID, staff: CurrentStaff) -> Response:
    """What shows that a recipient was told; that you look at it is noted."""
    found = await staff.request(ReadRecipientProof(notice_id=notice_id))
    return Response(found.content, media_type=found.media_type, headers=TO_BE_SAVED)


@signed_in.put("/staff/privacy-requests/{case_id:uuid}/recipients-answer", status_code=204, response_class=Response)
async def answer(case_id: UUID, staff: CurrentStaff) -> Response:
    """Have the person written to who was told of the case."""
    await staff.request(privacy.AnswerAboutRecipients(case_id=case_id))
    return no_content()
