"""Amounts as people read them."""

from decimal import Decimal

from babel.numbers import format_currency

CURRENCY = "PLN"


def amount_text(grosze: int, language: str = "") -> str:
    """`1 234,56 zł` in Polish, `PLN1,234.56` in English; `1234.56 PLN` while the reader's language is not known."""
    amount = Decimal(grosze) / 100
    if not language:
        return format_currency(amount, CURRENCY, "0.00 ¤¤", locale="en")
    return format_currency(amount, CURRENCY, locale=language)
