"""What proves where a buyer is: two items that agree (Reg. 282/2011 Art. 24b(d), 24f)."""

from dataclasses import dataclass
from datetime import date

from services.licensing.vat.rules import SELLER_COUNTRY, Tax, TaxPolicy, is_sold_abroad, tax_of
from shared.problems import Refused, refuse


@dataclass(frozen=True)
class Location:
    """Where a buyer says he is, where his address on the network is (empty: nobody knows), and whether he confirms."""

    country: str
    seen: str = ""
    confirmed: bool = False


def check_location(policy: TaxPolicy, tax: Tax, kind: str, location: Location, day: date) -> None:
    """Raise Refused (422) where what is known of a consumer contradicts itself.

    A third item resolves it: the buyer's own word, which frees nobody from VAT. Who is outside the Union is believed
    only when seen there. A business has a number.
    """
    at_home = kind != "person" and location.country == SELLER_COUNTRY
    if at_home or tax.treatment == "reverse charge" or location.seen == location.country:
        return
    if tax.treatment == "outside the EU":
        raise refuse(422, "nothing shows that you are in this country", field="country", message="order from there")
    if not location.seen:
        return
    if tax.rate == 0 and _rate_at(policy, location.seen, day) > 0:
        raise refuse(422, "you order from another country", field="country", message="order from that of your address")
    if not location.confirmed:
        message = f"you order from {location.seen}: say that {location.country} is where you live"
        raise refuse(422, "two countries are known of you", field="confirms_country", message=message)


def _rate_at(policy: TaxPolicy, country: str, day: date) -> int:
    """What a consumer there would pay; none where nothing is sold."""
    try:
        return tax_of(policy, country, "person", "", day).rate
    except Refused:
        return 0


def needs_evidence(tax: Tax, country: str) -> bool:
    """Whether what proves the place of a sale is kept: that of a consumer abroad."""
    return tax.treatment in ("oss", "outside the EU") or is_sold_abroad(tax, country)
