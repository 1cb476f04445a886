"""Whether the gateway lives and can ask, and its metrics."""

import asyncio

from starlette.routing import BaseRoute

from shared import health
from shared.messaging.connection import UNREACHABLE
from shared.messaging.requests import RequestClient

CONNECTED_WITHIN_S = 2.0


def routes(ask: RequestClient) -> list[BaseRoute]:
    """`/health/live`, `/health/ready`, `/metrics`."""

    async def checks() -> dict[str, bool]:
        try:
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                await ask.channel()
        except UNREACHABLE:
            return {"broker": False}
        return {"broker": True}

    return list(health.application(checks).routes)
