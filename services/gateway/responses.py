"""Responses without a body, and what goes with documents for people."""

from typing import Any

from starlette.responses import Response

from shared.contracts.licensing import Export, InvoiceDocument, KsefDocument

PAGE_HEADERS = {
    # a page brings its own style and nothing else
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
}

Described = dict[int | str, dict[str, Any]]
PDF_TYPE, CSV_TYPE, XML_TYPE = "application/pdf", "text/csv", "application/xml"


def _described(media_type: str) -> Described:
    return {200: {"content": {media_type: {"schema": {"type": "string"}}}, "description": "the file"}}


PDF, CSV, XML = map(_described, (PDF_TYPE, CSV_TYPE, XML_TYPE))


def pdf(document: InvoiceDocument) -> Response:
    """To be looked at, under the number of the invoice."""
    return _file(document.content, PDF_TYPE, "inline", f"{_plain(document.number)}.pdf")


def xml(document: KsefDocument) -> Response:
    """As KSeF has it, under the number of the invoice."""
    return _file(document.content, XML_TYPE, "attachment", f"{_plain(document.number)}.xml")


def csv(export: Export) -> Response:
    """A file to keep, and by what the log of disclosures knows it."""
    response = _file(export.content, CSV_TYPE, "attachment", export.name)
    if export.reference:
        response.headers["Lethe-Reference"] = export.reference
    return response


def _file(content: str | bytes, media_type: str, shown: str, name: str) -> Response:
    named = {"Content-Disposition": f'{shown}; filename="{name}"'}
    return Response(content, media_type=media_type, headers=PAGE_HEADERS | named)


def _plain(number: str) -> str:
    """With dashes for what no file name may hold."""
    return number.replace("/", "-")


def accepted() -> Response:
    return Response(status_code=202)


def no_content() -> Response:
    return Response(status_code=204)
