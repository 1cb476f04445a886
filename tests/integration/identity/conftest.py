"""Identity at work, with privacy beside it."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from services.identity import sign_in_attempts
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


@pytest.fixture
def long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes: the first wait after too many tries is a second, which a busy machine lets pass in between."""
    for statement in ("COUNT", "COUNT_THERE"):
        longer = getattr(sign_in_attempts, statement).replace("least(2 ^", "least(600 * 2 ^")
        assert longer != getattr(sign_in_attempts, statement)
        monkeypatch.setattr(sign_in_attempts, statement, longer)
