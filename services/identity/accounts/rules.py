"""Which party an account may be, and what a correction changes (GDPR Art. 16)."""

from dataclasses import dataclass, fields

from shared.contracts import identity, privacy
from shared.contracts.fields import Language
from shared.law import tax_numbers
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
    vat_number: str
    language: Language


DETAILS = tuple(field.name for field in fields(Details))

BUSINESSES = ("sole trader", "company")
HOME = "PL"
NO_FIRM = {"company": "", "nip": "", "vat_number": ""}


@dataclass(frozen=True)
class Party:
    """Who somebody is to tax law."""

    kind: str
    company: str
    country: str
    nip: str
    vat_number: str


PARTY = frozenset(field.name for field in fields(Party))


def party_of(details: identity.Profile | identity.RegisterAccount) -> Party:
    return Party(details.kind, details.company, details.country, details.nip, details.vat_number)


def check_party(party: Party) -> None:
    """A business has a tax number of its country, a company a name. Raises Refused (422) naming the fields."""
    errors = [
        FieldError(field=field, message=fault)
        for field, fault in (
            ("company", _fault_of_company(party)),
            ("country", _fault_of_country(party)),
            ("nip", _fault_of_nip(party)),
            ("vat_number", _fault_of_vat_number(party)),
        )
        if fault
    ]
    if errors:
        raise Refused(Problem(title="the request is not valid", status=422, errors=tuple(errors)))


def _fault_of_company(party: Party) -> str:
    return "a company needs its name" if party.kind == "company" and not party.company else ""


def _fault_of_country(party: Party) -> str:
    return "" if tax_numbers.is_country(party.country) else "this is not a country of ISO 3166-1"


def _fault_of_nip(party: Party) -> str:
    if not party.nip:
        return f"a {party.kind} needs its NIP" if party.kind in BUSINESSES and party.country == HOME else ""
    return "" if tax_numbers.nip(party.nip) else "this is not a NIP: its check digit or form is wrong"


def _fault_of_vat_number(party: Party) -> str:
    if _fault_of_country(party):
        return ""
    if not party.vat_number:
        abroad = party.kind in BUSINESSES and party.country != HOME
        return f"a {party.kind} outside Poland needs the VAT number of its country" if abroad else ""
    if party.country == HOME:
        return "the tax number of Poland is the nip"
    if not tax_numbers.has_vat_numbers(party.country):
        return "VAT numbers of this country can't be checked here"
    valid = tax_numbers.vat_number(party.country, party.vat_number)
    return "" if valid else "this is not a VAT number of the country: its check digits or form are wrong"


def written_nip(nip: str) -> str:
    """The ten digits of a checked NIP."""
    return tax_numbers.nip(nip) or nip


def written_vat_number(country: str, number: str) -> str:
    """A checked VAT number with its prefix, as VIES writes it."""
    return tax_numbers.vat_number(country, number) or number


def corrected(profile: identity.Profile, request: identity.ChangeProfile) -> identity.Profile:
    """The profile with the corrected fields; those left out stay, but a firm's go with it. Raises Refused (422)."""
    ended = request.kind == "person" and profile.kind != "person"
    corrections = request.model_dump(exclude_none=True)
    after = profile.model_copy(update=(NO_FIRM if ended else {}) | corrections)
    if PARTY.isdisjoint(changed_fields(profile, after)):
        return after
    check_party(party_of(after))
    number = written_vat_number(after.country, after.vat_number)
    return after.model_copy(update={"nip": written_nip(after.nip), "vat_number": number})


def put_right(profile: identity.Profile, correction: privacy.Correction) -> identity.Profile:
    """The profile as an officer decided. What else is wrong with it, as of an account from before some rules about
    numbers, refuses nothing: the member is asked with the next order."""
    return profile.model_copy(update=correction.model_dump(exclude_none=True, exclude={"invoices"}))


def changed_fields(before: identity.Profile, after: identity.Profile) -> tuple[str, ...]:
    return tuple(name for name in type(before).model_fields if getattr(before, name) != getattr(after, name))
