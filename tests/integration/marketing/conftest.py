"""Marketing at work, with identity, privacy and a post office beside it."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.messaging.request_client import RequestClient
from shared.service import Resources
from tests import house as houses
from tests.house import House
from tests.integration.marketing.steps import PostOffice, post_office


@pytest.fixture(scope="module")
async def office() -> AsyncIterator[PostOffice]:
    async with post_office() as opened:
        yield opened


@pytest.fixture(scope="module")
async def house(servers: Servers, office: PostOffice) -> AsyncIterator[House]:
    made = await houses.build(
        servers, [MARKETING, IDENTITY, PRIVACY], settings={"mails_per_second": 2000, "smtp_url": office.url}
    )
    yield made
    await houses.tear_down(made)


@pytest.fixture(scope="module")
async def kits(house: House) -> AsyncIterator[dict[str, Resources]]:
    async with house.serve(PRIVACY, IDENTITY, MARKETING) as running:
        yield running


@pytest.fixture(scope="module")
async def client(house: House, kits: dict[str, Resources]) -> AsyncIterator[RequestClient]:
    async with house.asking() as asking:
        yield asking
