"""The standard rates of VAT in the Union: dated rows that somebody compares with the law.

`verified_on` is when that was last; None means that a row has been replaced since, or nobody has yet.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files

from shared.law.calendar import in_force


@dataclass(frozen=True)
class Rate:
    """The standard rate of a country, in hundredths of a percent."""

    country: str
    valid_from: date
    rate: int
    verified_on: date | None = None


def _read() -> tuple[Rate, ...]:
    rows = tomllib.loads(files(__package__).joinpath("rates.toml").read_text())["rate"]
    return tuple(_rate(**row) for row in rows)


def _rate(country: str, valid_from: date, percent: str, verified_on: date | None = None) -> Rate:
    return Rate(country, valid_from, int(Decimal(percent) * 100), verified_on)


RATES = _read()
UNION = frozenset(row.country for row in RATES)
"""The countries whose VAT is that of Directive 2006/112/EC."""


def standard_rate(country: str, day: date) -> int:
    """Raises LookupError for a country outside the Union, and for a day before the first row."""
    return in_force((row for row in RATES if row.country == country), day).rate
