"""Rights of the person: cases of members, cases of an e-mail address, and the case token."""

import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path
from starlette.responses import JSONResponse, Response

from services.gateway.answers import nothing
from services.gateway.bodies import Whole, Without
from services.gateway.callers import Anybody, Caller, CurrentMember, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.routes import routes
from shared.contracts import privacy
from shared.contracts.message import Created, Message

anybody = routes("privacy requests")
mailing = routes("privacy requests", Kind.MAIL)
proving = routes("privacy requests", Kind.CREDENTIALS)
members = routes("my privacy requests", Kind.MEMBER)

TOKEN_BYTES = 32
CaseToken = Annotated[
    str, Path(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$", description="as shown when the case opened")
]


class Opened(Message):
    """A case, and the token with which its person follows it when account and sessions are gone; shown once."""

    id: UUID
    token: str


def _case_token(caller: Caller, key: str, proof: str = "") -> str:
    """A fresh token; with an idempotency key the same one again, so that a lost answer can be asked for once more.

    Who has no session proves something else: nobody else's key may lead to their token.
    """
    if not key:
        return secrets.token_urlsafe(TOKEN_BYTES)
    made = hmac.digest(caller.gateway.token_key, f"{caller.principal}{proof} {key}".encode(), "sha256")
    return urlsafe_b64encode(made).decode().rstrip("=")


@members.post("/me/privacy-requests", status_code=201, response_model=Opened)
async def open_case(
    body: Without[privacy.OpenCase, Literal["subject_id", "authenticated_at", "token"]],
    member: CurrentMember,
    response: Response,
    key: IdempotencyKey = "",
) -> Any:
    """Use a right; erasure asks for a session that was proved a short while ago."""
    token = _case_token(member, key)
    case = body.complete(subject_id=member.subject_id, authenticated_at=member.authenticated_at, token=token)
    created: Created = await member.ask(case, key)
    response.headers["Location"] = f"/me/privacy-requests/{created.id}"
    return Opened(id=created.id, token=token)


@members.get("/me/privacy-requests", response_model=privacy.Cases)
async def my_cases(member: CurrentMember) -> Any:
    """One's own cases."""
    return await member.ask(privacy.ReadCases(subject_id=member.subject_id))


@members.get("/me/privacy-requests/{case_id:uuid}", response_model=privacy.Case)
async def my_case(case_id: UUID, member: CurrentMember) -> Any:
    """One of one's own cases, with each participant's progress."""
    found: privacy.Cases = await member.ask(privacy.ReadCases(subject_id=member.subject_id, case_id=case_id))
    return found.cases[0]


@members.delete("/me/privacy-requests/{case_id:uuid}", status_code=204, response_class=Response)
async def withdraw_mine(case_id: UUID, member: CurrentMember) -> Response:
    """Take a request back while it waits."""
    await member.ask(privacy.WithdrawCase(member=member.subject_id, case_id=case_id))
    return nothing()


@mailing.post("/privacy-requests", status_code=202, response_model=Created)
async def ask_for_erasure(body: Whole[privacy.RequestErasure], caller: Anybody, key: IdempotencyKey = "") -> Any:
    """Ask for an address, without an account; a code is mailed there, whoever it belongs to."""
    return await caller.ask(body.complete(), key)


@proving.post("/privacy-requests/confirmations", status_code=201, response_model=Opened)
async def confirm_erasure(
    body: Without[privacy.ConfirmErasure, Literal["token"]], caller: Anybody, key: IdempotencyKey = ""
) -> Any:
    """Prove the address with the mailed code: the case opens."""
    token = _case_token(caller, key, body.said())
    created: Created = await caller.ask(body.complete(token=token), key)
    return Opened(id=created.id, token=token)


@anybody.get("/privacy-requests/{token:secret}", response_model=privacy.Case)
async def case(token: CaseToken, caller: Anybody) -> Any:
    """The case of a token, with each participant's progress."""
    return await caller.ask(privacy.ReadCase(token=token))


@anybody.delete("/privacy-requests/{token:secret}", status_code=204, response_class=Response)
async def withdraw(token: CaseToken, caller: Anybody) -> Response:
    """Take a request back while it waits."""
    await caller.ask(privacy.WithdrawCase(token=token))
    return nothing()


@anybody.get("/privacy-requests/{token:secret}/certificate", response_model=dict[str, Any])
async def certificate(token: CaseToken, caller: Anybody) -> Response:
    """The evidence of a closed case: what each participant did, and what is kept until when and why."""
    found: privacy.Certificate = await caller.ask(privacy.ReadCertificate(token=token))
    return JSONResponse(json.loads(found.document))
