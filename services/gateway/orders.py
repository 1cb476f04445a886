"""The catalogue, orders, payments and invoices."""

from typing import Any, Literal
from uuid import UUID

from starlette.responses import Response

from services.gateway.answers import nothing
from services.gateway.bodies import Without
from services.gateway.callers import Anybody, CurrentMember, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.routes import routes
from shared.contracts import licensing
from shared.contracts.message import Created

anybody = routes("orders")
members = routes("orders", Kind.MEMBER)


@anybody.get("/products", response_model=licensing.Products)
async def products(caller: Anybody) -> Any:
    """What is on sale."""
    return await caller.ask(licensing.ListProducts())


@members.post("/orders", status_code=201, response_model=Created)
async def place_order(
    body: Without[licensing.PlaceOrder, Literal["subject_id", "ip"]], member: CurrentMember, key: IdempotencyKey = ""
) -> Any:
    """Order a product."""
    return await member.ask(body.complete(subject_id=member.subject_id, ip=member.address), key)


@members.get("/orders", response_model=licensing.Orders)
async def orders(member: CurrentMember) -> Any:
    """One's own orders, newest first."""
    return await member.ask(licensing.ListOrders(subject_id=member.subject_id))


@members.delete("/orders/{order_id:uuid}", status_code=204, response_class=Response)
async def cancel_order(order_id: UUID, member: CurrentMember) -> Response:
    """Take back an order that is still open."""
    await member.ask(licensing.CancelOrder(subject_id=member.subject_id, order_id=order_id))
    return nothing()


@members.post("/orders/{order_id:uuid}/payments", status_code=201, response_model=licensing.Payment)
async def pay(order_id: UUID, member: CurrentMember, response: Response, key: IdempotencyKey = "") -> Any:
    """Begin to pay an open order; go on at `pay_url` with the provider."""
    begin = licensing.StartPayment(subject_id=member.subject_id, order_id=order_id)
    begun: Created = await member.ask(begin, key)
    response.headers["Location"] = f"/payments/{begun.id}"
    return await member.ask(licensing.ReadPayment(subject_id=member.subject_id, payment_id=begun.id))


@members.get("/payments/{payment_id:uuid}", response_model=licensing.Payment)
async def payment(payment_id: UUID, member: CurrentMember) -> Any:
    """One of one's own payments."""
    return await member.ask(licensing.ReadPayment(subject_id=member.subject_id, payment_id=payment_id))


@members.get("/invoices", response_model=licensing.Invoices)
async def invoices(member: CurrentMember) -> Any:
    """One's own invoices, newest first."""
    return await member.ask(licensing.ListInvoices(subject_id=member.subject_id))


@members.get("/invoices/{invoice_id:uuid}", response_model=licensing.Invoice)
async def invoice(invoice_id: UUID, member: CurrentMember) -> Any:
    """One of one's own invoices."""
    return await member.ask(licensing.ReadInvoice(subject_id=member.subject_id, invoice_id=invoice_id))
