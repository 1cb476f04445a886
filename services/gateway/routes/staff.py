"""The vendor's staff: joining, signing in with a second factor, signing out."""

from starlette.responses import Response

from services.gateway.authentication import Anybody, CurrentStaff
from services.gateway.limits import Kind
from services.gateway.problems import MAY_ANSWER_401
from services.gateway.request_bodies import Body
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import identity

proving = router("staff", Kind.CREDENTIALS)
signed_in = router("staff", Kind.MEMBER)


@proving.post("/staff/enrollments", status_code=201)
async def accept(body: Body[identity.AcceptInvitation], caller: Anybody) -> identity.Enrollment:
    """Accept an invitation: choose a password, and give the answer's secret to an authenticator app."""
    return await caller.request(body.complete())


@proving.post("/staff/enrollments/confirmations", status_code=201)
async def confirm(body: Body[identity.ConfirmFactor], caller: Anybody) -> identity.RecoveryCodes:
    """Show the app's code; the recovery codes are shown once."""
    return await caller.request(body.complete())


@proving.post("/staff/sessions", status_code=201, responses=MAY_ANSWER_401)
async def sign_in(body: Body[identity.SignInStaff], caller: Anybody) -> identity.StaffSignedIn:
    """Open a session with password and code: 8 hours, or 30 minutes without use."""
    return await caller.request(body.complete())


@signed_in.delete("/staff/sessions/current", status_code=204, response_class=Response)
async def sign_out(staff: CurrentStaff) -> Response:
    """End this session."""
    await staff.request(identity.SignOutStaff(token=staff.token))
    return no_content()
