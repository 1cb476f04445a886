"""Liveness, readiness and metrics over HTTP: `/health/live`, `/health/ready`, `/metrics`."""

import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.lifecycle import CannotStart

BACKLOG = 2048

Checks = Callable[[], Awaitable[dict[str, bool]]]


def routes(checks: Checks, lives: Callable[[], bool] = lambda: True) -> list[Route]:
    """What may be told to everybody: ready means that every check holds, not live that a new process is needed."""

    async def live(_request: Request) -> Response:
        return PlainTextResponse("live") if lives() else PlainTextResponse("consumers are gone", status_code=503)

    async def ready(_request: Request) -> Response:
        states = await checks()
        return JSONResponse(states, status_code=200 if all(states.values()) else 503)

    return [Route("/health/live", live), Route("/health/ready", ready)]


def application(checks: Checks, lives: Callable[[], bool] = lambda: True) -> Starlette:
    """What operators ask on an address of their own."""

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type="text/plain; version=0.0.4")

    return Starlette(routes=[*routes(checks, lives), Route("/metrics", metrics)])


class Server(uvicorn.Server):
    """uvicorn inside a process that handles signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the service: uvicorn's own handler would stop answering before the drain."""
        yield


class PortTaken(CannotStart):
    """Something else listens on the port; the message names it."""


def listen(host: str, port: int) -> socket.socket:
    """Take the port. uvicorn's own way ends the process without a word when the port is taken.

    The protocol is named because asyncio turns Nagle's algorithm off only then: 40 ms an answer (seen).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise PortTaken(f"can't listen on {host}:{port}: {error.strerror}") from error
    return listening


def server(app: Starlette) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="critical",
        lifespan="off",
        timeout_keep_alive=30,
    )
    return Server(config)
