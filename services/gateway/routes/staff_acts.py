"""What staff do: sales, people, campaigns. The services decide by the roles that identity vouches for."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.gateway.authentication import CurrentStaff, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body, BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import identity, licensing, marketing
from shared.contracts.message import Created

sales = router("staff: sales", Kind.MEMBER)
people = router("staff: people", Kind.MEMBER)
campaigns = router("staff: campaigns", Kind.MEMBER)

Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{2,40}$")]
Limit = Annotated[int, Query(ge=1, le=1000)]


@sales.put("/staff/products/{code}", status_code=204, response_class=Response)
async def put_product(
    code: Code, body: BodyWithout[licensing.PutProduct, Literal["code"]], staff: CurrentStaff
) -> Response:
    """Add or change a product; what was ordered before keeps its terms."""
    await staff.request(body.complete(code=code))
    return no_content()


@sales.put("/staff/licenses/{license_id:uuid}/suspension", status_code=204, response_class=Response)
async def suspend(license_id: UUID, staff: CurrentStaff) -> Response:
    """Suspend a license."""
    await staff.request(licensing.SuspendLicense(license_id=license_id))
    return no_content()


@sales.delete("/staff/licenses/{license_id:uuid}/suspension", status_code=204, response_class=Response)
async def reinstate(license_id: UUID, staff: CurrentStaff) -> Response:
    """Reinstate a suspended license."""
    await staff.request(licensing.SuspendLicense(license_id=license_id, suspended=False))
    return no_content()


@sales.put("/staff/orders/{order_id:uuid}/transfer", status_code=204, response_class=Response)
async def record_transfer(order_id: UUID, staff: CurrentStaff) -> Response:
    """The money for an invoiced order is on the bank account."""
    await staff.request(licensing.RecordTransfer(order_id=order_id))
    return no_content()


@sales.get("/staff/payment-cases")
async def payment_cases(staff: CurrentStaff, limit: Limit = 100) -> licensing.StaffCases:
    """Money that was told of and not booked, oldest first."""
    return await staff.request(licensing.ListStaffCases(limit=limit))


@sales.put("/staff/payment-cases/{case_id:uuid}/resolution", status_code=204, response_class=Response)
async def resolve(case_id: UUID, staff: CurrentStaff) -> Response:
    """What was to be done about a case is done."""
    await staff.request(licensing.ResolveStaffCase(case_id=case_id))
    return no_content()


@people.post("/staff/person-links", status_code=204, response_class=Response)
async def link(body: Body[identity.LinkPersons], staff: CurrentStaff) -> Response:
    """Two ids turned out to be one person."""
    await staff.request(body.complete())
    return no_content()


@campaigns.post("/staff/campaigns", status_code=201)
async def create(body: Body[marketing.CreateCampaign], staff: CurrentStaff, key: IdempotencyKey = "") -> Created:
    """Draft a mail to everybody who consented, or to those interested in a topic."""
    return await staff.request(body.complete(), key)


@campaigns.get("/staff/campaigns")
async def newest(staff: CurrentStaff, limit: Limit = 100) -> marketing.Campaigns:
    """The newest campaigns with their progress."""
    return await staff.request(marketing.ReadCampaigns(limit=limit))


@campaigns.get("/staff/campaigns/{campaign_id:uuid}")
async def campaign(campaign_id: UUID, staff: CurrentStaff) -> marketing.Campaign:
    """A campaign and how far it is."""
    return await staff.request(marketing.ReadCampaign(campaign_id=campaign_id))


@campaigns.put("/staff/campaigns/{campaign_id:uuid}/start", status_code=204, response_class=Response)
async def start(campaign_id: UUID, staff: CurrentStaff) -> Response:
    """Send a draft, or go on with a paused campaign."""
    await staff.request(marketing.StartCampaign(campaign_id=campaign_id))
    return no_content()


@campaigns.delete("/staff/campaigns/{campaign_id:uuid}", status_code=204, response_class=Response)
async def cancel(campaign_id: UUID, staff: CurrentStaff) -> Response:
    """End a campaign: what has not left does not leave."""
    await staff.request(marketing.CancelCampaign(campaign_id=campaign_id))
    return no_content()
