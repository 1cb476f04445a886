"""Responses without a body."""

from starlette.responses import Response


def accepted() -> Response:
    """202, for what goes on after the answer."""
    return Response(status_code=202)


def no_content() -> Response:
    """204."""
    return Response(status_code=204)
