"""A driver for all modules that need no settings of their own."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver


@pytest.fixture(scope="session")
async def driver(servers: Servers) -> AsyncIterator[Driver]:
    async with drivers.opened(servers) as opened:
        yield opened
