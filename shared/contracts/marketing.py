"""What marketing says and can be asked: the newsletter, interests, campaigns."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import EmailStr, Field

from shared.contracts.message import Created, Done, Event, Message, Request

Language = Literal["pl", "en"]
TOPIC = r"^[a-z0-9][a-z0-9 .-]{0,58}[a-z0-9]$"


class Subscribed(Event, type="marketing.subscribed.v1"):
    """A person confirmed the newsletter by double opt-in: a consent for privacy's ledger."""

    subject_id: UUID
    text_version: str
    language: Language
    decided_at: datetime


class Unsubscribed(Event, type="marketing.unsubscribed.v1"):
    """A person left the newsletter; `objects` when the person objected to direct marketing as such (Art. 21(2))."""

    subject_id: UUID
    objects: bool = False
    method: str
    decided_at: datetime


class CampaignFinished(Event, type="marketing.campaign-finished.v1"):
    """Every mailing of a campaign has an outcome."""

    campaign_id: UUID
    sent: int
    cancelled: int
    refused: int
    unknown: int


class SubscribeNewsletter(Request, type="marketing.subscribe-newsletter", reply=Done):
    """Somebody enters an address; a link to confirm is mailed there. The answer is always alike."""

    email: EmailStr
    language: Language = "pl"
    text_version: str = Field(min_length=1, max_length=40)


class ConfirmSubscription(Request, type="marketing.confirm-subscription", reply=Done):
    """The mailed token proves the address and the will; only a POST may bring it. 404 when it is unknown or expired."""

    token: str = Field(min_length=20, max_length=100)


class UnsubscribeOffer(Message):
    """What the page behind an unsubscribe link shows."""

    list_name: str
    subscribed: bool


class ReadUnsubscribe(Request, type="marketing.read-unsubscribe", reply=UnsubscribeOffer):
    """Look at an unsubscribe link; changes nothing, so that scanners may follow it. 404 when it is none of ours."""

    token: str = Field(min_length=20, max_length=100)


class Unsubscribe(Request, type="marketing.unsubscribe", reply=Done):
    """Leave the list of the link (RFC 8058: by POST, without a session); repeating it changes nothing.

    `objects` adds the objection to direct marketing and its profiling (GDPR Art. 21(2)-(3)).
    """

    token: str = Field(min_length=20, max_length=100)
    objects: bool = False


class NoteInterest(Request, type="marketing.note-interest", reply=Done):
    """A person showed interest in a topic; 403 when the person objected to profiling."""

    subject_id: UUID
    topic: str = Field(pattern=TOPIC)
    source: Literal["provided", "observed", "inferred"] = "observed"


class Interest(Message):
    """One topic, what it rests on, and how often it was noted."""

    topic: str
    source: str
    weight: int
    noted_at: datetime


class Interests(Message):
    """A person's interests, the strongest first."""

    interests: tuple[Interest, ...]


class ReadInterests(Request, type="marketing.read-interests", reply=Interests):
    """A member's own interests."""

    subject_id: UUID


class CreateCampaign(Request, type="marketing.create-campaign", reply=Created):
    """Staff drafts a mail to everybody who consented, or to those interested in a topic.

    An empty `language` means everybody; `text` is plain text, the way to unsubscribe is added to it.
    """

    subject: str = Field(min_length=1, max_length=150, pattern=r"^[^\r\n]*$")
    text: str = Field(min_length=1, max_length=50_000)
    language: Literal["", "pl", "en"] = ""
    topic: str = Field(default="", pattern=rf"{TOPIC}|^$")


class StartCampaign(Request, type="marketing.start-campaign", reply=Done):
    """Staff sends a draft; starting it again changes nothing."""

    campaign_id: UUID


class Campaign(Message):
    """A campaign and how far it is; `unknown` mails may have arrived and are not sent again."""

    campaign_id: UUID
    subject: str
    state: Literal["draft", "sending", "finished"]
    language: str
    topic: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    queued: int
    sending: int
    sent: int
    cancelled: int
    refused: int
    unknown: int


class ReadCampaign(Request, type="marketing.read-campaign", reply=Campaign):
    """A campaign with its progress. 404 when unknown."""

    campaign_id: UUID


class Campaigns(Message):
    """Campaigns, newest first."""

    campaigns: tuple[Campaign, ...]


class ReadCampaigns(Request, type="marketing.read-campaigns", reply=Campaigns):
    """The newest campaigns with their progress."""

    limit: int = Field(default=50, ge=1, le=500)
