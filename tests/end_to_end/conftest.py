"""A town per module: the four services on databases and queues of their own."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from tests.end_to_end.town import Town, bustling, founded


@pytest.fixture(scope="module")
async def town(servers: Servers) -> AsyncIterator[Town]:
    async with founded(servers) as house, bustling(house) as made:
        yield made
