"""What an order would cost."""

from typing import Literal

from pydantic import Field

from shared.contracts.identity.accounts import Kind
from shared.contracts.licensing.catalogue import STANDARD, Edition
from shared.contracts.message import Message, Request

Treatment = Literal["domestic", "exempt", "oss", "reverse charge", "outside the EU"]
"""Where a sale is taxed, and by whom."""


class Quote(Message):
    """Price of an order before it binds anybody; money in grosze, `vat_rate` in hundredths of a percent.

    `provisions` are why it is taxed so. `taxation` says how; `treatment` does in the words of older readers, who know
    no exempt seller and nobody outside the Union.
    """

    product: str
    quantity: int
    currency: str
    net: int
    vat: int
    gross: int
    vat_rate: int
    treatment: Literal["domestic", "oss", "reverse charge"]
    taxation: Treatment = "domestic"
    provisions: tuple[str, ...]
    edition: str = STANDARD


class QuoteOrder(Request[Quote], type="licensing.quote-order", askers=("gateway",)):
    """What an order of a buyer like this would cost today; nothing of it is kept."""

    product: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    quantity: int = Field(default=1, ge=1, le=100)
    country: str = Field(default="PL", pattern=r"^[A-Z]{2}$")
    kind: Kind = "person"
    vat_number: str = Field(default="", max_length=30, repr=False)
    edition: Edition = STANDARD
