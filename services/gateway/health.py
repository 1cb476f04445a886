"""Whether the gateway lives and reaches the broker, and its metrics."""

import asyncio

from starlette.routing import BaseRoute

from shared import health
from shared.messaging.publisher import UNREACHABLE
from shared.messaging.request_client import RequestClient

CONNECTED_WITHIN_S = 2.0


def routes(client: RequestClient) -> list[BaseRoute]:
    """`/health/live`, `/health/ready`, `/metrics`."""

    async def checks() -> dict[str, bool]:
        try:
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                await client.channel()
        except UNREACHABLE:
            return {"broker": False}
        return {"broker": True}

    return list(health.application(checks).routes)
