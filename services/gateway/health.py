"""Whether the gateway reaches the broker."""

import asyncio

from shared.health import Checks
from shared.messaging.publisher import UNREACHABLE
from shared.messaging.request_client import RequestClient

CONNECTED_WITHIN_S = 2.0


def checks(client: RequestClient) -> Checks:
    async def broker() -> dict[str, bool]:
        try:
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                await client.channel()
        except UNREACHABLE:
            return {"broker": False}
        return {"broker": True}

    return broker
