"""Where a sale is taxed and at which rate: pure rules."""

from dataclasses import dataclass
from datetime import date

from services.licensing.vat.rates import UNION, standard_rate
from shared.contracts.licensing import Treatment
from shared.law import tax_numbers
from shared.problems import refuse

SELLER_COUNTRY = "PL"
PROFILE_FIRST = "complete the profile first"
SMALL_ABROAD = 4_200_000
"""The EUR 10,000 of Directive 2006/112/EC Art. 59c as Poland wrote them, in grosze (ustawa o VAT art. 28k(2))."""

EXEMPT_BY = "art. 113 ust. 1 ustawy o VAT"

NOTES: dict[Treatment, str] = {
    "domestic": "",
    "exempt": f"zwolnienie z VAT: {EXEMPT_BY}",
    "oss": "OSS",
    "reverse charge": "odwrotne obciążenie",
    "outside the EU": "nie podlega VAT w Polsce",
}
"""What an invoice must say about each treatment (VAT Act art. 106e)."""

PROVISIONS: dict[Treatment, tuple[str, ...]] = {
    "domestic": ("ustawa o VAT art. 28b, art. 28k",),
    "exempt": ("ustawa o VAT art. 113",),
    "oss": ("ustawa o VAT art. 28k", "Directive 2006/112/EC Art. 58"),
    "reverse charge": ("ustawa o VAT art. 28b", "Directive 2006/112/EC Art. 44, Art. 196"),
    "outside the EU": ("ustawa o VAT art. 28b, art. 28k", "Directive 2006/112/EC Art. 58, Art. 59"),
}
"""Where each kind of sale is taxed, and by whom."""


@dataclass(frozen=True)
class TaxPolicy:
    """What the vendor is registered for.

    `exempt` by its small turnover (ustawa o VAT art. 113); `oss` declares the VAT of other countries there; `outside`
    are the countries outside the Union whose people it sells to, and has seen to what their law wants of it.
    """

    exempt: bool = False
    oss: bool = True
    outside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Tax:
    """How one sale is taxed; `rate` in hundredths of a percent."""

    treatment: Treatment
    rate: int


def tax_of(policy: TaxPolicy, country: str, kind: str, vat_number: str, day: date) -> Tax:
    """How a sale of software to this buyer is taxed. Raises Refused (422) where we don't sell.

    Consumers elsewhere in the Union pay the VAT of their country (OSS), or ours while little is sold there. Businesses
    abroad account for it themselves: what proves one is the VAT number of that country (Reg. 282/2011 Art. 18), and
    nothing that a buyer declares without it.
    """
    if country == SELLER_COUNTRY:
        return _at_home(policy, day)
    if not tax_numbers.is_country(country):
        raise refuse(422, "this is not a country", field="country", message=PROFILE_FIRST)
    if kind != "person" and tax_numbers.vat_number(country, vat_number):
        return Tax("reverse charge", 0)
    if country in policy.outside:
        return Tax("outside the EU", 0)
    if kind != "person":
        raise refuse(422, "a business abroad needs a VAT number", field="vat_number", message=PROFILE_FIRST)
    if country not in UNION:
        raise refuse(422, "we don't sell to consumers in this country yet", field="country")
    return Tax("oss", standard_rate(country, day)) if policy.oss else _at_home(policy, day)


def _at_home(policy: TaxPolicy, day: date) -> Tax:
    return Tax("exempt", 0) if policy.exempt else Tax("domestic", standard_rate(SELLER_COUNTRY, day))


def is_sold_abroad(tax: Tax, country: str) -> bool:
    """Whether a consumer elsewhere in the Union is taxed as one at home."""
    return country != SELLER_COUNTRY and tax.treatment in ("domestic", "exempt")


def check_little_abroad(tax: Tax, country: str, net: int, sold: int) -> None:
    """Raise Refused (422) for the sale that leaves what may be taxed at home; `sold` is the year's net so far.

    From that sale on each country's own VAT is owed, which needs a registration for OSS.
    """
    if is_sold_abroad(tax, country) and sold + net > SMALL_ABROAD:
        raise refuse(422, "we don't sell to consumers in this country any more this year", field="country")


def vat_on(net: int, rate: int) -> int:
    """VAT in grosze, half a grosz rounded up."""
    return (net * rate + 5000) // 10000
