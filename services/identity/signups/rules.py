"""Who may sign up as what: pure decisions."""

from collections.abc import Mapping

from stdnum.pl import nip as nip_numbers

from services.identity.passwords import check_password
from shared.contracts import identity
from shared.problems import FieldError, Problem, Refused

NEEDS_NIP = ("sole trader", "company")


def check_sign_up(request: identity.RegisterAccount) -> None:
    """Raise Refused (422) that names every field which does not do."""
    check_party(request.kind, request.company, request.nip)
    check_password(request.password, request.email)


def check_party(kind: str, company: str, nip: str) -> None:
    """A company has a name and a NIP, a sole trader a NIP. Raises Refused (422) naming the fields."""
    errors = []
    if kind == "company" and not company:
        errors.append(FieldError(field="company", message="a company needs its name"))
    if kind in NEEDS_NIP and not nip:
        errors.append(FieldError(field="nip", message=f"a {kind} needs its NIP"))
    elif nip and not nip_numbers.is_valid(nip):
        errors.append(FieldError(field="nip", message="this is not a NIP: its check digit or length is wrong"))
    if errors:
        raise Refused(Problem(title="the request is not valid", status=422, errors=tuple(errors)))


def written_nip(nip: str) -> str:
    """The ten digits of a checked NIP."""
    return str(nip_numbers.compact(nip)) if nip else ""


def details(request: identity.RegisterAccount) -> Mapping[str, str]:
    """What a sign-up keeps of the person, by column."""
    told = request.model_dump(exclude={"password"})
    return told | {"nip": written_nip(request.nip)}
