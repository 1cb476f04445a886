"""Privacy at work, with two participants of whom there is nothing but their messages."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from services.privacy.app import SERVICE as PRIVACY
from tests import harness as harnesses
from tests.fake_participants import PARTICIPANTS, FakeParticipants, fake_participants
from tests.harness import Harness


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    module_harness = await harnesses.build(servers, [PRIVACY], settings={"participants": ",".join(PARTICIPANTS)})
    yield module_harness
    await harnesses.tear_down(module_harness)


@pytest.fixture
async def fakes(harness: Harness) -> AsyncIterator[FakeParticipants]:
    async with fake_participants(harness) as participants:
        yield participants
