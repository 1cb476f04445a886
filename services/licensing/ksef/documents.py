"""An invoice as KSeF takes it: the structure FA(3), checked against the official schema that `ksef-client` brings."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from ksef_client.documents.fa3 import (
    Address,
    AnnotationSet,
    BankAccount,
    CorrectionReference,
    CorrectionType,
    FA3Invoice,
    FA3InvoiceKind,
    InvoiceLine,
    InvoiceParty,
    PartyIdentifier,
    PaymentMethod,
    PaymentTerms,
    TaxCategory,
)

from services.licensing.invoices.documents import Corrected, Money, Named, buyer_of, cause_of
from services.licensing.invoices.phrases import PHRASES
from services.licensing.invoices.rules import Invoice
from services.licensing.vat.rules import EXEMPT_BY, NOTES, SELLER_COUNTRY
from shared.contracts.licensing import Treatment
from shared.law.tax_numbers import is_of_union

PIECES = "szt."
UNIT_PRICE = Decimal("0.00000001")
"""To how much a price is given at most (FA(3), `P_9A`)."""


def fa3(invoice: Invoice, corrected: Corrected | None, ksef_number: str | None) -> bytes:
    """The XML of an invoice, or of a correction of what has this number in KSeF; None where that is not there.

    Raises ValueError for what the schema refuses.
    """
    money, treatment = Money(invoice.net, invoice.vat, invoice.gross), _treatment(invoice)
    said = FA3Invoice(
        invoice.number,
        invoice.issued_on,
        _seller(invoice),
        _party(buyer_of(invoice)),
        (_line(invoice, money),),
        sale_date=invoice.sold_on if invoice.sold_on != invoice.issued_on else None,
        annotations=AnnotationSet(
            reverse_charge=treatment == "reverse charge", exemption_basis=EXEMPT_BY if treatment == "exempt" else None
        ),
        payment_terms=_payment(invoice),
    )
    if corrected is not None:
        said = _correction(said, invoice, corrected, ksef_number)
    return bytes(said.to_xml(xsd_validate=True))


def _correction(said: FA3Invoice, invoice: Invoice, corrected: Corrected, ksef_number: str | None) -> FA3Invoice:
    """What stood before and what stands after, and who the buyer was where that changed (art. 106j(2))."""
    after = corrected.money.plus(Money(invoice.net, invoice.vat, invoice.gross))
    before = replace(_line(invoice, corrected.money), before_correction=True)
    changes = CorrectionType.OTHER if invoice.cause == "refund" else CorrectionType.NO_TAX_IMPACT
    return replace(
        said,
        kind=FA3InvoiceKind.CORRECTION,
        lines=(before, _line(invoice, after)),
        payment_terms=None,
        correction_reason=PHRASES[cause_of(invoice)][0],
        correction_type=changes.value,
        corrected_invoices=(CorrectionReference(corrected.number, corrected.issued_on, ksef_number),),
        corrected_buyers=(_party(corrected.buyer),) if corrected.buyer != buyer_of(invoice) else (),
    )


def _line(invoice: Invoice, money: Money) -> InvoiceLine:
    net = _zloty(money.net)
    return InvoiceLine.service(
        invoice.item,
        quantity=invoice.quantity,
        unit=PIECES,
        unit_net_price=(net / invoice.quantity).quantize(UNIT_PRICE),
        net_amount=net,
        vat_amount=_zloty(money.vat),
        tax=TAXES[_treatment(invoice)](invoice),
    )


def _treatment(invoice: Invoice) -> Treatment:
    return next(treatment for treatment, note in NOTES.items() if note == invoice.vat_note)


def _abroad(invoice: Invoice) -> TaxCategory:
    """Services to taxpayers of other member states stand apart (art. 100(1)(4))."""
    of_union = is_of_union(invoice.buyer_vat_number)
    return TaxCategory.service_article_100() if of_union else TaxCategory.outside_country()


TAXES: dict[Treatment, Callable[[Invoice], TaxCategory]] = {
    "domestic": lambda invoice: TaxCategory.from_vat_rate(Decimal(invoice.vat_rate) / 100),
    "exempt": lambda _invoice: TaxCategory.exempt(EXEMPT_BY),
    "oss": lambda invoice: TaxCategory.xii(Decimal(invoice.vat_rate) / 100),
    "reverse charge": _abroad,
    "outside the EU": lambda _invoice: TaxCategory.outside_country(),
}


def _seller(invoice: Invoice) -> InvoiceParty:
    """Abroad with the country before the number (art. 106e(1)(24), 97(10))."""
    return InvoiceParty(
        invoice.seller,
        PartyIdentifier.polish_nip(invoice.seller_nip),
        Address.polish(invoice.seller_address),
        taxpayer_prefix=SELLER_COUNTRY if invoice.buyer_country != SELLER_COUNTRY else None,
    )


def _party(buyer: Named) -> InvoiceParty:
    town = f"{buyer.postal_code} {buyer.city}".strip()
    lines = [line for line in (buyer.street, town) if line]
    address = Address(lines[0], buyer.country, *lines[1:]) if lines else None
    return InvoiceParty(buyer.company or buyer.name, _identifier(buyer), address)


def _identifier(buyer: Named) -> PartyIdentifier:
    """By what a buyer finds the invoice there: a NIP, a number of the Union, another one, or none."""
    number = buyer.vat_number
    if is_of_union(number):
        return PartyIdentifier.eu_vat(number[:2], number[2:])
    if number:
        return PartyIdentifier.foreign(number, country_code=buyer.country)
    return PartyIdentifier.polish_nip(buyer.nip) if buyer.nip else PartyIdentifier.none()


def _payment(invoice: Invoice) -> PaymentTerms:
    """As the document has it: by the account that stands on it, which settling does not change."""
    if invoice.bank_account:
        account = (BankAccount(invoice.bank_account),)
        return PaymentTerms((invoice.due_on,), method=PaymentMethod.TRANSFER.value, bank_accounts=account)
    return PaymentTerms(paid_date=invoice.settled_on) if invoice.settled_on else PaymentTerms((invoice.due_on,))


def _zloty(grosze: int) -> Decimal:
    return Decimal(grosze).scaleb(-2)
