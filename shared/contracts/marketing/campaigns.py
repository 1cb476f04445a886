"""Campaigns."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from shared.contracts.actors import Staff
from shared.contracts.fields import one_line
from shared.contracts.marketing.interests import TOPIC
from shared.contracts.message import Created, Done, Event, Message, Request


class CampaignFinished(Event, type="marketing.campaign-finished.v1"):
    """Every mailing of a campaign has an outcome."""

    campaign_id: UUID
    sent: int
    cancelled: int
    refused: int
    unknown: int


class CreateCampaign(Request[Created], type="marketing.create-campaign", askers=("gateway",), actor=Staff("marketer")):
    """Staff drafts a mail to everybody who consented, or to those interested in a topic.

    An empty `language` means everybody; `text` is plain text, the way to unsubscribe is added to it.
    """

    subject: Annotated[str, AfterValidator(one_line)] = Field(min_length=1, max_length=150, pattern=r"^[^\r\n]*$")
    text: str = Field(min_length=1, max_length=50_000)
    language: Literal["", "pl", "en"] = ""
    topic: str = Field(default="", pattern=rf"{TOPIC}|^$")


class StartCampaign(Request[Done], type="marketing.start-campaign", askers=("gateway",), actor=Staff("marketer")):
    """Staff sends a draft, or goes on with a paused campaign; starting it again changes nothing."""

    campaign_id: UUID


class CancelCampaign(Request[Done], type="marketing.cancel-campaign", askers=("gateway",), actor=Staff("marketer")):
    """Staff ends a campaign: what has not left does not leave. Repeating it changes nothing."""

    campaign_id: UUID


class Campaign(Message):
    """A campaign and how far it is; `unknown` mails may have arrived and are not sent again.

    A paused one says the reason; it goes on at `resumes_at`, or when staff start it again. `ended_early` is one that
    staff ended.
    """

    campaign_id: UUID
    subject: str
    state: Literal["draft", "sending", "finished"]
    language: str
    topic: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    paused: bool = False
    reason: str = ""
    ended_early: bool = False
    resumes_at: datetime | None = None
    queued: int
    sending: int
    sent: int
    cancelled: int
    refused: int
    unknown: int


class ReadCampaign(Request[Campaign], type="marketing.read-campaign", askers=("gateway",), actor=Staff("marketer")):
    """A campaign with its progress. 404 when unknown."""

    campaign_id: UUID


class Campaigns(Message):
    """Campaigns, newest first."""

    campaigns: tuple[Campaign, ...]


class ReadCampaigns(Request[Campaigns], type="marketing.read-campaigns", askers=("gateway",), actor=Staff("marketer")):
    """The newest campaigns with their progress."""

    limit: int = Field(default=50, ge=1, le=500)
