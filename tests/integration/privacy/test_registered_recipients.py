"""Nobody is given data who does not stand in the register: a service set up to do it does not start."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.local.folders import PROJECT
from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts.privacy.recipients import CheckRecipients
from shared.lifecycle import CannotStart
from shared.service import Service, running
from tests import harness as harnesses
from tests.harness import PATIENCE_S, Harness

STRANGER = "Nowa Firma S.A."
SETTINGS = [
    (IDENTITY, "mail_provider"),
    (LICENSING, "payment_provider"),
    (MARKETING, "mail_provider"),
    (PRIVACY, "mail_provider"),
]
ALL = [service for service, _ in SETTINGS]
PLACED = "SELECT count(*) FROM outbox WHERE type LIKE '%.data-map-announced.v1'"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    module_harness = await harnesses.build(servers, ALL)
    async with module_harness.serve(PRIVACY):
        yield module_harness
    await harnesses.tear_down(module_harness)


def values(harness: Harness, service: Service) -> dict[str, Any]:
    return {key.removeprefix("LETHE_").lower(): value for key, value in harness.environment(service.name).items()}


@pytest.mark.parametrize(("service", "setting"), SETTINGS, ids=[service.name for service in ALL])
async def test_whoever_would_give_data_to_a_stranger_does_not_start(
    harness: Harness, service: Service, setting: str
) -> None:
    settings = service.settings(**values(harness, service) | {setting: STRANGER})
    assert STRANGER in settings.recipients
    said = rf"personal data would go to {STRANGER}, who is not in recipients\.toml"
    with pytest.raises(CannotStart, match=said):
        async with asyncio.timeout(PATIENCE_S), running(service, settings):
            pass
    async with harness.superuser(service.name) as rows:
        if service is not PRIVACY:
            assert await rows.fetchval(PLACED) == 0, "and has said nothing to anybody"


async def test_its_process_ends_with_the_sentence(harness: Harness) -> None:
    environment = os.environ | harness.environment("licensing") | {"LETHE_PAYMENT_PROVIDER": STRANGER}
    argv = (sys.executable, "-m", "services.licensing.app")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*argv, cwd=PROJECT, env=environment, stdout=pipe, stderr=pipe)
    async with asyncio.timeout(PATIENCE_S):
        _, error = await process.communicate()
    assert process.returncode == 1
    assert error.decode() == f"licensing: personal data would go to {STRANGER}, who is not in recipients.toml\n"


async def test_the_register_knows_whom_services_give_data_to(harness: Harness) -> None:
    known = [service.settings(**values(harness, service)).recipients for service in ALL]
    names = tuple(name for names in known for name in names)
    assert all(known), "each service gives data to somebody"
    async with harness.asking() as client:
        unknown = await client.request(CheckRecipients(names=(*names, STRANGER)))
    assert unknown.names == (STRANGER,)
