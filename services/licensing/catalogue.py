"""What is on sale and on which terms."""

from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Row, Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("licensing")

ON_SALE = "SELECT code, name, net, device_limit, months FROM product WHERE on_sale ORDER BY code"
ONE = "SELECT code, name, net, device_limit, months FROM product WHERE code = $1 AND on_sale"
NAME = "SELECT name FROM product WHERE code = $1"
PUT = """
INSERT INTO product (code, name, net, device_limit, months, on_sale) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, net = excluded.net, device_limit = excluded.device_limit,
  months = excluded.months, on_sale = excluded.on_sale
"""


@router.request(licensing.ListProducts, purpose=Purpose.CONTRACT)
async def list_products(_request: licensing.ListProducts, tx: Transaction) -> licensing.Products:
    """What is on sale now."""
    return licensing.Products(
        products=tuple(licensing.Product.model_validate(dict(row)) for row in await tx.rows(ON_SALE))
    )


@router.request(licensing.PutProduct, purpose=Purpose.UPKEEP)
async def put_product(request: licensing.PutProduct, tx: Transaction) -> Done:
    """Add or change a product."""
    await tx.run(PUT, request.code, request.name, request.net, request.device_limit, request.months, request.on_sale)
    return Done()


async def on_sale(tx: Transaction, code: str) -> Row:
    """A product that can be ordered. Raises Refused (422)."""
    row = await tx.row(ONE, code)
    if row is None:
        raise refuse(422, "no such product on sale", field="product")
    return row


async def name_of(tx: Transaction, code: str) -> str:
    """What a product is called on an invoice."""
    return str(await tx.value(NAME, code))
