"""In whose name a request is asked: by identity's assertion alone, never by what stands in the body."""

from typing import Any, TypeVar
from uuid import UUID

from shared.assertions import Verifier, unproved
from shared.authentication import check_fresh
from shared.clock import now
from shared.contracts.actors import Actor, Member, Staff
from shared.contracts.identity import StaffActed
from shared.contracts.message import Message, Request
from shared.problems import refuse

Asked = TypeVar("Asked", bound=Message)
NOT_YOURS = "this is not for you to do"


def acting(needed: Member | Staff | None, verifier: Verifier | None, assertion: str) -> Actor | None:
    """Who is acting, as the contract demands it. Raises Refused: 401 nobody proved to be, 403 somebody else may."""
    if needed is None:
        return None
    if verifier is None:
        raise unproved()
    actor = verifier.actor(assertion)
    if isinstance(needed, Staff):
        _check_staff(needed, actor)
        return actor
    if actor.kind != "member":
        raise refuse(403, NOT_YOURS)
    if needed.fresh_minutes is not None:
        check_fresh(actor.authenticated_at, now(), needed.fresh_minutes)
    return actor


def _check_staff(needed: Staff, actor: Actor) -> None:
    """Raises Refused (403) for members, for other roles and for who signed in without a second factor."""
    if actor.kind != "staff" or not actor.second_factor or not set(needed.roles) & set(actor.roles):
        raise refuse(403, NOT_YOURS)


def in_the_name_of(actor: Actor | None, request: Asked) -> Asked:
    """The request with its `subject_id`, if a member asks; what stood there before does not count."""
    if actor is None or actor.kind != "member":
        return request
    return request.model_copy(update={"subject_id": actor.id})


def act_of(actor: Actor | None, request: Request[Any]) -> StaffActed | None:
    """What goes into the audit when staff act: the type of the request and the ids that stand in it."""
    if actor is None or actor.kind != "staff":
        return None
    about = {name: value for name, value in request if isinstance(value, UUID)}
    return StaffActed(staff_id=actor.id, act=request.type, about=about)
