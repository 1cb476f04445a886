"""What an invoice says as a document: pure, from the columns that nothing changes once it is issued.

VAT Act art. 106e(1) and, of corrections, art. 106j(2). Whether it was settled later is none of them: the document stays
as it was issued.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.licensing.invoices.phrases import Words
from services.licensing.invoices.rules import Invoice
from services.licensing.invoices.transfer_codes import transfer_code
from services.licensing.vat.rules import NOTES, SELLER_COUNTRY

NBSP = "\N{NO-BREAK SPACE}"
NO_NUMBER_YET, CERTIFICATE = "OFFLINE", "CERTYFIKAT"
NOT_TAXED_HERE, EXEMPT = "NP", "zw."
Fact = tuple[str, str]


@dataclass(frozen=True)
class Money:
    """An amount with its tax, in grosze."""

    net: int
    vat: int
    gross: int

    def plus(self, other: "Money") -> "Money":
        return Money(self.net + other.net, self.vat + other.vat, self.gross + other.gross)


@dataclass(frozen=True)
class Named:
    """Who the buyer is, as one document has it."""

    name: str
    company: str
    nip: str
    vat_number: str
    street: str
    postal_code: str
    city: str
    country: str


@dataclass(frozen=True)
class Corrected:
    """What stood before a correction: the invoice, as its earlier corrections left it."""

    number: str
    issued_on: date
    money: Money
    buyer: Named


@dataclass(frozen=True)
class Block:
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Code:
    """A picture that a phone reads as `text`, and what stands above and below it."""

    title: str
    text: str
    below: str = ""


@dataclass(frozen=True)
class Document:
    """An invoice in words, with the pictures that phones read."""

    number: str
    title: str
    issued_on: date
    facts: tuple[Fact, ...]
    parties: tuple[Block, ...]
    items: Table
    sums: Table | None
    payment: tuple[Fact, ...]
    notes: tuple[str, ...]
    codes: tuple[Code, ...]


def document(invoice: Invoice, corrected: Corrected | None) -> Document:
    """The document of an invoice, or of a correction with what stood before it."""
    words = Words(invoice.buyer_country)
    return Document(
        number=invoice.number,
        title=f"{words.say(invoice.kind)} {invoice.number}",
        issued_on=invoice.issued_on,
        facts=tuple(_facts(words, invoice, corrected)),
        parties=tuple(_parties(words, invoice, corrected)),
        items=_items(words, invoice) if corrected is None else _correction(words, invoice, corrected),
        sums=_sums(words, invoice) if corrected is None else None,
        payment=tuple(_payment(words, invoice)),
        notes=tuple(_notes(words, invoice)),
        codes=tuple(_codes(words, invoice)),
    )


def buyer_of(invoice: Invoice) -> Named:
    i = invoice
    where = (i.buyer_street, i.buyer_postal_code, i.buyer_city, i.buyer_country)
    return Named(i.buyer_name, i.buyer_company, i.buyer_nip, i.buyer_vat_number, *where)


def amount(grosze: int) -> str:
    """As an invoice writes it, `1 234,56`: in one way for all readers and every version of a library."""
    whole, rest = divmod(abs(grosze), 100)
    sign = "-" if grosze < 0 else ""
    return f"{sign}{whole:,},{rest:02d}".replace(",", NBSP, max(0, (len(str(whole)) - 1) // 3))


def _facts(words: Words, invoice: Invoice, corrected: Corrected | None) -> Iterator[Fact]:
    yield words.say("issued_on"), invoice.issued_on.isoformat()
    yield words.say("sold_on"), invoice.sold_on.isoformat()
    if invoice.ksef_number:
        yield words.say("ksef"), invoice.ksef_number
    if corrected is not None:
        yield words.say("corrects"), f"{corrected.number} {words.say('of_day')} {corrected.issued_on.isoformat()}"
        yield words.say("cause"), words.say(cause_of(invoice))


def cause_of(invoice: Invoice) -> str:
    if invoice.cause == "buyer":
        return "buyer"
    return "refund undone" if invoice.gross > 0 else "refund"


def _parties(words: Words, invoice: Invoice, corrected: Corrected | None) -> Iterator[Block]:
    yield Block(words.say("seller"), (invoice.seller, invoice.seller_address, _seller_number(words, invoice)))
    buyer = buyer_of(invoice)
    if corrected is None or corrected.buyer == buyer:
        yield Block(words.say("buyer_block"), _lines(words, buyer))
        return
    yield Block(words.say("buyer_before"), _lines(words, corrected.buyer))
    yield Block(words.say("buyer_after"), _lines(words, buyer))


def _seller_number(words: Words, invoice: Invoice) -> str:
    """Abroad with the country before it (VAT Act art. 106e(1)(24), 97(10))."""
    prefix = SELLER_COUNTRY if invoice.buyer_country != SELLER_COUNTRY else ""
    return f"{words.say('nip')}: {prefix}{invoice.seller_nip}"


def _lines(words: Words, buyer: Named) -> tuple[str, ...]:
    """A NIP, or the VAT number of another country; what an erased row does not hold any more is left out."""
    town = f"{buyer.postal_code} {buyer.city}".strip()
    abroad = buyer.country if buyer.country != SELLER_COUNTRY else ""
    number = ""
    if buyer.vat_number:
        number = f"{words.say('vat_number')}: {buyer.vat_number}"
    elif buyer.nip:
        number = f"{words.say('nip')}: {buyer.nip}"
    lines = (buyer.company, buyer.name, buyer.street, town, abroad, number)
    return tuple(line for line in lines if line)


def _items(words: Words, invoice: Invoice) -> Table:
    head = words.head("no", "item", "quantity", "unit", "unit_price", "net", "rate", "vat", "gross")
    unit_price = amount(invoice.net // invoice.quantity)  # net is a whole price times the quantity (quotes.py)
    amounts = (amount(invoice.net), _rate(invoice), amount(invoice.vat), amount(invoice.gross))
    pieces = words.say("pieces", "\n")
    return Table(head, (("1", invoice.item, str(invoice.quantity), pieces, unit_price, *amounts),))


def _sums(words: Words, invoice: Invoice) -> Table:
    money = (amount(invoice.net), amount(invoice.vat), amount(invoice.gross))
    rows = ((_rate(invoice), *money), (words.say("total"), *money))
    return Table(words.head("per_rate", "net", "vat", "gross"), rows)


def _correction(words: Words, invoice: Invoice, corrected: Corrected) -> Table:
    head = (words.say("item", "\n"), *words.head("quantity", "net", "rate", "vat", "gross"))
    change = Money(invoice.net, invoice.vat, invoice.gross)
    what = f"{invoice.item}\n"
    pieces = f"{invoice.quantity} {words.say('pieces')}"

    def row(phrase: str, money: Money) -> tuple[str, ...]:
        amounts = (amount(money.net), _rate(invoice), amount(money.vat), amount(money.gross))
        return f"{what}{words.say(phrase)}", pieces, *amounts

    if change.gross == change.net == change.vat == 0:
        return Table(head, (row("unchanged", corrected.money),))
    after = corrected.money.plus(change)
    return Table(head, (row("before", corrected.money), row("after", after), row("difference", change)))


def _rate(invoice: Invoice) -> str:
    if invoice.vat_note in (NOTES["reverse charge"], NOTES["outside the EU"]):
        return NOT_TAXED_HERE
    if invoice.vat_note == NOTES["exempt"]:
        return EXEMPT
    whole, rest = divmod(invoice.vat_rate, 100)
    return f"{whole}%" if not rest else f"{whole},{rest:02d}%"


def _is_to_pay(invoice: Invoice) -> bool:
    """By the account that stands on it, which settling does not change."""
    return invoice.kind == "invoice" and invoice.bank_account != ""


def _payment(words: Words, invoice: Invoice) -> Iterator[Fact]:
    total = f"{amount(invoice.gross)} {invoice.currency}"
    if invoice.kind == "correction":
        yield words.say("amount"), total
    elif _is_to_pay(invoice):
        yield words.say("to_pay"), total
        yield words.say("due_on"), invoice.due_on.isoformat()
        yield words.say("pay_by"), words.say("transfer")
        yield words.say("account"), spaced(invoice.bank_account)
        yield words.say("title"), invoice.number
    elif invoice.settled_on is not None:
        yield words.say("paid"), total
    else:  # from before invoices named an account
        yield words.say("to_pay"), total
        yield words.say("due_on"), invoice.due_on.isoformat()


def _codes(words: Words, invoice: Invoice) -> Iterator[Code]:
    """For a banking app where something is to pay, and for whoever wants to see it in KSeF."""
    if _is_to_pay(invoice) and (scan := transfer_code(invoice)):
        yield Code(words.say("scan"), scan)
    if invoice.ksef_link:
        yield Code(words.say("check"), invoice.ksef_link, invoice.ksef_number or NO_NUMBER_YET)
    if invoice.ksef_certificate_link and not invoice.ksef_number:
        yield Code(words.say("issuer"), invoice.ksef_certificate_link, CERTIFICATE)


def spaced(iban: str) -> str:
    """An account in groups of four, as people read it."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def _notes(words: Words, invoice: Invoice) -> Iterator[str]:
    if invoice.vat_note == NOTES["reverse charge"]:
        yield words.say("reverse charge")
        yield words.say("outside")
    if invoice.vat_note == NOTES["outside the EU"]:
        yield words.say("outside")
    if invoice.vat_note == NOTES["exempt"]:
        yield words.say("exempt")
    if invoice.vat_note == NOTES["oss"]:
        yield f"{words.say('oss')} ({invoice.buyer_country})"
