"""What every route does before its function: the client's rate, the media type, JSON with one meaning."""

import email.message
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.routing import APIRoute
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import Response

from services.gateway.authentication import resources_of, sender_of, token_of
from services.gateway.limits import Kind
from services.gateway.request_bodies import read_json
from shared.problems import refuse

JSON = "application/json"
Limit = Annotated[int, Query(ge=1, le=1000)]
"""How many of a list are answered at once."""
MAILED = r"^[A-Za-z0-9_.~-]{20,200}$"

Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class _ParsedRequest(Request):
    """A request whose JSON has been parsed already."""

    parsed: Any = None

    async def json(self) -> Any:
        return self.parsed


class _Route(APIRoute):
    kind = Kind.OPEN

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            _within_limits(request, self.kind)
            if self.body_field is None:
                return await handle(request)
            return await handle(await _with_json(request))

        return checked


def router(tag: str, kind: Kind = Kind.OPEN) -> APIRouter:
    return APIRouter(tags=[tag], route_class=type("Route", (_Route,), {"kind": kind}))


def _within_limits(request: Request, kind: Kind) -> None:
    """Spend from the client's buckets. Raises TooMany."""
    limits, client = resources_of(request).limits, sender_of(request).client
    limits.spend(Kind.ADDRESS, client)
    session = token_of(request) if kind is Kind.MEMBER else ""
    limits.spend(kind, session or client)


async def _with_json(request: Request) -> Request:
    """Parse the body as JSON. Raises Refused: 400, or 415 for another media type."""
    body = await request.body()
    parsed = _ParsedRequest(request.scope, request.receive)
    parsed._body = body  # noqa: SLF001 as Starlette's own middleware hands a body on
    if body:
        if not _is_json(request.headers.get("content-type", "")):
            raise refuse(415, "the body must be application/json")
        parsed.parsed = read_json(body)
    return parsed


def _is_json(content_type: str) -> bool:
    if content_type == JSON:  # what nearly everybody sends, without the parser of mail
        return True
    message = email.message.Message()
    message["content-type"] = content_type
    return message.get_content_type() == JSON


class _Secret(Convertor[str]):
    """A token in a path, written `{token:secret}`; anything else is no such path."""

    regex = MAILED.strip("^$")

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("secret", _Secret())
