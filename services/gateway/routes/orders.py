"""The catalogue, orders, payments and invoices."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from services.gateway.authentication import Anybody, CurrentMember, RequiredKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body, BodyWithout
from services.gateway.responses import PDF, no_content, pdf
from services.gateway.routing import router
from shared.contracts import licensing
from shared.contracts.message import Created

TermsVersion = Annotated[str, Query(max_length=40, description="a certain version instead of the one in force")]
Country = Annotated[str, Query(pattern=r"^([A-Z]{2})?$", description="of a consumer, ISO 3166-1")]

anybody = router("orders")
members = router("orders", Kind.MEMBER)


@anybody.get("/products")
async def products(caller: Anybody, country: Country = "") -> licensing.Products:
    """What is on sale; with a country also what a consumer there pays, VAT included."""
    return await caller.request(licensing.ListProducts(country=country))


@anybody.post("/quotes")
async def quote(body: Body[licensing.QuoteOrder], caller: Anybody) -> licensing.Quote:
    """What an order would cost, before it binds anybody: net, VAT, gross, and why it is taxed so. Nothing is kept."""
    return await caller.request(body.complete())


@anybody.get("/terms")
async def terms(caller: Anybody, version: TermsVersion = "") -> licensing.Terms:
    """The terms of sale in force, or those of a certain version."""
    return await caller.request(licensing.ReadTerms(version=version))


@members.post("/orders", status_code=201)
async def place_order(
    body: BodyWithout[licensing.PlaceOrder, Literal["ip"]],
    member: CurrentMember,
    key: RequiredKey,
) -> Created:
    """Order a product."""
    return await member.request(body.complete(ip=member.address), key)


@members.get("/orders")
async def orders(member: CurrentMember) -> licensing.Orders:
    """One's own orders, newest first."""
    return await member.request(licensing.ListOrders())


@members.delete("/orders/{order_id:uuid}", status_code=204, response_class=Response)
async def cancel_order(order_id: UUID, member: CurrentMember) -> Response:
    """Take back an order that is still open."""
    await member.request(licensing.CancelOrder(order_id=order_id))
    return no_content()


@members.post("/orders/{order_id:uuid}/confirmation", status_code=204, response_class=Response)
async def resend_confirmation(order_id: UUID, member: CurrentMember) -> Response:
    """Have the letter that confirms the contract sent again: the key is shown once it was handed over."""
    await member.request(licensing.ResendConfirmation(order_id=order_id))
    return no_content()


@members.post("/orders/{order_id:uuid}/withdrawal")
async def offer_withdrawal(order_id: UUID, member: CurrentMember) -> licensing.WithdrawalOffer:
    """The first step of a withdrawal: what it would do, or what stands in its way. It changes nothing."""
    return await member.request(licensing.OfferWithdrawal(order_id=order_id))


@members.post("/orders/{order_id:uuid}/withdrawal/confirm")
async def withdraw(order_id: UUID, member: CurrentMember) -> licensing.Withdrawal:
    """The second step: withdraw from the contract. A letter acknowledges it at once; repeating it is answered alike."""
    return await member.request(licensing.WithdrawOrder(order_id=order_id))


@members.post("/orders/{order_id:uuid}/payments", status_code=201)
async def pay(order_id: UUID, member: CurrentMember, response: Response, key: RequiredKey) -> licensing.Payment:
    """Begin to pay an open order; go on at `pay_url` with the provider."""
    begin = licensing.StartPayment(order_id=order_id)
    begun = await member.request(begin, key)
    response.headers["Location"] = f"/payments/{begun.id}"
    return await member.request(licensing.ReadPayment(payment_id=begun.id))


@members.get("/payments/{payment_id:uuid}")
async def payment(payment_id: UUID, member: CurrentMember) -> licensing.Payment:
    """One of one's own payments."""
    return await member.request(licensing.ReadPayment(payment_id=payment_id))


@members.get("/invoices")
async def invoices(member: CurrentMember) -> licensing.Invoices:
    """One's own invoices, newest first."""
    return await member.request(licensing.ListInvoices())


@members.get("/invoices/{invoice_id:uuid}")
async def invoice(invoice_id: UUID, member: CurrentMember) -> licensing.Invoice:
    """One of one's own invoices."""
    return await member.request(licensing.ReadInvoice(invoice_id=invoice_id))


@members.get("/invoices/{invoice_id:uuid}/document", responses=PDF, response_class=Response)
async def invoice_document(invoice_id: UUID, member: CurrentMember) -> Response:
    """One of one's own invoices as a PDF, as it was issued."""
    return pdf(await member.request(licensing.ReadInvoiceDocument(invoice_id=invoice_id)))
