"""What is on sale."""

from pydantic import Field

from shared.contracts.actors import Staff
from shared.contracts.message import Done, Message, Request


class Product(Message):
    """What is on sale. Money in grosze; `months` is None for a perpetual license."""

    code: str
    name: str
    net: int
    device_limit: int
    months: int | None


class Products(Message):
    """The catalogue."""

    products: tuple[Product, ...]


class ListProducts(Request[Products], type="licensing.list-products", askers=("gateway",)):
    """What is on sale now."""


class PutProduct(Request[Done], type="licensing.put-product", askers=("gateway",), actor=Staff("administrator")):
    """Staff add or change a product; what was ordered before keeps its terms."""

    code: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    name: str = Field(min_length=1, max_length=120)
    net: int = Field(ge=1, le=100_000_000)
    device_limit: int = Field(ge=1, le=10_000)
    months: int | None = Field(default=None, ge=1, le=120)
    on_sale: bool = True
    fingerprint_required: bool = False
    """Its licenses are valid on a device with a seat only, and never without a fingerprint."""
