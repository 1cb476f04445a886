"""What a sign-up holds, and who may sign up."""

from dataclasses import dataclass

from services.identity.accounts.rules import (
    DETAILS,
    Details,
    check_party,
    party_of,
    written_nip,
    written_vat_number,
)
from services.identity.passwords import check_password
from shared.contracts import identity


@dataclass(frozen=True)
class SignUp:
    """A sign-up, confirmed or not."""

    details: Details
    password_hash: str


def check_sign_up(request: identity.RegisterAccount) -> None:
    """Raises Refused (422) that names the fields."""
    check_party(party_of(request))
    check_password(request.password, request.email)


def details(request: identity.RegisterAccount) -> Details:
    numbers = {
        "nip": written_nip(request.nip),
        "vat_number": written_vat_number(request.country, request.vat_number),
    }
    return Details(**request.model_dump(include=set(DETAILS)) | numbers)
