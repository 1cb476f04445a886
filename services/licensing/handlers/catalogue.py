"""The products on sale."""

from services.licensing import catalogue
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ListProducts, purpose=Purpose.CONTRACT)
async def list_products(_request: licensing.ListProducts, tx: Transaction) -> licensing.Products:
    products = await catalogue.on_sale(tx)
    return licensing.Products(
        products=tuple(licensing.Product.model_validate(product, from_attributes=True) for product in products)
    )


@router.request(licensing.PutProduct, purpose=Purpose.UPKEEP)
async def put_product(request: licensing.PutProduct, tx: Transaction) -> Done:
    await catalogue.put(tx, request)
    return Done()
