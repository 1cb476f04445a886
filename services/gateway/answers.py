"""Answers without a body."""

from starlette.responses import Response


def accepted() -> Response:
    """202: it is under way."""
    return Response(status_code=202)


def nothing() -> Response:
    """204: done, nothing to tell."""
    return Response(status_code=204)
