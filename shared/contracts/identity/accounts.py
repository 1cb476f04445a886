"""Opening an account."""

from typing import Literal
from uuid import UUID

from pydantic import EmailStr, Field

from shared.contracts.fields import Language, Line, Phone, Token
from shared.contracts.message import Created, Done, Event, Message, Request

Kind = Literal["person", "sole trader", "company"]


class PersonRegistered(Event, type="identity.person-registered.v1", carries=("D11",)):
    """An account was confirmed; `kind` tells a natural person, a sole trader or a company."""

    subject_id: UUID
    kind: Kind


class SignUpBegun(Message):
    """The sign-up's token, for the browser that began it: confirming needs it beside the mailed code."""

    token: str = ""


class RegisterAccount(Request[SignUpBegun], type="identity.register-account", askers=("gateway",)):
    """Sign up; a one-time code is mailed. Alike for known and unknown addresses (no enumeration).

    A business names its tax number: in Poland `nip`, elsewhere `vat_number`.
    """

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
    vat_number: Line = Field(default="", max_length=30)
    language: Language = "pl"


class ResendCode(Request[Done], type="identity.resend-code", askers=("gateway",)):
    """Mail the code of an unconfirmed sign-up again. Alike for unknown addresses and tokens.

    A mailbox gets a few such mails an hour, whoever asks: one that is too early waits until it is due.
    """

    email: EmailStr
    token: Token = Field(default="", max_length=200, repr=False)


class ConfirmEmail(Request[Created], type="identity.confirm-email", askers=("gateway",)):
    """The mailed code proves the address, the token says whose sign-up it is; the account begins. Answers its id."""

    email: EmailStr
    token: Token = Field(default="", max_length=200, repr=False)
    code: str = Field(pattern=r"^[0-9]{8}$")
