"""What a person told about him- or herself, and who may ask for it."""

from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Member
from shared.contracts.fields import NOBODY, Acting, Language, Line, Phone
from shared.contracts.identity.accounts import Kind
from shared.contracts.message import Event, Message, Request


class ProfileChanged(Event, type="identity.profile-changed.v1"):
    """A person corrected his or her data (Art. 16); `fields` are names, the values are asked for."""

    subject_id: UUID
    fields: tuple[str, ...]


class Profile(Message):
    """What an account holds, as its person gave it."""

    email: str
    full_name: str
    street: str
    postal_code: str
    city: str
    country: str
    phone: str
    kind: str
    company: str
    nip: str
    language: str
    vat_number: str = ""


class ReadProfile(Request[Profile], type="identity.read-profile", askers=("gateway",), actor=Member()):
    """A member's own profile."""

    subject_id: Acting = NOBODY


class ChangeProfile(Request[Profile], type="identity.change-profile", askers=("gateway",), actor=Member()):
    """Correct one's own data (Art. 16); fields left out stay. Who becomes a `person` has no company and NIP then."""

    subject_id: Acting = NOBODY
    full_name: Line | None = Field(default=None, min_length=1, max_length=200)
    street: Line | None = Field(default=None, max_length=200)
    postal_code: Line | None = Field(default=None, max_length=20)
    city: Line | None = Field(default=None, max_length=100)
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    phone: Phone | None = Field(default=None, max_length=30)
    kind: Kind | None = None
    company: Line | None = Field(default=None, max_length=200)
    nip: Line | None = Field(default=None, max_length=20)
    vat_number: Line | None = Field(default=None, max_length=30)
    language: Language | None = None


class Address(Message):
    """Where a person gets mail."""

    email: str
    full_name: str
    language: str


class TellAddress(Request[Address], type="identity.tell-address", askers=("licensing", "marketing", "privacy")):
    """The delivery address of a person, for privacy's letters and marketing's own copy. 404 when unknown."""

    subject_id: UUID


class TellBuyer(Request[Profile], type="identity.tell-buyer", askers=("licensing",)):
    """What an invoice must say about its buyer (VAT Act art. 106e)."""

    subject_id: UUID
