"""What identity says and can be asked: accounts, sessions, who is who, service mail."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import EmailStr, Field, StringConstraints

from shared.contracts.message import Created, Done, Event, Message, Request

Language = Literal["pl", "en"]
Kind = Literal["person", "sole trader", "company"]
Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""One line of text: no control character gets into a database, a mail or an invoice."""
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9 ()/.-]*$")]
IpAddress = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f:.]*$")]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*$")]


class PersonRegistered(Event, type="identity.person-registered.v1"):
    """An account was confirmed; `kind` tells a natural person, a sole trader or a company."""

    subject_id: UUID
    kind: Kind


class ProfileChanged(Event, type="identity.profile-changed.v1"):
    """A person corrected the own data (Art. 16); `fields` are names, the values are asked for."""

    subject_id: UUID
    fields: tuple[str, ...]


class SubjectsLinked(Event, type="identity.subjects-linked.v1"):
    """Two ids turned out to be one person; `person` names the group and never changes an id."""

    subject_id: UUID
    other_id: UUID
    person: UUID


class RegisterAccount(Request, type="identity.register-account", reply=Done):
    """Sign up; a one-time code is mailed. Alike for known and unknown addresses (no enumeration)."""

    email: EmailStr
    password: str = Field(min_length=8, max_length=200, repr=False)
    full_name: Line = Field(min_length=1, max_length=200)
    street: Line = Field(default="", max_length=200)
    postal_code: Line = Field(default="", max_length=20)
    city: Line = Field(default="", max_length=100)
    country: str = Field(default="PL", pattern=r"^[A-Z]{2}$")
    phone: Phone = Field(default="", max_length=30)
    kind: Kind = "person"
    company: Line = Field(default="", max_length=200)
    nip: Line = Field(default="", max_length=20)
    language: Language = "pl"


class ResendCode(Request, type="identity.resend-code", reply=Done):
    """Mail a fresh code to an unconfirmed sign-up. Alike for unknown addresses; limited without a word."""

    email: EmailStr


class ConfirmEmail(Request, type="identity.confirm-email", reply=Created):
    """The mailed code proves the address; the account begins. Answers the subject id."""

    email: EmailStr
    code: str = Field(pattern=r"^[0-9]{8}$")


class SignedIn(Message):
    """A fresh session; the token is shown once."""

    token: str
    expires_at: datetime


class SignIn(Request, type="identity.sign-in", reply=SignedIn):
    """Open a session."""

    email: EmailStr
    password: str = Field(max_length=200, repr=False)
    ip: IpAddress = Field(default="", max_length=45)
    device: Line = Field(default="", max_length=200)


class Principal(Message):
    """Who a session belongs to and when that person last proved it."""

    subject_id: UUID
    authenticated_at: datetime


class Authenticate(Request, type="identity.authenticate", reply=Principal):
    """Whose session is this? Raises 401."""

    token: Token = Field(max_length=200, repr=False)


class Reauthenticate(Request, type="identity.reauthenticate", reply=Done):
    """Prove once more to own the account, before something that can't be undone."""

    token: Token = Field(max_length=200, repr=False)
    password: str = Field(max_length=200, repr=False)


class ChangePassword(Request, type="identity.change-password", reply=Done):
    """A new password for a member who proves the old one; ends all other sessions."""

    token: Token = Field(max_length=200, repr=False)
    password: str = Field(max_length=200, repr=False)
    new_password: str = Field(min_length=8, max_length=200, repr=False)


class RequestPasswordReset(Request, type="identity.request-password-reset", reply=Done):
    """Mail a reset token to an account. Alike for known and unknown addresses."""

    email: EmailStr


class ResetPassword(Request, type="identity.reset-password", reply=Done):
    """A new password for the holder of a mailed reset token; ends all sessions, opens none."""

    token: Token = Field(max_length=200, repr=False)
    password: str = Field(min_length=8, max_length=200, repr=False)


class SignOut(Request, type="identity.sign-out", reply=Done):
    """End a session."""

    token: Token = Field(max_length=200, repr=False)


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


class ReadProfile(Request, type="identity.read-profile", reply=Profile):
    """A member's own profile."""

    subject_id: UUID


class ChangeProfile(Request, type="identity.change-profile", reply=Profile):
    """Correct one's own data (Art. 16); fields left out stay."""

    subject_id: UUID
    full_name: Line | None = Field(default=None, min_length=1, max_length=200)
    street: Line | None = Field(default=None, max_length=200)
    postal_code: Line | None = Field(default=None, max_length=20)
    city: Line | None = Field(default=None, max_length=100)
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    phone: Phone | None = Field(default=None, max_length=30)
    company: Line | None = Field(default=None, max_length=200)
    nip: Line | None = Field(default=None, max_length=20)
    language: Language | None = None


class OpenSession(Message):
    """A session as its person sees it."""

    session_id: UUID
    created_at: datetime
    last_seen_at: datetime
    device: str


class Sessions(Message):
    """A member's sessions."""

    sessions: tuple[OpenSession, ...]


class ReadSessions(Request, type="identity.read-sessions", reply=Sessions):
    """A member's own sessions."""

    subject_id: UUID


class Activity(Message):
    """One entry of the activity log."""

    at: datetime
    what: str
    ip: str


class Activities(Message):
    """A member's activity log, newest first."""

    activities: tuple[Activity, ...]


class ReadActivity(Request, type="identity.read-activity", reply=Activities):
    """A member's own activity log."""

    subject_id: UUID
    limit: int = Field(default=100, ge=1, le=1000)


class Recognized(Message):
    """The subject id that belongs to a confirmed address."""

    subject_id: UUID


class RecognizePerson(Request, type="identity.recognize-person", reply=Recognized):
    """Whose confirmed address is this? Mints an id for a new one. Never asked on mere entry."""

    email: EmailStr


class Address(Message):
    """Where a person gets mail."""

    email: str
    full_name: str
    language: str


class TellAddress(Request, type="identity.tell-address", reply=Address):
    """The delivery address of a person, for privacy's letters and marketing's own copy. 404 when unknown."""

    subject_id: UUID


class BuyerDetails(Request, type="identity.tell-buyer", reply=Profile):
    """What an invoice must say about its buyer (VAT Act art. 106e)."""

    subject_id: UUID


class LinkPersons(Request, type="identity.link-persons", reply=Done):
    """Support found that two ids are one person."""

    subject_id: UUID
    other_id: UUID
