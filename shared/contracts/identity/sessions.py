"""Signing in and out."""

from datetime import datetime
from uuid import UUID

from pydantic import EmailStr, Field

from shared.contracts.actors import Member
from shared.contracts.fields import NOBODY, Acting, DeviceName, IpAddress, Token
from shared.contracts.message import Done, Message, Request


class SignedIn(Message):
    """A fresh session; the token is shown once. `device_token` is for the next sign-in on the same device."""

    token: str
    expires_at: datetime
    device_token: str = ""


class SignIn(Request[SignedIn], type="identity.sign-in", askers=("gateway",)):
    """Open a session. On a device that signed in before, its token keeps strangers' tries from making one wait."""

    email: EmailStr
    password: str = Field(max_length=200, repr=False)
    ip: IpAddress = Field(default="", max_length=45)
    device: DeviceName = Field(default="", max_length=200)
    device_token: Token = Field(default="", max_length=200, repr=False)


class Principal(Message):
    """Who a session belongs to and when that person last proved it; `assertion` tells other services for a minute."""

    subject_id: UUID
    authenticated_at: datetime
    assertion: str = Field(default="", repr=False)


class Authenticate(Request[Principal], type="identity.authenticate", askers=("gateway",)):
    """Whose session is this? Raises 401."""

    token: Token = Field(max_length=200, repr=False)


class Reauthenticate(Request[Done], type="identity.reauthenticate", askers=("gateway",)):
    """Prove once more to own the account, before something that can't be undone."""

    token: Token = Field(max_length=200, repr=False)
    password: str = Field(max_length=200, repr=False)


class SignOut(Request[Done], type="identity.sign-out", askers=("gateway",)):
    """End a session."""

    token: Token = Field(max_length=200, repr=False)


class OpenSession(Message):
    """A session as its person sees it."""

    session_id: UUID
    created_at: datetime
    last_seen_at: datetime
    device: str


class Sessions(Message):
    """A member's sessions."""

    sessions: tuple[OpenSession, ...]


class ReadSessions(Request[Sessions], type="identity.read-sessions", askers=("gateway",), actor=Member()):
    """A member's own sessions."""

    subject_id: Acting = NOBODY
