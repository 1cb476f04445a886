"""Which systems of the vendor's are told what."""

from typing import Literal
from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body
from services.gateway.responses import no_content
from services.gateway.routing import Limit, router
from shared.contracts import licensing

signed_in = router("staff: webhooks", Kind.MEMBER)

State = Literal["", "due", "delivered", "failed"]


@signed_in.get("/staff/webhook-endpoints")
async def endpoints(staff: CurrentStaff) -> licensing.WebhookEndpoints:
    """Systems that are told what happens to sales and licenses, and how that goes."""
    return await staff.request(licensing.ListWebhookEndpoints())


@signed_in.post("/staff/webhook-endpoints", status_code=201)
async def add(body: Body[licensing.AddWebhookEndpoint], staff: CurrentStaff) -> licensing.NewWebhookEndpoint:
    """Tell one more system; its secret is shown this once."""
    return await staff.request(body.complete())


@signed_in.delete("/staff/webhook-endpoints/{endpoint_id:uuid}", status_code=204, response_class=Response)
async def remove(endpoint_id: UUID, staff: CurrentStaff) -> Response:
    """Tell a system nothing any more."""
    await staff.request(licensing.RemoveWebhookEndpoint(endpoint_id=endpoint_id))
    return no_content()


@signed_in.put("/staff/webhook-endpoints/{endpoint_id:uuid}/enabled", status_code=204, response_class=Response)
async def enable(endpoint_id: UUID, staff: CurrentStaff) -> Response:
    """Tell a system again that was given up: first what has waited."""
    await staff.request(licensing.EnableWebhookEndpoint(endpoint_id=endpoint_id))
    return no_content()


@signed_in.get("/staff/webhook-endpoints/{endpoint_id:uuid}/deliveries")
async def deliveries(
    endpoint_id: UUID, staff: CurrentStaff, state: State = "", limit: Limit = 100
) -> licensing.WebhookDeliveries:
    """What a system was told within 90 days, and is to be told; the newest first."""
    asked = licensing.ListWebhookDeliveries(endpoint_id=endpoint_id, state=state, limit=limit)
    return await staff.request(asked)


@signed_in.post("/staff/webhook-deliveries/{delivery_id:uuid}/replay", status_code=204, response_class=Response)
async def replay(delivery_id: UUID, staff: CurrentStaff) -> Response:
    """Tell a system once more, under the same `webhook-id`."""
    await staff.request(licensing.ReplayWebhookDelivery(delivery_id=delivery_id))
    return no_content()
