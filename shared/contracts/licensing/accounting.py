"""What the accountant is handed: the rows of the VAT return, the OSS return, the ledger."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.fields import Day
from shared.contracts.message import Message, Request

Month = Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
Quarter = Annotated[str, StringConstraints(pattern=r"^20\d\d-Q[1-4]$")]
Rate = Annotated[str, StringConstraints(pattern=r"^[1-9]\d?\.\d{4}$")]
"""PLN for one EUR with four decimals, as `4.2512`."""


class Export(Message):
    """A file as CSV (RFC 4180). `reference` is by what the log of disclosures knows it; empty where it names nobody."""

    name: str
    content: str
    reference: str = ""


class QuarterRate(Message):
    """The rate of the European Central Bank on the last day of a quarter (Directive 2006/112/EC Art. 369h(2))."""

    quarter: Quarter
    pln_per_eur: Rate


class ExportVatRegister(
    Request[Export], type="licensing.export-vat-register", askers=("gateway",), actor=Staff("finance")
):
    """The sales of a month by the day of issue, with the columns of JPK_V7M(3). Everybody in it is told to the log."""

    month: Month


class ExportOssReturn(Request[Export], type="licensing.export-oss-return", askers=("gateway",), actor=Staff("finance")):
    """The OSS return of a quarter by country and rate, in EUR; corrections of earlier quarters apart, by theirs.

    422 names the quarters whose rate is missing. It names nobody.
    """

    quarter: Quarter
    rates: tuple[QuarterRate, ...] = Field(min_length=1, max_length=20)


class ExportLedger(Request[Export], type="licensing.export-ledger", askers=("gateway",), actor=Staff("finance")):
    """Each invoice and correction issued within some days, a year of them at most."""

    first_day: Day
    last_day: Day
