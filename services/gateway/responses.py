"""Responses without a body, and what goes with documents for people."""

from starlette.responses import Response

PAGE_HEADERS = {
    # a page brings its own style and nothing else
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
}


def accepted() -> Response:
    return Response(status_code=202)


def no_content() -> Response:
    return Response(status_code=204)
