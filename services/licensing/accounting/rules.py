"""What the accountant is handed, from invoices as they were issued: pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal
from uuid import UUID

from services.licensing.accounting.tables import Cells
from services.licensing.vat.rules import NOTES
from shared.law.tax_numbers import is_of_union
from shared.problems import refuse

CENT = Decimal("0.01")
LONGEST_DAYS = 366
REGISTER = (
    *("LpSprzedazy", "KodKrajuNadaniaTIN", "NrKontrahenta", "NazwaKontrahenta", "DowodSprzedazy", "DataWystawienia"),
    *("DataSprzedazy", "NrKSeF", "OFF", "BFK", "DI", "K_10", "K_11", "K_12"),
    *("K_15", "K_16", "K_17", "K_18", "K_19", "K_20"),
)
"""The elements of SprzedazWiersz that our sales need, by their names in JPK_V7M(3), in its order."""
DOMESTIC = {500: ("K_15", "K_16"), 800: ("K_17", "K_18"), 2300: ("K_19", "K_20")}
"""Base and tax by the rate, in hundredths of a percent."""
NOBODYS_NUMBER = "BRAK"
OSS = ("kind", "country", "rate", "quarter", "base_pln", "vat_pln", "pln_per_eur", "base_eur", "vat_eur")
LEDGER = (
    *("number", "kind", "corrects", "issued_on", "sold_on", "due_on", "settled_on", "buyer", "company", "nip"),
    *("vat_number", "country", "item", "quantity", "net", "rate", "vat", "gross", "currency", "treatment"),
)


@dataclass(frozen=True)
class Sale:
    """An invoice or a correction; money in grosze. A correction has the day of the supply that it corrects."""

    subject_id: UUID
    number: str
    kind: Literal["invoice", "correction"]
    corrects: str | None
    issued_on: date
    sold_on: date
    due_on: date
    settled_on: date | None
    buyer_name: str
    buyer_company: str
    buyer_nip: str
    buyer_vat_number: str
    buyer_country: str
    item: str
    quantity: int
    net: int
    vat: int
    gross: int
    vat_rate: int
    vat_note: str
    currency: str
    ksef_number: str = ""


def money(grosze: int) -> Decimal:
    return Decimal(grosze).scaleb(-2)


def in_register(sale: Sale) -> bool:
    """What OSS declares stands in no JPK_V7 (ustawa o VAT art. 130d), nor what changes no amount."""
    return sale.vat_note != NOTES["oss"] and sale.gross != 0


def register(sales: Sequence[Sale]) -> Iterator[Cells]:
    """The rows of the VAT register, numbered. Raises Refused (409) for a rate that has no column."""
    for place, sale in enumerate((each for each in sales if in_register(each)), start=1):
        country, number = _number(sale)
        row: dict[str, str | int | Decimal | date | None] = {
            "LpSprzedazy": place,
            "KodKrajuNadaniaTIN": country,
            "NrKontrahenta": number,
            "NazwaKontrahenta": sale.buyer_company or sale.buyer_name or NOBODYS_NUMBER,
            "DowodSprzedazy": sale.number,
            "DataWystawienia": sale.issued_on,
            "DataSprzedazy": sale.sold_on if sale.sold_on != sale.issued_on else None,
            "NrKSeF": sale.ksef_number or None,
            "BFK": None if sale.ksef_number else 1,  # it is not there, or not yet
        }
        row |= _amounts(sale)
        yield tuple(row.get(column) for column in REGISTER)


def _number(sale: Sale) -> tuple[str, str]:
    """Country and number by which a buyer is known to the tax office; consumers have none."""
    number = sale.buyer_vat_number
    if is_of_union(number):
        return number[:2], number[2:]
    return (sale.buyer_country, number) if number else ("", sale.buyer_nip or NOBODYS_NUMBER)


def _amounts(sale: Sale) -> Mapping[str, Decimal]:
    if sale.vat_note == NOTES["reverse charge"]:
        base = money(sale.net)
        # K_12 are services by art. 28b to taxpayers of other member states (art. 100(1)(4)), a part of K_11
        return {"K_11": base, "K_12": base} if is_of_union(sale.buyer_vat_number) else {"K_11": base}
    if sale.vat_note == NOTES["outside the EU"]:
        return {"K_11": money(sale.net)}
    if sale.vat_note == NOTES["exempt"]:
        return {"K_10": money(sale.net)}
    if sale.vat_rate not in DOMESTIC:
        raise refuse(409, "a rate has no column in the register")
    base_column, tax_column = DOMESTIC[sale.vat_rate]
    return {base_column: money(sale.net), tax_column: money(sale.vat)}


def quarter_of(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def days_of_quarter(quarter: str) -> tuple[date, date]:
    """Its first day, and the first one after it."""
    year, number = int(quarter[:4]), int(quarter[-1])
    first = date(year, 3 * number - 2, 1)
    return first, date(year + number // 4, 3 * number % 12 + 1, 1)


def days_of_month(month: str) -> tuple[date, date]:
    """Its first day, and the first one after it."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)


def check_days(first: date, last: date) -> None:
    """Raise Refused (422) for days in the wrong order, or too many of them."""
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise refuse(422, "a year is the most, and it ends after it begins", field="last_day")


def oss_return(sales: Sequence[Sale], quarter: str, rates: Mapping[str, str]) -> Iterator[Cells]:
    """Supplies of a quarter by country and rate; what corrects earlier quarters by country and quarter (Art. 369g).

    Each quarter has its own rate of EUR. Raises Refused (422) when one is missing.
    """
    sums: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for sale in (each for each in sales if each.gross):
        of = quarter_of(sale.sold_on)
        sums[of, sale.buyer_country, sale.vat_rate][0] += sale.net
        sums[of, sale.buyer_country, sale.vat_rate][1] += sale.vat
    if missing := sorted({quarter, *(of for of, _, _ in sums)} - set(rates)):
        raise refuse(422, "a rate is missing", field="rates", message=f"of {', '.join(missing)}")
    for of, country, vat_rate in sorted(sums, key=lambda group: (group[0] != quarter, group)):
        kind, rate = ("supply" if of == quarter else "correction"), Decimal(rates[of])
        amounts = [money(grosze) for grosze in sums[of, country, vat_rate]]
        in_eur = [(amount / rate).quantize(CENT, ROUND_HALF_UP) for amount in amounts]
        yield (kind, country, money(vat_rate), of, *amounts, rate, *in_eur)


def ledger(sales: Sequence[Sale]) -> Iterator[Cells]:
    for s in sales:
        buyer = (s.buyer_name, s.buyer_company, s.buyer_nip, s.buyer_vat_number, s.buyer_country)
        amounts = (money(s.net), money(s.vat_rate), money(s.vat), money(s.gross))
        days = (s.issued_on, s.sold_on, s.due_on, s.settled_on)
        treatment = next(name for name, note in NOTES.items() if note == s.vat_note)
        yield (s.number, s.kind, s.corrects, *days, *buyer, s.item, s.quantity, *amounts, s.currency, treatment)
