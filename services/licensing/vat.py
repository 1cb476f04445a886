"""Where a sale is taxed and at which rate: pure rules over dated rows.

A change of law is a new row with its first day. `verified_on` is when somebody last compared a row with
the law; None means that nobody has yet.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.law import tax_numbers
from shared.law.calendar import in_force
from shared.problems import refuse

Treatment = Literal["domestic", "oss", "reverse charge"]

SELLER_COUNTRY = "PL"
PROFILE_FIRST = "complete the profile first"


@dataclass(frozen=True)
class Rate:
    """The standard rate of a country, in hundredths of a percent."""

    country: str
    valid_from: date
    rate: int
    verified_on: date | None = None


RATES = (
    Rate("PL", date(2011, 1, 1), 2300),  # ustawa o VAT art. 146ef
    Rate("DE", date(2021, 1, 1), 1900),
    Rate("CZ", date(2013, 1, 1), 2100),
    Rate("SK", date(2011, 1, 1), 2000),
    Rate("SK", date(2025, 1, 1), 2300),
    Rate("FR", date(2014, 1, 1), 2000),
)


NOTES: dict[Treatment, str] = {"domestic": "", "oss": "OSS", "reverse charge": "odwrotne obciążenie"}
"""What an invoice must say about each treatment (VAT Act art. 106e)."""

PROVISIONS: dict[Treatment, tuple[str, ...]] = {
    "domestic": ("ustawa o VAT art. 28b, art. 28k",),
    "oss": ("ustawa o VAT art. 28k", "Directive 2006/112/EC Art. 58"),
    "reverse charge": ("ustawa o VAT art. 28b", "Directive 2006/112/EC Art. 44, Art. 196"),
}
"""Where each kind of sale is taxed, and by whom."""


@dataclass(frozen=True)
class Tax:
    """How one sale is taxed; `rate` in hundredths of a percent."""

    treatment: Treatment
    rate: int

    @property
    def note(self) -> str:
        return NOTES[self.treatment]


def tax_of(country: str, kind: str, vat_number: str, day: date) -> Tax:
    """How a sale of software to this buyer is taxed. Raises Refused (422) where we don't sell.

    Consumers abroad pay the VAT of their country (OSS). Businesses abroad account for it themselves: what proves one is
    the VAT number of that country (Reg. 282/2011 Art. 18), and nothing that a buyer declares without it.
    """
    if country == SELLER_COUNTRY:
        return Tax("domestic", _rate(country, day))
    if kind == "person":
        return Tax("oss", _rate(country, day))
    if not tax_numbers.is_country(country):
        raise refuse(422, "this is not a country", field="country", message=PROFILE_FIRST)
    if not tax_numbers.vat_number(country, vat_number):
        raise refuse(422, "a business abroad needs a VAT number", field="vat_number", message=PROFILE_FIRST)
    return Tax("reverse charge", 0)


def vat_on(net: int, rate: int) -> int:
    """VAT in grosze, half a grosz rounded up."""
    return (net * rate + 5000) // 10000


def _rate(country: str, day: date) -> int:
    try:
        return in_force((row for row in RATES if row.country == country), day).rate
    except LookupError:
        raise refuse(422, "we don't sell to consumers in this country yet", field="country") from None
