"""Countries and the tax numbers of businesses: what can be one at all, by form and check digits.

Whether a number is in use only its register tells; here nobody asks one.
"""

import re

import pycountry
from stdnum import get_cc_module
from stdnum.eu.vat import MEMBER_STATES
from stdnum.exceptions import ValidationError
from stdnum.util import clean

# TNrNIP of the Ministry of Finance's schemas: no tax office has a code 0.. or .00. The check digit alone lets
# 0000000000 pass.
NIP = re.compile(r"[1-9](?:[0-9][1-9]|[1-9][0-9])[0-9]{7}")
SOME_DIGIT = re.compile(r"[1-9]")
PREFIXES = {"GR": ("EL",), "GB": ("GB", "XI"), "MC": ("FR",), "CH": ("CHE",)}
"""How VAT numbers begin where that is not the country's code; XI is Northern Ireland."""
KEEP_THEIR_PREFIX = ("MC", "CH")


def is_country(code: str) -> bool:
    """Whether ISO 3166-1 has this code now: EL, XI, EU and the codes that anybody may use are none."""
    country = pycountry.countries.get(alpha_2=code)
    return country is not None and country.alpha_2 == code


def nip(typed: str) -> str | None:
    """The ten digits of a NIP, or None for what can't be one."""
    digits = _validated("PL", typed)
    return digits if digits and NIP.fullmatch(digits) else None


def has_vat_numbers(country: str) -> bool:
    """Whether the check digits of a country's VAT numbers are known here."""
    return get_cc_module(country, "vat") is not None


def vat_number(country: str, typed: str) -> str | None:
    """A VAT number of this country with its prefix, or None for what can't be one; the prefix may be left out."""
    text = clean(typed, " -./,:").upper()
    prefixes = PREFIXES.get(country, (country,))
    prefix = next((each for each in prefixes if text.startswith(each)), prefixes[0])
    number = _validated(country, text.removeprefix("XI") if prefix == "XI" else text)
    if number is None or not SOME_DIGIT.search(number):
        return None
    return prefix + (number.removeprefix(prefix) if country in KEEP_THEIR_PREFIX else number)


def is_of_union(vat_number: str) -> bool:
    """Whether a member state gave it, by its first letters: EL is Greece, Monaco has French ones, XI sells as GB."""
    return vat_number[:2].lower() in {*MEMBER_STATES, "el"} - {"xi"}


def _validated(country: str, typed: str) -> str | None:
    """The bare number as its country's module writes it."""
    module = get_cc_module(country, "vat")
    try:
        return str(module.validate(typed)) if module else None
    except ValidationError:
        return None
