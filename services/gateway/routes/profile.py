"""One's own data: profile and activity."""

from services.gateway.authentication import CurrentMember
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body
from services.gateway.routing import Limit, router
from shared.contracts import identity

members = router("profile", Kind.MEMBER)


@members.get("/me")
async def read(member: CurrentMember) -> identity.Profile:
    """One's own profile."""
    return await member.request(identity.ReadProfile())


@members.patch("/me")
async def change(body: Body[identity.ChangeProfile], member: CurrentMember) -> identity.Profile:
    """Correct one's own data (GDPR Art. 16); fields left out stay."""
    return await member.request(body.complete())


@members.get("/me/activity")
async def activity(member: CurrentMember, limit: Limit = 100) -> identity.Activities:
    """One's own activity log, newest first."""
    return await member.request(identity.ReadActivity(limit=limit))
