"""HEAD wherever there is GET: the same status and headers, and no body (RFC 9110, 9.3.2)."""

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class HeadMiddleware:
    """FastAPI's routes know no HEAD; two methods at one route would double it in the OpenAPI document."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "HEAD":
            await self.app(scope, receive, send)
            return
        as_get = {**scope, "method": "GET"}
        try:
            await self.app(as_get, receive, _without_body(send))
        finally:
            scope["route"] = as_get.get("route")  # the access log names it


def _without_body(send: Send) -> Send:
    async def bare(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return bare
