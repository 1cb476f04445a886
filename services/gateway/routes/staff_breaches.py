"""What officers do about breaches: record, judge the risk, report, tell people."""

from typing import Literal
from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body, BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import Limit, router
from shared.contracts.message import Created
from shared.contracts.privacy import breaches

signed_in = router("staff: breaches", Kind.MEMBER)

Id = Literal["breach_id"]
ScopeIds = Literal["breach_id", "scope_id"]


@signed_in.post("/staff/breaches", status_code=201)
async def record(body: Body[breaches.RecordBreach], staff: CurrentStaff, key: IdempotencyKey = "") -> Created:
    """Record a breach; 72 hours run from the moment in which somebody knew."""
    return await staff.request(body.complete(), key)


@signed_in.get("/staff/breaches")
async def listed(staff: CurrentStaff, limit: Limit = 100) -> breaches.Breaches:
    """The register: what is due first at the top."""
    return await staff.request(breaches.ListBreaches(limit=limit))


@signed_in.put("/staff/breaches/{breach_id:uuid}/judgment", status_code=204, response_class=Response)
async def judge(breach_id: UUID, body: BodyWithout[breaches.JudgeBreach, Id], staff: CurrentStaff) -> Response:
    """How likely a risk to people is, and why."""
    await staff.request(body.complete(breach_id=breach_id))
    return no_content()


@signed_in.put("/staff/breaches/{breach_id:uuid}/report", status_code=204, response_class=Response)
async def report(breach_id: UUID, body: BodyWithout[breaches.ReportBreach, Id], staff: CurrentStaff) -> Response:
    """What the authority was told, in one piece or in phases."""
    await staff.request(body.complete(breach_id=breach_id))
    return no_content()


@signed_in.put("/staff/breaches/{breach_id:uuid}/telling", status_code=204, response_class=Response)
async def tell(breach_id: UUID, body: BodyWithout[breaches.TellOfBreach, Id], staff: CurrentStaff) -> Response:
    """How people were told of a high risk, or why they need not be."""
    await staff.request(body.complete(breach_id=breach_id))
    return no_content()


@signed_in.post("/staff/breaches/{breach_id:uuid}/people")
async def name_people(
    breach_id: UUID, body: BodyWithout[breaches.NameAffected, Id], staff: CurrentStaff
) -> breaches.AffectedPeople:
    """Whom the breach concerns, by their ids, up to 1,000 at a time; naming somebody again changes nothing."""
    return await staff.request(body.complete(breach_id=breach_id))


@signed_in.post("/staff/breaches/{breach_id:uuid}/scopes", status_code=201)
async def scope(
    breach_id: UUID, body: BodyWithout[breaches.ScopeBreach, Id], staff: CurrentStaff, key: IdempotencyKey = ""
) -> Created:
    """Whom the breach concerns, by services and categories of data: they are counted, and nobody is named yet."""
    return await staff.request(body.complete(breach_id=breach_id), key)


@signed_in.post("/staff/breaches/{breach_id:uuid}/scopes/{scope_id:uuid}/people")
async def name_scope(
    breach_id: UUID, scope_id: UUID, body: BodyWithout[breaches.NameScope, ScopeIds], staff: CurrentStaff
) -> breaches.AffectedPeople:
    """Name everybody who was counted, by the number that was seen."""
    return await staff.request(body.complete(breach_id=breach_id, scope_id=scope_id))


@signed_in.put("/staff/breaches/{breach_id:uuid}/letters", status_code=204, response_class=Response)
async def write(breach_id: UUID, body: BodyWithout[breaches.WriteOfBreach, Id], staff: CurrentStaff) -> Response:
    """Write to everybody whom the breach concerns, each once, in their language (GDPR Art. 34)."""
    await staff.request(body.complete(breach_id=breach_id))
    return no_content()
