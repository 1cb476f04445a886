"""A shop per module."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from tests.integration.licensing import shop as shops
from tests.integration.licensing.shop import Shop


@pytest.fixture(scope="module")
async def shop(servers: Servers) -> AsyncIterator[Shop]:
    async with shops.opened(servers) as opened:
        yield opened
