"""Which party an account may be, and what a correction changes (GDPR Art. 16)."""

from dataclasses import dataclass, fields

from stdnum.pl import nip as nip_numbers

from shared.contracts import identity
from shared.problems import FieldError, Problem, Refused


@dataclass(frozen=True)
class Details:
    """What a person enters, by the columns of an account (and of a sign-up), in their order."""

    email: str
    full_name: str
    street: str
    postal_code: str
    city: str
    country: str
    phone: str
    kind: identity.Kind
    company: str
    nip: str
    language: str


DETAILS = tuple(field.name for field in fields(Details))

NEEDS_NIP = ("sole trader", "company")


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


def corrected(profile: identity.Profile, request: identity.ChangeProfile) -> identity.Profile:
    """The profile with the corrected fields; those left out stay. Raises Refused (422)."""
    corrections = request.model_dump(exclude={"subject_id"}, exclude_none=True)
    if "nip" in corrections:
        corrections["nip"] = written_nip(corrections["nip"])
    after = profile.model_copy(update=corrections)
    check_party(after.kind, after.company, after.nip)
    return after


def changed_fields(before: identity.Profile, after: identity.Profile) -> tuple[str, ...]:
    return tuple(name for name in type(before).model_fields if getattr(before, name) != getattr(after, name))
