"""One's own data: profile and activity."""

from typing import Annotated, Any, Literal

from fastapi import Query

from services.gateway.bodies import Without
from services.gateway.callers import CurrentMember
from services.gateway.limits import Kind
from services.gateway.routes import routes
from shared.contracts import identity

members = routes("profile", Kind.MEMBER)


@members.get("/me", response_model=identity.Profile)
async def read(member: CurrentMember) -> Any:
    """One's own profile."""
    return await member.ask(identity.ReadProfile(subject_id=member.subject_id))


@members.patch("/me", response_model=identity.Profile)
async def change(body: Without[identity.ChangeProfile, Literal["subject_id"]], member: CurrentMember) -> Any:
    """Correct one's own data (GDPR Art. 16); fields left out stay."""
    return await member.ask(body.complete(subject_id=member.subject_id))


@members.get("/me/activity", response_model=identity.Activities)
async def activity(member: CurrentMember, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Any:
    """One's own activity log, newest first."""
    return await member.ask(identity.ReadActivity(subject_id=member.subject_id, limit=limit))
