"""A certificate from what is stored of its case: as JSON, as a page, as a PDF."""

from typing import Literal

from services.privacy import backup_terms
from services.privacy.certificates import store
from services.privacy.certificates.document import Document, compose, kept_by, not_checked
from services.privacy.certificates.page import page
from services.privacy.certificates.reading import readable
from services.privacy.certificates.store import ClosedCase
from services.privacy.evidence import certificates
from services.privacy.evidence.checkpoints import CheckpointSigner
from services.privacy.recipients import reading as recipients
from services.privacy.register.model import Register
from services.privacy.traces import store as traces
from shared.contracts.fields import Language
from shared.database import Transaction


async def certificate(tx: Transaction, case: ClosedCase) -> Document:
    """The evidence of a closed case, which every other form is made of."""
    reports = await store.reports(tx, case.order_id)
    earlier = await store.earlier_reports(tx, case.earlier_orders)
    unkeyed, left = await store.unkeyed(tx, case.order_id), await store.left(tx, case)
    second_pages = await store.second_pages(tx, case.subjects)
    search = await traces.of_case(tx, case.case_id)
    informed = (await recipients.of_cases(tx, [case.case_id])).get(case.case_id, ())
    said = compose(case, reports, earlier, unkeyed, left, second_pages, search, informed)
    return said | not_checked(await backup_terms.until(tx, case.closed_at))


async def issued(tx: Transaction, case: ClosedCase, signer: CheckpointSigner) -> Document:
    """The same with the proof that it stands in the log, in which every version of it is entered once."""
    document = await certificate(tx, case)
    return document | {"evidence": await certificates.proof(tx, case.case_id, document, signer)}


async def document(
    tx: Transaction, case: ClosedCase, register: Register, form: Literal["html", "pdf"], language: Language
) -> bytes:
    """The same for a person to read."""
    issued = await certificate(tx, case)
    words = readable(issued, kept_by(issued), register, language)
    controller = f"{register.controller.name}, {register.controller.address}"
    if form == "html":
        return page(words, controller)
    from services.privacy.certificates.pdf import pdf  # noqa: PLC0415 its library is a seventh of the service's start

    return pdf(words, controller, case.closed_at)
