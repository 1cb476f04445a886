"""Visitors' choices about their devices, as sites and browsers ask for them: no account, no cookie, no script."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local.servers import Servers
from services.privacy.app import SERVICE as PRIVACY
from shared.clock import today
from shared.law.calendar import months_after
from tests import harness as harnesses
from tests.harness import Harness

GPC = {"Sec-GPC": "1"}


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with harnesses.serving(servers, PRIVACY) as served:
        yield served


async def test_a_choice_is_kept_and_told(client: httpx.AsyncClient) -> None:
    path = f"/cookie-choices/{uuid4()}"
    before = (await client.get(path)).json()
    assert before == {
        "statistics": False,
        "marketing": False,
        "because": "not asked",
        "ask": True,
        "ask_again_on": None,
    }
    chosen = await client.put(path, json={"statistics": True})
    assert chosen.status_code == 200, chosen.text
    assert (await client.get(path)).json() == chosen.json()
