"""What staff do with invoices: they look at one, and hand the books over."""

from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff
from services.gateway.limits import Kind
from services.gateway.responses import PDF, pdf
from services.gateway.routing import router
from shared.contracts import licensing

signed_in = router("staff: invoices", Kind.MEMBER)


@signed_in.get("/staff/invoices/{invoice_id:uuid}/document", responses=PDF, response_class=Response)
async def document(invoice_id: UUID, staff: CurrentStaff) -> Response:
    """Anybody's invoice as a PDF, also after an erasure. That you look at it is noted."""
    return pdf(await staff.request(licensing.LookAtInvoice(invoice_id=invoice_id)))
