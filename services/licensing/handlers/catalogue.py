"""The products on sale, and what an order of them would cost."""

from services.licensing import catalogue, quotes
from services.licensing.orders import store as orders
from services.licensing.vat.countries import Taxation
from shared.clock import today
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ListProducts, purpose=Purpose.CONTRACT)
async def list_products(request: licensing.ListProducts, tx: Transaction, taxation: Taxation) -> licensing.Products:
    to_whom = request.country, taxation.policy, today()
    return licensing.Products(
        products=tuple(quotes.offered(product, *to_whom) for product in await catalogue.on_sale(tx))
    )


@router.request(licensing.QuoteOrder, purpose=Purpose.CONTRACT)
async def quote_order(request: licensing.QuoteOrder, tx: Transaction, taxation: Taxation) -> licensing.Quote:
    product, sold = await catalogue.orderable(tx, request.product), 0
    if not taxation.policy.oss:
        await tx.declare(Purpose.LEGAL_DUTY)  # what the erased bought counts too
        sold = await orders.sold_abroad(tx, today())
    return quotes.quote(request, product, taxation.policy, sold, today())


@router.request(licensing.PutProduct, purpose=Purpose.UPKEEP)
async def put_product(request: licensing.PutProduct, tx: Transaction) -> Done:
    await catalogue.put(tx, request)
    return Done()
