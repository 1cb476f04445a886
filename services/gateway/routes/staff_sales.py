"""What staff do in sales: products, measures, transfers, refunds, disputed money, finding what somebody bought."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import EmailStr
from starlette.responses import Response

from services.gateway.authentication import CurrentStaff, RequiredKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import Limit, router
from shared.contracts import licensing
from shared.contracts.message import Created
from shared.problems import refuse

signed_in = router("staff: sales", Kind.MEMBER)

Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{2,40}$")]
OfOrder = Literal["order_id"]
Why = Annotated[
    licensing.SaleLookPurpose, Query(description="what the look is for: it is noted, and the person may read it")
]


@signed_in.put("/staff/products/{code}", status_code=204, response_class=Response)
async def put_product(
    code: Code, body: BodyWithout[licensing.PutProduct, Literal["code"]], staff: CurrentStaff
) -> Response:
    """Add or change a product; what was ordered before keeps its terms."""
    await staff.request(body.complete(code=code))
    return no_content()


@signed_in.get("/staff/products/{code}/versions")
async def versions(code: Code, staff: CurrentStaff) -> licensing.PolicyVersions:
    """The terms of a product, version by version."""
    return await staff.request(licensing.ListPolicies(product=code))


@signed_in.put("/staff/licenses/{license_id:uuid}/suspension", status_code=204, response_class=Response)
async def suspend(license_id: UUID, staff: CurrentStaff, reason: licensing.MeasureReason = "other") -> Response:
    """Suspend a license; its holder is told why."""
    await staff.request(licensing.SuspendLicense(license_id=license_id, reason=reason))
    return no_content()


@signed_in.delete("/staff/licenses/{license_id:uuid}/suspension", status_code=204, response_class=Response)
async def reinstate(license_id: UUID, staff: CurrentStaff) -> Response:
    """Take back what staff suspended a license for; it works again when nothing else suspends it."""
    await staff.request(licensing.SuspendLicense(license_id=license_id, suspended=False))
    return no_content()


@signed_in.put("/staff/licenses/{license_id:uuid}/revocation", status_code=204, response_class=Response)
async def revoke(
    license_id: UUID, body: BodyWithout[licensing.RevokeLicense, Literal["license_id"]], staff: CurrentStaff
) -> Response:
    """End a license for good; its holder is told why."""
    await staff.request(body.complete(license_id=license_id))
    return no_content()


@signed_in.get("/staff/licensing/search")
async def search(
    staff: CurrentStaff,
    purpose: Why,
    order: UUID | None = None,
    invoice: Annotated[str, Query(max_length=40)] = "",
    key_end: Annotated[str, Query(pattern="^([0-9A-Z]{5})?$", description="the last five symbols of a key")] = "",
    email: Annotated[EmailStr | None, Query()] = None,
) -> licensing.FoundBuyers:
    """What somebody bought, found by exactly one of order, invoice, key_end and email. The look is noted."""
    if sum(map(bool, (order, invoice, key_end, email))) != 1:
        raise refuse(422, "name exactly one of order, invoice, key_end and email", field="order")
    asked = licensing.LookUpSales(order=order, invoice=invoice, key_end=key_end, email=email, purpose=purpose)
    return await staff.request(asked)


@signed_in.put("/staff/buyers/{person_id:uuid}/ban", status_code=204, response_class=Response)
async def ban(
    person_id: UUID, body: BodyWithout[licensing.BanPerson, Literal["person_id"]], staff: CurrentStaff
) -> Response:
    """Take no orders from a person, and let every license rest."""
    await staff.request(body.complete(person_id=person_id))
    return no_content()


@signed_in.delete("/staff/buyers/{person_id:uuid}/ban", status_code=204, response_class=Response)
async def lift_ban(person_id: UUID, staff: CurrentStaff) -> Response:
    """Take orders from a person again."""
    await staff.request(licensing.LiftBan(person_id=person_id))
    return no_content()


@signed_in.put("/staff/orders/{order_id:uuid}/transfer", status_code=204, response_class=Response)
async def record_transfer(order_id: UUID, staff: CurrentStaff) -> Response:
    """The money for an invoiced order is on the bank account."""
    await staff.request(licensing.RecordTransfer(order_id=order_id))
    return no_content()


@signed_in.put("/staff/orders/{order_id:uuid}/seats", status_code=204, response_class=Response)
async def set_seats(order_id: UUID, body: BodyWithout[licensing.SetSeats, OfOrder], staff: CurrentStaff) -> Response:
    """How many of an order's seats are left."""
    await staff.request(body.complete(order_id=order_id))
    return no_content()


@signed_in.post("/staff/orders/{order_id:uuid}/refunds", status_code=201)
async def refund(
    order_id: UUID, body: BodyWithout[licensing.RefundOrder, OfOrder], staff: CurrentStaff, key: RequiredKey
) -> Created:
    """Refund an order: staff send a transfer within 14 days, the provider is asked for what was paid by card."""
    return await staff.request(body.complete(order_id=order_id), key)


@signed_in.get("/staff/refunds")
async def due_refunds(staff: CurrentStaff, limit: Limit = 100) -> licensing.DueRefunds:
    """Money that is to be sent: it came by transfer, or came back. Oldest first."""
    return await staff.request(licensing.ListDueRefunds(limit=limit))


@signed_in.put("/staff/refunds/{refund_id:uuid}/transfer", status_code=204, response_class=Response)
async def record_refund_sent(refund_id: UUID, staff: CurrentStaff) -> Response:
    """The money of a refund is sent."""
    await staff.request(licensing.RecordRefundSent(refund_id=refund_id))
    return no_content()


@signed_in.delete("/staff/refunds/{refund_id:uuid}", status_code=204, response_class=Response)
async def undo_refund(refund_id: UUID, staff: CurrentStaff) -> Response:
    """Take back a refund whose money is here."""
    await staff.request(licensing.UndoRefund(refund_id=refund_id))
    return no_content()


@signed_in.get("/staff/payment-cases")
async def payment_cases(staff: CurrentStaff, limit: Limit = 100) -> licensing.StaffCases:
    """Money that was told of and not booked, oldest first."""
    return await staff.request(licensing.ListStaffCases(limit=limit))


@signed_in.put("/staff/payment-cases/{case_id:uuid}/resolution", status_code=204, response_class=Response)
async def resolve(case_id: UUID, staff: CurrentStaff) -> Response:
    """What was to be done about a case is done."""
    await staff.request(licensing.ResolveStaffCase(case_id=case_id))
    return no_content()
