"""New passwords."""

from pydantic import EmailStr, Field

from shared.contracts.fields import Token
from shared.contracts.message import Done, Message, Request


class ChangePassword(Request[Done], type="identity.change-password", askers=("gateway",)):
    """A new password for a member who proves the old one; ends all other sessions."""

    token: Token = Field(max_length=200, repr=False)
    password: str = Field(max_length=200, repr=False)
    new_password: str = Field(min_length=8, max_length=200, repr=False)


class RequestPasswordReset(Request[Done], type="identity.request-password-reset", askers=("gateway",)):
    """Mail a reset token to an account. Alike for known and unknown addresses."""

    email: EmailStr


class KnownDevice(Message):
    """The token of a device on which somebody proved to be the owner, for the next sign-in there."""

    device_token: str = ""


class ResetPassword(Request[KnownDevice], type="identity.reset-password", askers=("gateway",)):
    """A new password for the holder of a mailed reset token; ends all sessions, opens none."""

    token: Token = Field(max_length=200, repr=False)
    password: str = Field(min_length=8, max_length=200, repr=False)
