"""Staff find what somebody bought, by what a customer writes in a letter."""

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import EmailStr, Field, model_validator

from shared.contracts.actors import Staff
from shared.contracts.licensing.licenses import License
from shared.contracts.licensing.orders import Order
from shared.contracts.message import Message, Request

SaleLookPurpose = Literal["answering", "billing", "fraud", "supervision"]
"""Why one of the staff looks: to answer a customer, to put money right, to see into misuse, to supervise the others."""


class FoundInvoice(Message):
    """An invoice without its buyer; money in grosze."""

    invoice_id: UUID
    order_id: UUID
    number: str
    kind: Literal["invoice", "correction"]
    issued_on: date
    settled_on: date | None
    gross: int


class FoundBuyer(Message):
    """What one person bought, newest first; after an erasure what is retained. Devices are not told."""

    person_id: UUID
    erased: bool
    banned: bool
    orders: tuple[Order, ...]
    licenses: tuple[License, ...]
    invoices: tuple[FoundInvoice, ...]


class FoundBuyers(Message):
    """Whom a question fits; the last symbols of a key may fit several."""

    buyers: tuple[FoundBuyer, ...]


class LookUpSales(
    Request[FoundBuyers], type="licensing.look-up-sales", askers=("gateway",), actor=Staff("finance", "support")
):
    """Find buyers by exactly one of these. Each look at a living person is noted with its purpose, for that person.

    404 for an address that nobody has.
    """

    order: UUID | None = None
    invoice: str = Field(default="", max_length=40)
    key_end: str = Field(default="", pattern="^([0-9A-Z]{5})?$")
    email: EmailStr | None = Field(default=None, repr=False)
    purpose: SaleLookPurpose

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(map(bool, (self.order, self.invoice, self.key_end, self.email))) != 1:
            raise ValueError("exactly one of order, invoice, key_end and email")
        return self
