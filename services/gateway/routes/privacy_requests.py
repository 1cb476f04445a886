"""Rights of the person: cases of members, cases of an e-mail address, and the case token."""

import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import JSONResponse, Response

from services.gateway.authentication import (
    IDEMPOTENCY_KEY,
    Anybody,
    AnybodyRepeating,
    Caller,
    CurrentMember,
    IdempotencyKey,
)
from services.gateway.case_tokens import case_tokens
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body, BodyWithout
from services.gateway.responses import PAGE_HEADERS, no_content
from services.gateway.routing import router
from shared.contracts import privacy
from shared.contracts.fields import Language
from shared.contracts.message import Created, Message, Request
from shared.problems import Refused

anybody = router("privacy requests")
mailing = router("privacy requests", Kind.MAIL)
proving = router("privacy requests", Kind.CREDENTIALS)
members = router("my privacy requests", Kind.MEMBER)

CaseToken = Annotated[
    str, Path(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$", description="as shown when the case opened")
]


MEDIA_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string"}} for kind in ("text/html", "application/pdf")}}
    | {"description": "the certificate"}
}


class Opened(Message):
    """A case and its token, which is shown once."""

    id: UUID
    token: str


class Confirmed(Message):
    """A case and its token, which is shown once; neither for a request that was joined to an open case."""

    id: UUID | None
    token: str | None


JOINED: dict[int | str, dict[str, Any]] = {
    202: {"model": Confirmed, "description": "joined to the open case, whose person is told"}
}


async def _open(caller: Caller, case: Callable[[str], Request[Created]], key: str, tokens: Sequence[str]) -> Opened:
    """Open a case under the first token; a repeated request under the one that it was opened with.

    Privacy stores a hash of the request, token included: a repetition under another token is refused.
    """
    token, *older = tokens
    try:
        created = await caller.request(case(token), key)
    except Refused as refused:
        if older and any(error.field == IDEMPOTENCY_KEY for error in refused.problem.errors):
            return await _open(caller, case, key, older)
        raise
    return Opened(id=created.id, token=token)


@members.post("/me/privacy-requests", status_code=201)
async def open_case(
    body: BodyWithout[privacy.OpenCase, Literal["token"]],
    member: CurrentMember,
    response: Response,
    key: IdempotencyKey = "",
) -> Opened:
    """Use a right; erasure asks for a session that was proved a short while ago."""
    tokens = case_tokens(member.resources.keyring, member.principal(key), key)
    opened = await _open(member, lambda token: body.complete(token=token), key, tokens)
    response.headers["Location"] = f"/me/privacy-requests/{opened.id}"
    return opened


@members.get("/me/privacy-requests")
async def my_cases(member: CurrentMember) -> privacy.Cases:
    """One's own cases."""
    return await member.request(privacy.ReadCases())


@members.get("/me/privacy-requests/{case_id:uuid}")
async def my_case(case_id: UUID, member: CurrentMember) -> privacy.Case:
    """One of one's own cases, with each participant's progress."""
    mine = await member.request(privacy.ReadCases(case_id=case_id))
    return mine.cases[0]


@members.delete("/me/privacy-requests/{case_id:uuid}", status_code=204, response_class=Response)
async def withdraw_mine(case_id: UUID, member: CurrentMember) -> Response:
    """Take a request back while it waits."""
    await member.request(privacy.WithdrawOwnCase(case_id=case_id))
    return no_content()


@mailing.post("/privacy-requests", status_code=202)
async def ask_by_address(
    body: Body[privacy.RequestCase], caller: AnybodyRepeating, key: IdempotencyKey = ""
) -> Created:
    """Use a right for an address, without an account; a code is mailed there, whoever it belongs to."""
    return await caller.request(body.complete(), key)


@proving.post("/privacy-requests/confirmations", status_code=201, responses=JOINED)
async def confirm_by_address(
    body: BodyWithout[privacy.ConfirmCase, Literal["token"]],
    caller: AnybodyRepeating,
    response: Response,
    key: IdempotencyKey = "",
) -> Confirmed:
    """Prove the address with the mailed code: the case opens."""
    tokens = case_tokens(caller.resources.keyring, caller.principal(key), key, body.canonical())
    opened = await _open(caller, lambda token: body.complete(token=token), key, tokens)
    if opened.id != body.complete(token=opened.token).request_id:
        return Confirmed(id=opened.id, token=opened.token)
    response.status_code = 202
    return Confirmed(id=None, token=None)


@mailing.post("/privacy-requests/tokens", status_code=202)
async def ask_for_token(
    body: Body[privacy.RequestToken], caller: AnybodyRepeating, key: IdempotencyKey = ""
) -> Created:
    """Ask for another token for a case whose token is lost; a code is mailed, whether there is a case or not."""
    return await caller.request(body.complete(), key)


@proving.post("/privacy-requests/tokens/confirmations", status_code=201)
async def confirm_token(
    body: BodyWithout[privacy.ConfirmToken, Literal["token"]], caller: AnybodyRepeating, key: IdempotencyKey = ""
) -> Opened:
    """Prove the address with the mailed code: its newest case has a new token, and the one before is dead."""
    tokens = case_tokens(caller.resources.keyring, caller.principal(key), key, body.canonical())
    return await _open(caller, lambda token: body.complete(token=token), key, tokens)


@anybody.get("/privacy-requests/{token:secret}")
async def case(token: CaseToken, caller: Anybody) -> privacy.Case:
    """The case of a token, with each participant's progress."""
    return await caller.request(privacy.ReadCase(token=token))


@anybody.delete("/privacy-requests/{token:secret}", status_code=204, response_class=Response)
async def withdraw(token: CaseToken, caller: Anybody) -> Response:
    """Take a request back while it waits."""
    await caller.request(privacy.WithdrawCase(token=token))
    return no_content()


@anybody.delete("/privacy-requests/{token:secret}/contracts", status_code=204, response_class=Response)
async def end_contracts(token: CaseToken, caller: Anybody) -> Response:
    """End the contracts that the erasure left running, now that no account is there to do it: their keys are void."""
    await caller.request(privacy.EndContracts(token=token))
    return no_content()


@anybody.get("/privacy-requests/{token:secret}/certificate", responses=DOCUMENT, response_model=dict[str, Any])
async def certificate(
    token: CaseToken,
    caller: Anybody,
    format: Literal["json", "html", "pdf"] = "json",  # noqa: A002
    lang: Annotated[Language | None, Query(description="without it the language of the case")] = None,
) -> Response:
    """The evidence of a closed case, what is kept until when and why: JSON, or for people a page or a PDF."""
    if format == "json":
        issued = await caller.request(privacy.ReadCertificate(token=token))
        return JSONResponse(json.loads(issued.document))
    asked = privacy.ReadCertificateDocument(token=token, format=format, language=lang)
    issued_document = await caller.request(asked)
    return Response(issued_document.content, media_type=MEDIA_TYPES[format], headers=PAGE_HEADERS)
