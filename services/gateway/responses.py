"""Responses without a body, and what goes with documents for people."""

from typing import Any

from starlette.responses import Response

from shared.contracts.licensing import Export, InvoiceDocument, KsefDocument

PAGE_HEADERS = {
    # a page brings its own style and nothing else
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
}

PDF_TYPE = "application/pdf"
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {PDF_TYPE: {"schema": {"type": "string"}}}, "description": "the document"}
}


def pdf(document: InvoiceDocument) -> Response:
    """Under the number of the invoice, with dashes for what no file name may hold."""
    named = {"Content-Disposition": f'inline; filename="{document.number.replace("/", "-")}.pdf"'}
    return Response(document.content, media_type=PDF_TYPE, headers=PAGE_HEADERS | named)


CSV_TYPE = "text/csv"
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {CSV_TYPE: {"schema": {"type": "string"}}}, "description": "the file"}
}


def csv(export: Export) -> Response:
    """A file to keep, and by what the log of disclosures knows it."""
    named = {"Content-Disposition": f'attachment; filename="{export.name}"'}
    if export.reference:
        named["Lethe-Reference"] = export.reference
    return Response(export.content, media_type=CSV_TYPE, headers=PAGE_HEADERS | named)


XML_TYPE = "application/xml"
XML: dict[int | str, dict[str, Any]] = {
    200: {"content": {XML_TYPE: {"schema": {"type": "string"}}}, "description": "the document"}
}


def xml(document: KsefDocument) -> Response:
    """As KSeF has it, under the number of the invoice."""
    named = {"Content-Disposition": f'attachment; filename="{document.number.replace("/", "-")}.xml"'}
    return Response(document.content, media_type=XML_TYPE, headers=PAGE_HEADERS | named)


def accepted() -> Response:
    return Response(status_code=202)


def no_content() -> Response:
    return Response(status_code=204)
