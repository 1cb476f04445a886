"""The words of an invoice: Polish for buyers in Poland, Polish and English for all others."""

from services.licensing.vat.rules import SELLER_COUNTRY

PHRASES: dict[str, tuple[str, str]] = {
    "invoice": ("Faktura", "Invoice"),
    "correction": ("Faktura korygująca", "Correcting invoice"),
    "issued_on": ("Data wystawienia", "Issued on"),
    "sold_on": ("Data sprzedaży", "Supplied on"),
    "ksef": ("Numer KSeF", "Number in KSeF"),
    "corrects": ("Do faktury", "Corrects invoice"),
    "of_day": ("z dnia", "of"),
    "cause": ("Przyczyna korekty", "Reason"),
    "refund": ("zwrot należności lub obniżenie ceny", "refund or reduction of the price"),
    "refund undone": ("cofnięcie zwrotu", "the refund was taken back"),
    "buyer": ("błędne dane nabywcy", "the buyer's data were wrong"),
    "seller": ("Sprzedawca", "Seller"),
    "buyer_block": ("Nabywca", "Buyer"),
    "buyer_before": ("Nabywca przed korektą", "Buyer before"),
    "buyer_after": ("Nabywca po korekcie", "Buyer after"),
    "nip": ("NIP", "NIP"),
    "vat_number": ("Nr VAT", "VAT number"),
    "no": ("Lp.", "No."),
    "item": ("Nazwa", "Description"),
    "quantity": ("Ilość", "Quantity"),
    "unit": ("J.m.", "Unit"),
    "unit_price": ("Cena netto", "Net price"),
    "net": ("Netto", "Net"),
    "rate": ("Stawka", "VAT rate"),
    "vat": ("VAT", "VAT"),
    "gross": ("Brutto", "Gross"),
    "pieces": ("szt.", "pcs"),
    "unchanged": ("Pozycja, bez zmian", "Item, unchanged"),
    "before": ("Przed korektą", "Before"),
    "after": ("Po korekcie", "After"),
    "difference": ("Korekta", "Correction"),
    "total": ("Razem", "Total"),
    "per_rate": ("Według stawek", "By rate"),
    "paid": ("Zapłacono", "Paid"),
    "to_pay": ("Do zapłaty", "To pay"),
    "amount": ("Kwota korekty", "Amount of the correction"),
    "due_on": ("Termin płatności", "Due on"),
    "pay_by": ("Sposób zapłaty", "Pay by"),
    "transfer": ("przelew", "bank transfer"),
    "account": ("Rachunek bankowy", "Bank account"),
    "title": ("Tytuł przelewu", "Title of the transfer"),
    "scan": ("Kod do aplikacji bankowej", "For a Polish banking app"),
    "issuer": ("Wystawca faktury", "Who issued the invoice"),
    "check": ("Faktura w KSeF", "The invoice in KSeF"),
    "reverse charge": ("odwrotne obciążenie", "reverse charge"),
    "exempt": (
        "Zwolnienie z VAT: art. 113 ust. 1 ustawy o VAT",
        "Exempt from VAT: art. 113(1) of the Polish VAT Act",
    ),
    "outside": ("NP: nie podlega opodatkowaniu w Polsce", "NP: not taxed in Poland"),
    "oss": ("Procedura unijna OSS: podatek VAT kraju nabywcy", "Union scheme (OSS): VAT of the buyer's country"),
}


class Words:
    """What an invoice calls things for a buyer of this country.

    The tax office reads Polish, whoever buys abroad may not; which it is follows from the row alone, so that the
    document stays the same whatever its buyer reads later, and when nobody is left to ask.
    """

    def __init__(self, buyer_country: str) -> None:
        self.bilingual = buyer_country != SELLER_COUNTRY

    def say(self, phrase: str, between: str = " / ") -> str:
        pl, en = PHRASES[phrase]
        return pl if not self.bilingual or pl == en else f"{pl}{between}{en}"

    def head(self, *phrases: str) -> tuple[str, ...]:
        """The heads of columns, one language under the other."""
        return tuple(self.say(phrase, "\n") for phrase in phrases)
