"""Responses without a body."""

from starlette.responses import Response


def accepted() -> Response:
    return Response(status_code=202)


def no_content() -> Response:
    return Response(status_code=204)
