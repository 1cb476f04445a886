"""Signing in and out, and proving once more who is there."""

from typing import Literal

from starlette.responses import Response

from services.gateway.authentication import Anybody, CurrentMember
from services.gateway.limits import Kind
from services.gateway.problems import MAY_ANSWER_401
from services.gateway.request_bodies import BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import identity

proving = router("sessions", Kind.CREDENTIALS)
members = router("sessions", Kind.MEMBER)


@proving.post("/sessions", status_code=201, responses=MAY_ANSWER_401)
async def sign_in(body: BodyWithout[identity.SignIn, Literal["ip", "device"]], caller: Anybody) -> identity.SignedIn:
    """Open a session; its token is shown once. Send `device_token` with the next sign-in on the same device."""
    return await caller.request(body.complete(ip=caller.address, device=caller.device))


@members.delete("/sessions/current", status_code=204, response_class=Response)
async def sign_out(member: CurrentMember) -> Response:
    """End this session."""
    await member.request(identity.SignOut(token=member.token))
    return no_content()


@proving.post("/me/reauthentication", status_code=204, response_class=Response)
async def reauthenticate(
    body: BodyWithout[identity.Reauthenticate, Literal["token"]], member: CurrentMember
) -> Response:
    """Prove once more to own the account, before something that can't be undone."""
    await member.request(body.complete(token=member.token))
    return no_content()


@proving.put("/me/password", status_code=204, response_class=Response)
async def change_password(
    body: BodyWithout[identity.ChangePassword, Literal["token"]], member: CurrentMember
) -> Response:
    """Set a new password; all other sessions end."""
    await member.request(body.complete(token=member.token))
    return no_content()


@members.get("/me/sessions")
async def my_sessions(member: CurrentMember) -> identity.Sessions:
    """One's own sessions."""
    return await member.request(identity.ReadSessions())
