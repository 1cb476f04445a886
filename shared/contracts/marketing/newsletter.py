"""Joining the newsletter and leaving it."""

from datetime import date, datetime
from uuid import UUID

from pydantic import EmailStr, Field

from shared.contracts.actors import Member
from shared.contracts.fields import NOBODY, Acting, Language
from shared.contracts.message import Done, Event, Message, Request


class Subscribed(Event, type="marketing.subscribed.v1", carries=("D12", "D13")):
    """A person confirmed the newsletter by double opt-in: a consent for privacy's ledger."""

    subject_id: UUID
    text_version: str
    language: Language
    decided_at: datetime


class Unsubscribed(Event, type="marketing.unsubscribed.v1", carries=("D12", "D13")):
    """A person left the newsletter; `objects` when the person objected to direct marketing as such (Art. 21(2))."""

    subject_id: UUID
    objects: bool = False
    method: str
    decided_at: datetime


class SubscribeNewsletter(Request[Done], type="marketing.subscribe-newsletter", askers=("gateway",)):
    """Somebody enters an address; a link to confirm is mailed there. The answer is always alike."""

    email: EmailStr
    language: Language = "pl"
    text_version: str = Field(min_length=1, max_length=40)


class ConfirmSubscription(Request[Done], type="marketing.confirm-subscription", askers=("gateway",)):
    """The mailed token proves the address and the will; only a POST may bring it. 404 when it is unknown or expired."""

    token: str = Field(min_length=20, max_length=100)


class UnsubscribeOffer(Message):
    """What the page behind an unsubscribe link shows.

    `ends_on` is the last day of a reader who is asked to stay; `outdated` is a link of somebody whose data was erased:
    mail that still comes has newer links.
    """

    list_name: str
    subscribed: bool
    ends_on: date | None = None
    outdated: bool = False


class ReadUnsubscribe(Request[UnsubscribeOffer], type="marketing.read-unsubscribe", askers=("gateway",)):
    """Look at an unsubscribe link; changes nothing, so that scanners may follow it. 404 when it is none of ours."""

    token: str = Field(min_length=20, max_length=100)


class RenewByLink(Request[Done], type="marketing.renew-by-link", askers=("gateway",)):
    """The reader of a link wants to go on receiving mail. 404 when it is none of ours."""

    token: str = Field(min_length=20, max_length=100)


class Subscription(Message):
    """A member's newsletter; `ends_on` is its last day for somebody who is asked to stay."""

    subscribed: bool
    ends_on: date | None = None


class ReadSubscription(Request[Subscription], type="marketing.read-subscription", askers=("gateway",), actor=Member()):
    """A member's own newsletter."""

    subject_id: Acting = NOBODY


class RenewSubscription(Request[Done], type="marketing.renew-subscription", askers=("gateway",), actor=Member()):
    """A member wants to go on receiving mail. 404 for somebody who gets none."""

    subject_id: Acting = NOBODY


class Unsubscribe(Request[Done], type="marketing.unsubscribe", askers=("gateway",)):
    """Leave the list of the link (RFC 8058: by POST, without a session); repeating it changes nothing.

    `objects` adds the objection to direct marketing and its profiling (GDPR Art. 21(2)-(3)).
    """

    token: str = Field(min_length=20, max_length=100)
    objects: bool = False


class ReaderAddress(Message):
    """Where a reader of the newsletter gets it."""

    email: str
    language: Language


class TellReaderAddress(Request[ReaderAddress], type="marketing.tell-reader-address", askers=("privacy",)):
    """The address of a reader, to tell who has no account of a new purpose (GDPR Art. 13(3)). 404 when unknown."""

    subject_id: UUID
