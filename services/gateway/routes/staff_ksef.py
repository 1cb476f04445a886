"""What staff see of invoices on their way to KSeF."""

from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff
from services.gateway.limits import Kind
from services.gateway.responses import XML, no_content, xml
from services.gateway.routing import Limit, router
from shared.contracts import licensing

signed_in = router("staff: KSeF", Kind.MEMBER)


@signed_in.get("/staff/ksef/invoices")
async def invoices(staff: CurrentStaff, limit: Limit = 100) -> licensing.KsefInvoices:
    """Invoices that KSeF has not accepted, with the last day for sending each; the oldest first."""
    return await staff.request(licensing.ListKsefInvoices(limit=limit))


@signed_in.post("/staff/ksef/invoices/{invoice_id:uuid}/retry", status_code=204, response_class=Response)
async def retry(invoice_id: UUID, staff: CurrentStaff) -> Response:
    """Send one again that KSeF rejected, when what was wrong is right."""
    await staff.request(licensing.RetryKsefInvoice(invoice_id=invoice_id))
    return no_content()


@signed_in.get("/staff/ksef/invoices/{invoice_id:uuid}/document", responses=XML, response_class=Response)
async def document(invoice_id: UUID, staff: CurrentStaff) -> Response:
    """An invoice in the structure FA(3), as it was sent or would be. That you look at it is noted."""
    return xml(await staff.request(licensing.ReadKsefDocument(invoice_id=invoice_id)))


@signed_in.get("/staff/ksef/invoices/{invoice_id:uuid}/receipt", responses=XML, response_class=Response)
async def receipt(invoice_id: UUID, staff: CurrentStaff) -> Response:
    """What KSeF confirmed when it took the invoice (UPO). That you look at it is noted."""
    return xml(await staff.request(licensing.ReadKsefReceipt(invoice_id=invoice_id)))
