"""What staff do with campaigns: draft, send, watch, end."""

from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body
from services.gateway.responses import no_content
from services.gateway.routing import Limit, router
from shared.contracts import marketing
from shared.contracts.message import Created

signed_in = router("staff: campaigns", Kind.MEMBER)


@signed_in.post("/staff/campaigns", status_code=201)
async def create(body: Body[marketing.CreateCampaign], staff: CurrentStaff, key: IdempotencyKey = "") -> Created:
    """Draft a mail to everybody who consented, or to those interested in a topic."""
    return await staff.request(body.complete(), key)


@signed_in.get("/staff/campaigns")
async def newest(staff: CurrentStaff, limit: Limit = 100) -> marketing.Campaigns:
    """The newest campaigns with their progress."""
    return await staff.request(marketing.ReadCampaigns(limit=limit))


@signed_in.get("/staff/campaigns/{campaign_id:uuid}")
async def campaign(campaign_id: UUID, staff: CurrentStaff) -> marketing.Campaign:
    """A campaign and how far it is."""
    return await staff.request(marketing.ReadCampaign(campaign_id=campaign_id))


@signed_in.put("/staff/campaigns/{campaign_id:uuid}/start", status_code=204, response_class=Response)
async def start(campaign_id: UUID, staff: CurrentStaff) -> Response:
    """Send a draft, or go on with a paused campaign."""
    await staff.request(marketing.StartCampaign(campaign_id=campaign_id))
    return no_content()


@signed_in.delete("/staff/campaigns/{campaign_id:uuid}", status_code=204, response_class=Response)
async def cancel(campaign_id: UUID, staff: CurrentStaff) -> Response:
    """End a campaign: what has not left does not leave."""
    await staff.request(marketing.CancelCampaign(campaign_id=campaign_id))
    return no_content()
