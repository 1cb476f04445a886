"""Identity at work, with privacy beside it."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.privacy.app import SERVICE as PRIVACY
from tests import harness as harnesses
from tests.integration.identity.driver import SETTINGS, Driver, living


@pytest.fixture(scope="module")
async def driver(servers: Servers) -> AsyncIterator[Driver]:
    module_harness = await harnesses.build(servers, [IDENTITY, PRIVACY], settings=SETTINGS)
    async with living(module_harness) as running:
        yield running
    await harnesses.tear_down(module_harness)
