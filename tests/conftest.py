"""One PostgreSQL and one RabbitMQ per run; a harness per module."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local import servers as local
from deploy.local.folders import state_of_tests
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from tests import containers
from tests import harness as harnesses
from tests.harness import DEEPER

# A machine that stands still for a few seconds is no failure: what waits by a setting waits a minute, here and in the
# processes that tests start. Tests of giving up say themselves when.
for patience in ("LETHE_PATIENCE_S", "LETHE_ASK_TIMEOUT_S"):
    os.environ.setdefault(patience, "60")
# asyncpg makes a TLS context for each connection unless it is told not to; the tests of TLS say so in their URLs.
os.environ.setdefault("PGSSLMODE", "disable")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked `deep` belongs to the long runs: it looks at what others have seen. Asked by its name it runs."""
    if DEEPER > 1 or any("::" in argument for argument in config.args):
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("deep")])
    items[:] = [item for item in items if not item.get_closest_marker("deep")]


@pytest.fixture(scope="session")
def servers() -> Iterator[local.Servers]:
    """Real servers: those that run already, containers where they are asked for, or private ones."""
    if running := os.environ.get("LETHE_TEST_SERVERS"):  # ./lethe test shares them among its kinds
        urls = json.loads(running)
        yield local.Servers(**urls | {"mailbox_folder": urls["mailbox_folder"] and Path(urls["mailbox_folder"])})
        return
    if containers.wanted():
        with containers.servers(state_of_tests()) as container_servers:
            yield container_servers
        return
    with local.servers_of_tests() as private_servers:
        yield private_servers


@pytest.fixture(scope="module")
async def harness(servers: local.Servers) -> AsyncIterator[harnesses.Harness]:
    """The four services' databases and queues, for one module."""
    module_harness = await harnesses.build(servers, [IDENTITY, LICENSING, MARKETING, PRIVACY])
    yield module_harness
    await harnesses.tear_down(module_harness)
