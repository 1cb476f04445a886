"""The gateway in front of the house of a module."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.local.servers import Servers
from tests.gateway import front_door
from tests.house import House


@pytest.fixture(scope="module")
def mail(servers: Servers) -> Path:
    """Where mail lands."""
    assert servers.mailbox_folder is not None
    return servers.mailbox_folder


@pytest.fixture(scope="module")
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway of this house."""
    async with front_door(house) as made:
        yield made
