"""The products on sale, and what an order of them would cost."""

from services.licensing import catalogue, quotes
from shared.clock import today
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ListProducts, purpose=Purpose.CONTRACT)
async def list_products(request: licensing.ListProducts, tx: Transaction) -> licensing.Products:
    on_sale, day = await catalogue.on_sale(tx), today()
    return licensing.Products(products=tuple(quotes.offered(product, request.country, day) for product in on_sale))


@router.request(licensing.QuoteOrder, purpose=Purpose.CONTRACT)
async def quote_order(request: licensing.QuoteOrder, tx: Transaction) -> licensing.Quote:
    return quotes.quote(request, await catalogue.orderable(tx, request.product), today())


@router.request(licensing.PutProduct, purpose=Purpose.UPKEEP)
async def put_product(request: licensing.PutProduct, tx: Transaction) -> Done:
    await catalogue.put(tx, request)
    return Done()
