"""What staff do with invoices: they look at one, and hand the books over."""

from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import CurrentStaff
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body
from services.gateway.responses import CSV, PDF, csv, pdf
from services.gateway.routing import router
from shared.contracts import licensing

signed_in = router("staff: invoices", Kind.MEMBER)


@signed_in.get("/staff/invoices/{invoice_id:uuid}/document", responses=PDF, response_class=Response)
async def document(invoice_id: UUID, staff: CurrentStaff) -> Response:
    """Anybody's invoice as a PDF, also after an erasure. That you look at it is noted."""
    return pdf(await staff.request(licensing.LookAtInvoice(invoice_id=invoice_id)))


@signed_in.post("/staff/exports/vat-register", responses=CSV, response_class=Response)
async def vat_register(body: Body[licensing.ExportVatRegister], staff: CurrentStaff) -> Response:
    """A month's sales with the columns of JPK_V7M(3), for the bookkeeper: that each is named in it is in their copy."""
    return csv(await staff.request(body.complete()))


@signed_in.post("/staff/exports/oss-return", responses=CSV, response_class=Response)
async def oss_return(body: Body[licensing.ExportOssReturn], staff: CurrentStaff) -> Response:
    """A quarter's OSS return by country and rate, in EUR at the rates that you give. It names nobody."""
    return csv(await staff.request(body.complete()))


@signed_in.post("/staff/exports/ledger", responses=CSV, response_class=Response)
async def ledger(body: Body[licensing.ExportLedger], staff: CurrentStaff) -> Response:
    """All invoices and corrections of some days, for the bookkeeper: that each is named in it is in their copy."""
    return csv(await staff.request(body.complete()))
