"""Who is given data, and the contracts with processors."""

from datetime import date
from typing import Annotated, Literal

import httpx
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from services.privacy.register.entries import Country, Entry, Fulfilled, Key, Keyed, Text, Words
from shared.settings import LOOPBACK

EEA = frozenset(
    ("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI")
    + ("LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK")
)


def _leads_somewhere(url: str) -> str:
    """A secret in a URL would stand in every log on its way; a redirect's or a page's part means nothing here."""
    try:
        place = httpx.URL(url)
    except httpx.InvalidURL:
        place = httpx.URL("")
    if place.scheme not in ("https", "http") or not place.host or place.userinfo or place.fragment:
        raise PydanticCustomError("no_url", "is no URL such as https://recipient.example/webhooks")
    if place.scheme == "http" and place.host not in LOOPBACK:
        raise PydanticCustomError("no_tls", "needs TLS: https://")
    return url


WebhookUrl = Annotated[Words, AfterValidator(_leads_somewhere)]


class Contract(Entry):
    """The contract with a processor: the eight points of Art. 28(3), each with the place where it is agreed."""

    agreed_on: date
    a_instructions: Words
    b_confidentiality: Words
    c_security: Words
    d_sub_processors: Words
    e_rights_of_people: Words
    f_breaches_and_assessments: Words
    g_deletion_or_return: Words
    h_audits: Words


class Recipient(Keyed):
    """Somebody who is given data, by name or as a narrow category (Art. 13(1)(e)-(f), 15(1)(c), 28, 30(1)(d))."""

    name: Text
    logged_as: tuple[Words, ...] = ()
    role: Literal["processor", "controller", "joint controller", "authority"]
    country: Country
    safeguard: Text | None = None
    purposes: tuple[Key, ...] | Literal["all"]
    categories: tuple[Key, ...] = Field(min_length=1)
    task: Text
    contact: Words | None = None
    """Where it is told by mail of what was rectified, erased or restricted (Art. 19); without it somebody tells it."""
    webhook: WebhookUrl | None = None
    """Where its own system is told instead, by signed webhooks; their secret is in `LETHE_PRIVACY_WEBHOOK_SECRETS`."""
    told_by: tuple[Fulfilled, ...] = Field(min_length=1)
    """What tells it, or lets somebody tell it, and where that is noted."""
    contract: Contract | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Recipient":
        if self.role == "processor" and self.contract is None:
            raise PydanticCustomError("no_contract", "contract is missing: a processor needs the points of Art. 28(3)")
        if self.country not in EEA and self.safeguard is None:
            raise PydanticCustomError("no_safeguard", "safeguard is missing: the country is outside the EEA")
        return self
