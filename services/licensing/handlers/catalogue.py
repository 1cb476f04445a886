"""The products on sale, and what an order of them would cost."""

from services.licensing import catalogue, quotes
from services.licensing.orders import facts
from services.licensing.policies import store as policies
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


@router.request(licensing.QuoteOrder, purpose=Purpose.CONTRACT, prepare=facts.sold_abroad)
async def quote_order(
    request: licensing.QuoteOrder, tx: Transaction, prepared: int, taxation: Taxation
) -> licensing.Quote:
    product = await catalogue.orderable(tx, request.product, request.edition)
    return quotes.quote(request, product, taxation.policy, prepared, today())


@router.request(licensing.PutProduct, purpose=Purpose.UPKEEP)
async def put_product(request: licensing.PutProduct, tx: Transaction) -> Done:
    await catalogue.put(tx, request)
    return Done()


@router.request(licensing.ListPolicies, purpose=Purpose.UPKEEP)
async def list_policies(request: licensing.ListPolicies, tx: Transaction) -> licensing.PolicyVersions:
    return licensing.PolicyVersions(versions=await policies.versions(tx, request.product))
