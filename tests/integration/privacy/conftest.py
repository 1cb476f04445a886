"""Participants of whom there is nothing but their messages, beside the privacy of a module's harness."""

from collections.abc import AsyncIterator

import pytest

from tests.fake_participants import FakeParticipants, fake_participants
from tests.harness import Harness


@pytest.fixture
async def fakes(harness: Harness) -> AsyncIterator[FakeParticipants]:
    async with fake_participants(harness) as participants:
        yield participants
