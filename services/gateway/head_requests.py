"""HEAD wherever there is GET: the same status and headers, and no body (RFC 9110, 9.3.2)."""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True)
class HeadMiddleware:
    """FastAPI's routes know no HEAD; two methods at one route would double it in the OpenAPI document.

    The body is asked for and not sent: the server knows what the client asked, and drops it.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "HEAD":
            await self.app(scope, receive, send)
            return
        as_get = {**scope, "method": "GET"}
        try:
            await self.app(as_get, receive, send)
        finally:
            scope["route"] = as_get.get("route")  # the access log names it
