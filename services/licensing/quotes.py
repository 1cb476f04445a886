"""What an order costs: the same figures before it is placed and after (Dir. 2011/83 Art. 6(1)(e))."""

from dataclasses import dataclass
from datetime import date

from services.licensing.catalogue import Product
from services.licensing.money import CURRENCY
from services.licensing.vat.rules import PROVISIONS, Tax, TaxPolicy, check_little_abroad, tax_of, vat_on
from shared.contracts import licensing
from shared.problems import refuse

OLDER_WORDS: dict[licensing.Treatment, licensing.Treatment] = {"exempt": "domestic", "outside the EU": "reverse charge"}


@dataclass(frozen=True)
class Price:
    """In grosze."""

    net: int
    vat: int

    @property
    def gross(self) -> int:
        return self.net + self.vat


def price(product: Product, quantity: int, tax: Tax) -> Price:
    net = product.net * quantity
    return Price(net, vat_on(net, tax.rate))


def quote(
    request: licensing.QuoteOrder, product: Product, policy: TaxPolicy, sold_abroad: int, day: date
) -> licensing.Quote:
    """Raises Refused (422) where we don't sell, naming the field."""
    tax = tax_of(policy, request.country, request.kind, request.vat_number, day)
    cost = price(product, request.quantity, tax)
    check_little_abroad(tax, request.country, cost.net, sold_abroad)
    return licensing.Quote(
        product=product.policy.product,
        edition=product.policy.edition,
        quantity=request.quantity,
        currency=CURRENCY,
        net=cost.net,
        vat=cost.vat,
        gross=cost.gross,
        vat_rate=tax.rate,
        treatment=OLDER_WORDS.get(tax.treatment, tax.treatment),
        taxation=tax.treatment,
        provisions=PROVISIONS[tax.treatment],
    )


def offered(product: Product, country: str, policy: TaxPolicy, day: date) -> licensing.Product:
    """A product as the catalogue shows it: to a consumer of a country with VAT. Raises Refused (422)."""
    terms = product.policy
    shown = licensing.Product(
        code=terms.product,
        name=product.name,
        net=product.net,
        device_limit=terms.devices,
        months=terms.months,
        edition=terms.edition,
        version=terms.version,
        starts=terms.starts,
        after_end=terms.after_end,
        renews_from=terms.renews_from,
        entitlements=terms.entitlements,
        trial_days=terms.trial_days,
    )
    if not country:
        return shown
    tax = tax_of(policy, country, "person", "", day)
    return shown.model_copy(update={"gross": price(product, 1, tax).gross, "vat_rate": tax.rate})


def check_expected(expected: int | None, cost: Price) -> None:
    """Raise Refused (409) when a buyer was told of another price than the order has."""
    if expected is not None and expected != cost.gross:
        raise refuse(409, "the price is another one", field="expected_gross", message="ask for a new quote")
