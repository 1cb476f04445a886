"""Consents and the words agreed to."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Member
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.message import Done, Message, Request


class ChooseConsent(Request[Done], type="privacy.choose-consent", askers=("gateway",), actor=Member()):
    """A person gives or withdraws consent for a purpose on a channel, with the proof of how."""

    subject_id: Acting = NOBODY
    purpose: str = Field(max_length=60)
    given: bool
    text_version: str = Field(max_length=40)
    language: Literal["pl", "en"] = "pl"
    surface: str = Field(max_length=60)
    method: str = Field(max_length=60)


class Consent(Message):
    """The current decision on one purpose, with its proof."""

    purpose: str
    given: bool
    text_version: str
    words: str
    decided_at: datetime
    surface: str


class Consents(Message):
    """A person's current decisions."""

    consents: tuple[Consent, ...]


class ReadConsents(Request[Consents], type="privacy.read-consents", askers=("gateway",), actor=Member()):
    """A person's current decisions."""

    subject_id: Acting = NOBODY


class TellConsents(Request[Consents], type="privacy.tell-consents", askers=("marketing",)):
    """What the ledger says of a person, for the service that acts by it."""

    subject_id: UUID


class ConsentText(Message):
    """The words that a person agrees to; a version never changes its words."""

    text_version: str
    language: Literal["pl", "en"]
    purpose: str
    words: str
    valid_from: date


class ConsentTexts(Message):
    """Texts in force, the newest of each purpose first."""

    texts: tuple[ConsentText, ...]


class ReadConsentTexts(Request[ConsentTexts], type="privacy.read-consent-texts", askers=("gateway", "marketing")):
    """The words a form must show before somebody can agree to them."""

    language: Literal["pl", "en"] = "pl"
