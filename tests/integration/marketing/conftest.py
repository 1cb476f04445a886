"""Marketing at work, with identity, privacy and a mail server beside it."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.messaging.request_client import RequestClient
from shared.service import Resources
from tests import harness as harnesses
from tests.harness import Harness
from tests.mail_server import MailServer, mail_server


@pytest.fixture(scope="module")
async def smtp() -> AsyncIterator[MailServer]:
    async with mail_server() as opened:
        yield opened


@pytest.fixture(scope="module")
async def harness(servers: Servers, smtp: MailServer) -> AsyncIterator[Harness]:
    module_harness = await harnesses.build(
        servers, [MARKETING, IDENTITY, PRIVACY], settings={"mails_per_second": 2000, "smtp_url": smtp.url}
    )
    yield module_harness
    await harnesses.tear_down(module_harness)


@pytest.fixture(scope="module")
async def resources(harness: Harness) -> AsyncIterator[dict[str, Resources]]:
    async with harness.serve(PRIVACY, IDENTITY, MARKETING) as running:
        yield running


@pytest.fixture(scope="module")
async def client(harness: Harness, resources: dict[str, Resources]) -> AsyncIterator[RequestClient]:
    async with harness.asking() as asking:
        yield asking
