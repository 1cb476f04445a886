"""Around every request: a bounded body, a response without details of a fault, a line in the access log.

The line names the route and not the path: paths carry tokens. Addresses are not written at all.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from opentelemetry.trace import Span, SpanKind, StatusCode
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway import problems
from shared.observability import log
from shared.problems import Problem, Refused, refuse
from shared.tracing import work

UNMATCHED = "unmatched"
OTHER = "other"
SERVER_ERROR = 500
OPERATORS = ("/health/live", "/health/ready", "/openapi.json")
DISCARDED_BYTES = 1024 * 1024  # what is still read of a body that is too large, so that its sender reads the answer

REQUESTS = Counter("lethe_http_requests_total", "HTTP requests by route and status", ["method", "route", "status"])
DURATION = Histogram("lethe_http_request_seconds", "Time from the request's head to its answer", ["route"])

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class RequestMiddleware:
    """`limits` names the paths that may send more than `max_bytes`; `*` stands for an id."""

    app: ASGIApp
    max_bytes: int
    limits: Mapping[str, int]
    body_timeout_s: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started, response = time.monotonic(), _Response(send)
        with work("http", None, SpanKind.SERVER) as span:
            try:
                await self._serve(scope, receive, response)
            finally:
                _record(scope, response.status, time.monotonic() - started)
                _trace(scope, response.status, span)

    async def _serve(self, scope: Scope, receive: Receive, response: "_Response") -> None:
        try:
            body = await self._read(scope, receive)
        except Refused as refused:
            await problems.response(refused.problem)(scope, receive, response.send)
            return
        except _ClientLeft:
            return
        try:
            await self.app(scope, _replayed(body, receive), response.send)
        except Exception as error:  # noqa: BLE001 the boundary: no detail of the error may reach the client
            problems.report(error, _route(scope), _method(scope))
            if not response.status:
                await problems.unforeseen()(scope, receive, response.send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body. Raises Refused: 413 over the limit, 408 when it does not come in time."""
        limit = next((size for path, size in self.limits.items() if fnmatchcase(scope["path"], path)), self.max_bytes)
        if _content_length(scope) > max(limit, DISCARDED_BYTES):
            raise _too_large(limit)
        try:
            async with asyncio.timeout(self.body_timeout_s):
                return await _collect(receive, limit)
        except TimeoutError:
            raise refuse(408, "the body did not arrive in time") from None


async def _collect(receive: Receive, limit: int) -> bytes:
    parts, size, more = [], 0, True
    while more and size <= max(limit, DISCARDED_BYTES):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientLeft
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size <= limit:
            parts.append(part)
    if size > limit:
        raise _too_large(limit)
    return b"".join(parts)


def _too_large(limit: int) -> Refused:
    return Refused(Problem(title="the body is too large", status=413, detail=f"at most {limit} bytes"))


class _ClientLeft(Exception):
    """The client left before the body was complete."""


class _Response:
    """Sends a response with the headers that every one has, and remembers its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Hand out the body that was read, then the messages of the connection."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message


def _content_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _route(scope: Scope) -> str:
    """The route's template; the framework does not tell it for the operators' own paths."""
    route: Any = scope.get("route")
    if route is not None:
        return str(route.path_format)
    return scope["path"] if scope["path"] in OPERATORS else UNMATCHED


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in problems.METHODS else OTHER


def _record(scope: Scope, status: int, duration_s: float) -> None:
    route, method = _route(scope), _method(scope)
    REQUESTS.labels(method, route, status).inc()
    DURATION.labels(route).observe(duration_s)
    report = log.debug if route in OPERATORS else log.info
    report("request", method=method, route=route, status=status, milliseconds=round(duration_s * 1000, 1))


def _trace(scope: Scope, status: int, span: Span) -> None:
    """Say what the request was, which is known at its end."""
    if span.is_recording():
        method, route = _method(scope), _route(scope)
        span.update_name(f"{method} {route}")
        span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
        if status >= SERVER_ERROR:
            span.set_status(StatusCode.ERROR)
