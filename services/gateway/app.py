"""The gateway: HTTP in, messages behind. It holds no data and decides nothing."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI

from services.gateway import head_timeout, health, openapi, problems
from services.gateway.authentication import Resources
from services.gateway.cross_origin import CrossOriginMiddleware
from services.gateway.forwarding import ForwardingMiddleware
from services.gateway.head_requests import HeadMiddleware
from services.gateway.limits import Limits
from services.gateway.middleware import RequestMiddleware
from services.gateway.recent_sessions import RecentSessions
from services.gateway.routes import (
    accounts,
    consents,
    cookie_choices,
    copies,
    email_changes,
    evidence,
    licenses,
    newsletter,
    notice,
    orders,
    payment_webhooks,
    privacy_requests,
    profile,
    sandbox,
    sessions,
    staff,
    staff_authorities,
    staff_breaches,
    staff_campaigns,
    staff_consents,
    staff_holds,
    staff_invoices,
    staff_ksef,
    staff_notices,
    staff_people,
    staff_privacy_requests,
    staff_recipients,
    staff_restrictions,
    staff_reviews,
    staff_sales,
    staff_webhooks,
    stops,
)
from services.gateway.settings import GatewaySettings
from shared import health as shared_health
from shared.health import Server, listen
from shared.lifecycle import main
from shared.messaging.request_client import RequestClient
from shared.observability import log

NAME = "gateway"
KEEP_ALIVE_S = 30

# Asked most first: looking through all of them was a quarter of the gateway's work for a key's validation.
ROUTERS = (
    licenses.programs,
    profile.members,
    licenses.members,
    accounts.mailing,
    accounts.proving,
    sessions.proving,
    sessions.members,
    email_changes.mailing,
    email_changes.proving,
    orders.anybody,
    orders.members,
    payment_webhooks.provider,
    sandbox.buyers,
    newsletter.mailing,
    newsletter.anybody,
    newsletter.members,
    notice.anybody,
    evidence.anybody,
    licenses.anybody,
    consents.anybody,
    consents.members,
    cookie_choices.anybody,
    privacy_requests.members,
    privacy_requests.mailing,
    privacy_requests.proving,
    privacy_requests.anybody,
    stops.anybody,
    copies.members,
    copies.mailing,
    copies.proving,
    copies.anybody,
    staff.proving,
    staff.signed_in,
    staff_sales.signed_in,
    staff_webhooks.signed_in,
    staff_invoices.signed_in,
    staff_ksef.signed_in,
    staff_people.signed_in,
    staff_privacy_requests.signed_in,
    staff_recipients.signed_in,
    staff_restrictions.signed_in,
    staff_reviews.signed_in,
    staff_holds.signed_in,
    staff_consents.signed_in,
    staff_authorities.signed_in,
    staff_breaches.signed_in,
    staff_notices.signed_in,
    staff_campaigns.signed_in,
)


def build(settings: GatewaySettings, client: RequestClient) -> FastAPI:
    app = FastAPI(
        title="Lethe",
        version="1.0.0",
        summary="Licenses, and the promises of a privacy notice.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    limits, keyring = Limits(settings.rates), settings.keyring(NAME)
    app.state.resources = Resources(client, limits, settings.ask_timeout_s, keyring, RecentSessions(), RecentSessions())
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    openapi.install(app, settings.public_url)
    app.router.routes.extend(shared_health.routes(health.checks(client)))
    app.add_middleware(HeadMiddleware)
    app.add_middleware(ForwardingMiddleware, trusted=settings.proxies)
    app.add_middleware(
        RequestMiddleware,
        max_bytes=settings.max_body_bytes,
        limits={
            payment_webhooks.PAYMENTS: settings.max_webhook_bytes,
            payment_webhooks.STRIPE: settings.max_webhook_bytes,
            staff_recipients.PROOFS: staff_recipients.PROOF_BYTES,
        },
        body_timeout_s=settings.body_timeout_s,
    )
    app.add_middleware(CrossOriginMiddleware)
    return app


@contextlib.asynccontextmanager
async def serving(settings: GatewaySettings) -> AsyncIterator[str]:
    """A started gateway, as its base URL; leaving the block finishes what is under way.

    Metrics are for operators: they have an address of their own. Raises PortTaken.
    """
    async with contextlib.AsyncExitStack() as stack:
        client = RequestClient(settings.amqp_url.get_secret_value(), NAME)
        stack.push_async_callback(client.close)
        listening = stack.enter_context(contextlib.closing(listen(settings.http_host, settings.http_port)))
        watched = stack.enter_context(contextlib.closing(listen(settings.health_host, settings.health_port)))
        internal = shared_health.server(shared_health.application(health.checks(client)))
        await stack.enter_async_context(_serving(internal, watched))
        await stack.enter_async_context(_serving(Server(_config(build(settings, client), settings)), listening))
        host, port = listening.getsockname()[:2]
        log.info("ready")
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextlib.asynccontextmanager
async def _serving(server: uvicorn.Server, listening: socket.socket) -> AsyncIterator[None]:
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def _config(app: FastAPI, settings: GatewaySettings) -> uvicorn.Config:
    """uvicorn without an access log (it would name addresses and tokens), without naming itself."""
    return uvicorn.Config(
        app,
        http=head_timeout.protocol(settings.head_timeout_s),
        access_log=False,
        log_level="critical",
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(settings.drain_seconds),
    )


if __name__ == "__main__":
    main(NAME, GatewaySettings, serving)
