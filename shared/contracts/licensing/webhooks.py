"""Webhooks to the vendor's own systems."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.message import Done, Message, Request

DeliveryState = Literal["due", "delivered", "failed"]
EventType = Annotated[str, StringConstraints(pattern=r"^licensing\.[a-z-]+\.v\d+$", max_length=100)]


class WebhookEndpoint(Message):
    """A system that is told; after 10 tries in vain, or a 410, it is not `enabled` until staff say so."""

    endpoint_id: UUID
    url: str
    types: tuple[str, ...]
    enabled: bool
    failures: int
    fault: str
    created_at: datetime
    due: int
    failed: int


class WebhookEndpoints(Message):
    endpoints: tuple[WebhookEndpoint, ...]


class NewWebhookEndpoint(Message):
    """Its secret signs what it is sent (Standard Webhooks), and is shown this once."""

    endpoint_id: UUID
    secret: str = Field(repr=False)


class AddWebhookEndpoint(
    Request[NewWebhookEndpoint],
    type="licensing.add-webhook-endpoint",
    askers=("gateway",),
    actor=Staff("operator", "administrator"),
):
    """Tell a system of the vendor's what happens; `types` are events of licensing."""

    url: str = Field(min_length=10, max_length=500)
    types: tuple[EventType, ...] = Field(min_length=1, max_length=50)


class RemoveWebhookEndpoint(
    Request[Done],
    type="licensing.remove-webhook-endpoint",
    askers=("gateway",),
    actor=Staff("operator", "administrator"),
):
    """Tell it nothing any more, not even what waits."""

    endpoint_id: UUID


class EnableWebhookEndpoint(
    Request[Done],
    type="licensing.enable-webhook-endpoint",
    askers=("gateway",),
    actor=Staff("operator", "administrator"),
):
    """Tell it again: first what has waited."""

    endpoint_id: UUID


class ListWebhookEndpoints(
    Request[WebhookEndpoints],
    type="licensing.list-webhook-endpoints",
    askers=("gateway",),
    actor=Staff("operator", "administrator"),
):
    """Who is told what, and how that goes."""


class WebhookDelivery(Message):
    """One event for one system; `event_id` is its `webhook-id` at every try."""

    delivery_id: UUID
    event_id: UUID
    type: str
    happened_at: datetime
    state: DeliveryState
    attempts: int
    fault: str
    ended_at: datetime | None


class WebhookDeliveries(Message):
    """The newest first."""

    deliveries: tuple[WebhookDelivery, ...]


class ListWebhookDeliveries(
    Request[WebhookDeliveries],
    type="licensing.list-webhook-deliveries",
    askers=("gateway",),
    actor=Staff("operator", "administrator"),
):
    """What a system was told within 90 days, and is to be told; `state` empty: all."""

    endpoint_id: UUID
    state: Literal["", "due", "delivered", "failed"] = ""
    limit: int = Field(default=100, ge=1, le=1000)


class ReplayWebhookDelivery(
    Request[Done],
    type="licensing.replay-webhook-delivery",
    askers=("gateway",),
    actor=Staff("operator", "administrator"),
):
    """Tell a system once more, under the same `webhook-id`."""

    delivery_id: UUID
