"""The products and their terms."""

from dataclasses import dataclass

from shared.contracts import licensing
from shared.database import Transaction
from shared.problems import refuse

ON_SALE = "SELECT code, name, net, device_limit, months FROM product WHERE on_sale ORDER BY code"
ONE_ON_SALE = "SELECT code, name, net, device_limit, months FROM product WHERE code = $1 AND on_sale"
CONDITIONS = "SELECT fingerprint_required, max_deactivations FROM product WHERE code = $1"
NAME = "SELECT name FROM product WHERE code = $1"
PUT = """
INSERT INTO product (code, name, net, device_limit, months, on_sale, fingerprint_required, max_deactivations)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, net = excluded.net, device_limit = excluded.device_limit,
  months = excluded.months, on_sale = excluded.on_sale,
  fingerprint_required = excluded.fingerprint_required, max_deactivations = excluded.max_deactivations
"""


@dataclass(frozen=True)
class Product:
    """`net` in grosze; `months` is None for a perpetual license."""

    code: str
    name: str
    net: int
    device_limit: int
    months: int | None


@dataclass(frozen=True)
class Conditions:
    """What a license keeps of its product, besides the order: whether it needs a seat, how often one is given back."""

    fingerprint_required: bool
    max_deactivations: int | None


async def on_sale(tx: Transaction) -> list[Product]:
    return [Product(**row) for row in await tx.rows(ON_SALE)]


async def orderable(tx: Transaction, code: str) -> Product:
    """Raises Refused (422) for what is not on sale."""
    row = await tx.row(ONE_ON_SALE, code)
    if row is None:
        raise refuse(422, "no such product on sale", field="product")
    return Product(**row)


async def name_of(tx: Transaction, code: str) -> str:
    return str(await tx.value(NAME, code))


async def conditions(tx: Transaction, code: str) -> Conditions:
    row = await tx.row(CONDITIONS, code)
    if row is None:
        raise LookupError(code)
    return Conditions(**row)


async def put(tx: Transaction, product: licensing.PutProduct) -> None:
    """Add or change a product; what was ordered before keeps its terms."""
    terms = (product.net, product.device_limit, product.months, product.on_sale)
    await tx.run(PUT, product.code, product.name, *terms, product.fingerprint_required, product.max_deactivations)
