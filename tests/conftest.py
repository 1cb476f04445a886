"""One PostgreSQL and one RabbitMQ per run; a house of one's own per module."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local import servers as local
from deploy.local.folders import STATE
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from tests import containers
from tests import house as houses


@pytest.fixture(scope="session")
def servers() -> Iterator[local.Servers]:
    """Real servers: named in the environment, in containers where a Docker engine answers, or private ones."""
    folder = Path(os.environ.get("LETHE_TEST_STATE", STATE / "test"))
    if running := os.environ.get("LETHE_TEST_SERVERS"):  # ./lethe test shares them among its kinds
        urls = json.loads(running)
        yield local.Servers(**urls | {"mailbox_folder": urls["mailbox_folder"] and Path(urls["mailbox_folder"])})
        return
    if containers.wanted():
        with containers.servers(folder) as found:
            yield found
        return
    yield local.running_servers(folder, durable=False)
    local.stop_servers(folder)


@pytest.fixture(scope="module")
async def house(servers: local.Servers) -> AsyncIterator[houses.House]:
    """The four services' databases and queues, for one module."""
    made = await houses.build(servers, [IDENTITY, LICENSING, MARKETING, PRIVACY])
    yield made
    await houses.tear_down(made)
