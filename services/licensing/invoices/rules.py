"""What stands on an invoice: pure decisions."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from shared.law.retention import Retention, sale

Series = Literal["FV", "KOR"]


def number(series: Series, issued_on: date, count: int) -> str:
    """The number of the year's `count`-th document of a series (VAT Act art. 106e(1)(2))."""
    return f"{series}/{issued_on:%Y}/{issued_on:%m}/{count:04d}"


@dataclass(frozen=True)
class Terms:
    """The dates of an invoice."""

    issued_on: date
    due_on: date
    settled_on: date | None


def terms(today: date, days_to_pay: int | None) -> Terms:
    """Due at once and settled when paid before; else due after some days."""
    if days_to_pay is None:
        return Terms(today, today, today)
    return Terms(today, today + timedelta(days=days_to_pay), None)


def kept(order: Any, sold_on: date) -> Retention:
    """Until when the documents of a sale are kept (R-TAX, R-OSS)."""
    return sale(sold_on, declared_in_oss=order["vat_treatment"] == "oss")


@dataclass(frozen=True)
class Part:
    """The part of an invoice that a refund takes back, in grosze and positive."""

    net: int
    vat: int
    gross: int


def part(order: Any, amount: int) -> Part:
    """Split a refund into net and VAT so that the parts of many refunds add up to the whole."""
    before, after = order["refunded"], order["refunded"] + amount
    net = _net_of(order, after) - _net_of(order, before)
    return Part(net, amount - net, amount)


def _net_of(order: Any, gross: int) -> int:
    return int((2 * gross * order["net"] + order["gross"]) // (2 * order["gross"]))
