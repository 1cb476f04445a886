"""Identity at work, with privacy beside it."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.privacy.app import SERVICE as PRIVACY
from tests import house as houses
from tests.integration.identity.steps import SETTINGS, Steps, living


@pytest.fixture(scope="module")
async def steps(servers: Servers) -> AsyncIterator[Steps]:
    made = await houses.build(servers, [IDENTITY, PRIVACY], settings=SETTINGS)
    async with living(made) as running:
        yield running
    await houses.tear_down(made)
