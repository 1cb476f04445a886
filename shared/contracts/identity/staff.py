"""The vendor's staff: invited on the vendor's machine, signed in with a second factor."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import EmailStr, Field

from shared.contracts.actors import ROLES, Role
from shared.contracts.fields import Token
from shared.contracts.identity.sessions import Principal
from shared.contracts.message import OPERATORS, Done, Event, Message, Request


class Invitation(Message):
    """The token with which somebody joins the staff, shown once."""

    token: str = Field(repr=False)
    valid_until: datetime


class InviteStaff(Request[Invitation], type="identity.invite-staff", askers=(OPERATORS,)):
    """Invite somebody, or anew who lost password or phone: that ends all sessions. The roles replace earlier ones."""

    email: EmailStr
    roles: tuple[Role, ...] = Field(min_length=1, max_length=len(ROLES))


class StaffMember(Message):
    """One of the staff."""

    staff_id: UUID
    email: str
    roles: tuple[str, ...]
    state: Literal["invited", "enrolled"]


class StaffList(Message):
    """All who are or are invited to be staff, by address."""

    staff: tuple[StaffMember, ...]


class ListStaff(Request[StaffList], type="identity.list-staff", askers=(OPERATORS,)):
    """Who is staff?"""


class CheckStaff(Request[Done], type="identity.check-staff", askers=("privacy",)):
    """Is this one of the staff, who has accepted the invitation? 404 if not."""

    staff_id: UUID


class EndStaff(Request[Done], type="identity.end-staff", askers=(OPERATORS,)):
    """Somebody leaves the staff: sessions, password and second factor are gone. 404 for an unknown address."""

    email: EmailStr


class Enrollment(Message):
    """What an authenticator app reads (`otpauth:` URI), or is typed into it."""

    uri: str = Field(repr=False)
    secret: str = Field(repr=False)


class AcceptInvitation(Request[Enrollment], type="identity.accept-invitation", askers=("gateway",)):
    """Choose a password and get the secret of the second factor; it counts once its code is confirmed."""

    token: Token = Field(max_length=200, repr=False)
    password: str = Field(min_length=12, max_length=200, repr=False)


class RecoveryCodes(Message):
    """Each opens one session without the phone; shown once."""

    codes: tuple[str, ...] = Field(repr=False)


class ConfirmFactor(Request[RecoveryCodes], type="identity.confirm-factor", askers=("gateway",)):
    """The app's code proves that it works: from now on its holder is staff. Ends the invitation."""

    token: Token = Field(max_length=200, repr=False)
    code: str = Field(pattern=r"^[0-9]{6}$", repr=False)


class StaffSignedIn(Message):
    """A fresh session of the staff; the token is shown once."""

    token: str = Field(repr=False)
    expires_at: datetime


class SignInStaff(Request[StaffSignedIn], type="identity.sign-in-staff", askers=("gateway",)):
    """Open a session by password and code: of the app, each good once, or a recovery code."""

    email: EmailStr
    password: str = Field(max_length=200, repr=False)
    code: str = Field(pattern=r"^([0-9]{6}|[a-z2-7]{4}(-[a-z2-7]{4}){3})$", repr=False)


class AuthenticateStaff(Request[Principal], type="identity.authenticate-staff", askers=("gateway",)):
    """Whose session of the staff is this? Raises 401: after 30 minutes without use, after 8 hours anyway."""

    token: Token = Field(max_length=200, repr=False)


class SignOutStaff(Request[Done], type="identity.sign-out-staff", askers=("gateway",)):
    """End a session of the staff."""

    token: Token = Field(max_length=200, repr=False)


class StaffActed(Event, type="*.staff-acted.v1", owner="identity"):
    """One of the staff did something: the type of the request, and the ids that stood in it. Published with the act."""

    staff_id: UUID
    act: str
    about: dict[str, UUID] = Field(default_factory=dict)
