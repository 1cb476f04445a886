"""What is on sale."""

from pydantic import Field

from shared.contracts.actors import Staff
from shared.contracts.message import Done, Message, Request


class Product(Message):
    """What is on sale. Money in grosze; `months` is None for a perpetual license.

    `gross` and `vat_rate` are those of a consumer in the country that was asked for; None where none was.
    """

    code: str
    name: str
    net: int
    device_limit: int
    months: int | None
    gross: int | None = None
    vat_rate: int | None = None


class Products(Message):
    """The catalogue."""

    products: tuple[Product, ...]


class ListProducts(Request[Products], type="licensing.list-products", askers=("gateway",)):
    """What is on sale now; with a country also what a consumer there pays. 422 where we don't sell to consumers."""

    country: str = Field(default="", pattern=r"^([A-Z]{2})?$")


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
    max_deactivations: int | None = Field(default=None, ge=1, le=10_000)
    """How often a program may free a seat of a license by its key in 30 days; None for as often as it likes."""
