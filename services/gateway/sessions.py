"""Signing in and out, and proving once more who is there."""

from typing import Any, Literal

from starlette.responses import Response

from services.gateway.answers import nothing
from services.gateway.bodies import Without
from services.gateway.callers import Anybody, CurrentMember
from services.gateway.limits import Kind
from services.gateway.problems import PROVES
from services.gateway.routes import routes
from shared.contracts import identity

proving = routes("sessions", Kind.CREDENTIALS)
members = routes("sessions", Kind.MEMBER)


@proving.post("/sessions", status_code=201, response_model=identity.SignedIn, responses=PROVES)
async def sign_in(body: Without[identity.SignIn, Literal["ip", "device"]], caller: Anybody) -> Any:
    """Open a session; its token is shown once."""
    return await caller.ask(body.complete(ip=caller.address, device=caller.device))


@members.delete("/sessions/current", status_code=204, response_class=Response)
async def sign_out(member: CurrentMember) -> Response:
    """End this session."""
    await member.ask(identity.SignOut(token=member.token))
    return nothing()


@proving.post("/me/reauthentication", status_code=204, response_class=Response)
async def reauthenticate(body: Without[identity.Reauthenticate, Literal["token"]], member: CurrentMember) -> Response:
    """Prove once more to own the account, before something that can't be undone."""
    await member.ask(body.complete(token=member.token))
    return nothing()


@proving.put("/me/password", status_code=204, response_class=Response)
async def change_password(body: Without[identity.ChangePassword, Literal["token"]], member: CurrentMember) -> Response:
    """Set a new password; all other sessions end."""
    await member.ask(body.complete(token=member.token))
    return nothing()


@members.get("/me/sessions", response_model=identity.Sessions)
async def my_sessions(member: CurrentMember) -> Any:
    """One's own sessions."""
    return await member.ask(identity.ReadSessions(subject_id=member.subject_id))
