"""The gateway in front of the services of a module."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.local.servers import Servers
from tests.gateway import gateway_client
from tests.harness import Harness


@pytest.fixture(scope="module")
def mail(servers: Servers) -> Path:
    """Where mail lands."""
    assert servers.mailbox_folder is not None
    return servers.mailbox_folder


@pytest.fixture(scope="module")
async def client(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway of this harness."""
    async with gateway_client(harness) as http_client:
        yield http_client
