"""Changing the address of an account."""

from pydantic import EmailStr, Field

from shared.contracts.fields import Token
from shared.contracts.message import Done, Request


class ChangeEmail(Request[Done], type="identity.change-email", askers=("gateway",)):
    """Ask for another address, in a session that was proved a short while ago: a code is mailed there.

    The old address is told at once. Alike whether the new one is known or not.
    """

    token: Token = Field(max_length=200, repr=False)
    email: EmailStr


class ConfirmEmailChange(Request[Done], type="identity.confirm-email-change", askers=("gateway",)):
    """The code proves the new address, which takes effect; all sessions end. 409 when it has another account."""

    token: Token = Field(max_length=200, repr=False)
    code: str = Field(pattern=r"^[0-9]{8}$")


class UndoEmailChange(Request[Done], type="identity.undo-email-change", askers=("gateway",)):
    """The token in the letters to the old address restores it within seven days.

    All sessions end, and the password opens nothing any more: a mail to the old address leads to a new one.
    """

    token: Token = Field(max_length=200, repr=False)
