"""What a sign-up holds, and who may sign up."""

from dataclasses import dataclass

from services.identity.accounts.rules import DETAILS, Details, check_party, written_nip
from services.identity.passwords import check_password
from shared.contracts import identity


@dataclass(frozen=True)
class SignUp:
    """A sign-up, confirmed or not."""

    details: Details
    password_hash: str


def check_sign_up(request: identity.RegisterAccount) -> None:
    """Raises Refused (422) that names the fields."""
    check_party(request.kind, request.company, request.nip)
    check_password(request.password, request.email)


def details(request: identity.RegisterAccount) -> Details:
    return Details(**request.model_dump(include=set(DETAILS)) | {"nip": written_nip(request.nip)})
