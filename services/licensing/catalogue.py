"""The products on sale, each in its editions."""

from dataclasses import dataclass

from services.licensing.policies import store as policies
from services.licensing.policies.rules import Policy
from shared.contracts import licensing
from shared.database import Transaction
from shared.problems import refuse

ON_SALE = f"""
SELECT DISTINCT ON (code, product.edition) product.name, product.net, {policies.COLUMNS}
FROM product JOIN policy ON (policy.product, policy.edition) = (product.code, product.edition)
WHERE on_sale AND ($1 = '' OR (code, product.edition) = ($1, $2))
ORDER BY code, product.edition, version DESC
"""  # noqa: S608 constants
NAME = "SELECT name FROM product WHERE code = $1 AND edition = $2"
PUT = """
INSERT INTO product (code, edition, name, net, on_sale) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (code, edition) DO UPDATE SET name = excluded.name, net = excluded.net, on_sale = excluded.on_sale
"""


@dataclass(frozen=True)
class Product:
    """A product in one of its editions, with the newest version of its terms; `net` in grosze."""

    name: str
    net: int
    policy: Policy


async def on_sale(tx: Transaction) -> list[Product]:
    return [Product(**policies.split(row)) for row in await tx.rows(ON_SALE, "", "")]


async def orderable(tx: Transaction, code: str, edition: str) -> Product:
    """Raises Refused (422) for what is not on sale."""
    row = await tx.row(ON_SALE, code, edition)
    if row is None:
        raise refuse(422, "no such product on sale", field="product")
    return Product(**policies.split(row))


async def name_of(tx: Transaction, policy: Policy) -> str:
    return str(await tx.value(NAME, policy.product, policy.edition))


async def put(tx: Transaction, product: licensing.PutProduct) -> None:
    """Add or change a product in an edition; its row is locked before its versions are counted."""
    await tx.run(PUT, product.code, product.edition, product.name, product.net, product.on_sale)
    await policies.add(tx, product)
