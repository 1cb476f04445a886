"""Copies of one's data (GDPR Art. 15(3), 20): handed over fragment by fragment, so that a large one needs no memory."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from starlette.responses import Response, StreamingResponse

from services.gateway.authentication import Anybody, AnybodyRepeating, Caller, CurrentMember, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import BodyWithout
from services.gateway.responses import PAGE_HEADERS
from services.gateway.routes.privacy_requests import CaseToken
from services.gateway.routing import router
from shared.contracts import privacy
from shared.contracts.fields import Language
from shared.contracts.message import Created
from shared.contracts.privacy import CopyFormat, CopyTicket

mailing = router("privacy requests", Kind.MAIL)
proving = router("privacy requests", Kind.CREDENTIALS)
anybody = router("privacy requests")
members = router("my privacy requests", Kind.MEMBER)

MEDIA_TYPES: dict[CopyFormat, str] = {"html": "text/html", "json": "application/json", "csv": "text/csv"}
DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {"schema": {"type": "string"}} for media_type in ("text/html", "text/csv")}}
    | {"description": "the copy"}
}
Shape = Annotated[
    CopyFormat | None, Query(description="without it a page for access, JSON for portability; portability has no page")
]
Lang = Annotated[Language | None, Query(description="without it the language of the case")]


@members.get("/me/privacy-requests/{case_id:uuid}/copy", responses=DOCUMENT, response_model=dict[str, Any])
async def my_copy(case_id: UUID, member: CurrentMember, format: Shape = None, lang: Lang = None) -> Response:  # noqa: A002
    """The copy of one's own case, with a session that was proved a short while ago."""
    return await _handed_over(member, await member.request(privacy.OpenCopy(case_id=case_id)), format, lang)


@mailing.post("/privacy-requests/{token:secret}/copy-codes", status_code=202)
async def ask_for_copy_code(token: CaseToken, caller: AnybodyRepeating, key: IdempotencyKey = "") -> Created:
    """Have a code mailed to the address of the case, with which its copy is fetched."""
    return await caller.request(privacy.RequestCopyCode(token=token), key)


@proving.post("/privacy-requests/{token:secret}/copy", responses=DOCUMENT, response_model=dict[str, Any])
async def copy_by_code(
    token: CaseToken,
    body: BodyWithout[privacy.OpenCopyByCode, Literal["token"]],
    caller: Anybody,
    format: Shape = None,  # noqa: A002
    lang: Lang = None,
) -> Response:
    """The copy of a case, with its token and the mailed code."""
    return await _handed_over(caller, await caller.request(body.complete(token=token)), format, lang)


@anybody.get("/schemas/portable-copy", response_model=dict[str, Any])
async def portable_copy_schema() -> dict[str, Any]:
    """The JSON Schema of what portability hands over."""
    return privacy.PortableCopy.model_json_schema()


async def _handed_over(
    caller: Caller, ticket: CopyTicket, chosen: CopyFormat | None, language: Language | None
) -> Response:
    """A refusal comes before the first byte; what fails later breaks off, and is no whole document."""
    shape: CopyFormat = chosen or ("html" if ticket.right == "access" else "json")
    asked = privacy.ReadCopyFragment(ticket=ticket.ticket, format=shape, language=language or ticket.language, number=0)
    first = await caller.request(asked)
    return StreamingResponse(_fragments(caller, asked, first), media_type=MEDIA_TYPES[shape], headers=PAGE_HEADERS)


async def _fragments(
    caller: Caller, asked: privacy.ReadCopyFragment, fragment: privacy.CopyFragment
) -> AsyncIterator[str]:
    yield fragment.text
    while fragment.next is not None:
        fragment = await caller.request(asked.model_copy(update={"number": fragment.next}))
        yield fragment.text
