"""One scenario per module: the four services at work on databases and queues of their own."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from tests.scenario import Scenario, running_scenario, scenario_harness


@pytest.fixture(scope="module")
async def scenario(servers: Servers) -> AsyncIterator[Scenario]:
    async with scenario_harness(servers) as harness, running_scenario(harness) as module_scenario:
        yield module_scenario
