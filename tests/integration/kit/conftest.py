"""The sample service's house, and the ways into it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from aio_pika.abc import AbstractChannel

from deploy.local.servers import Servers
from shared.database import Database
from shared.messaging.request_client import RequestClient
from tests.house import House
from tests.sample.contracts import NoteKept
from tests.sample.house import Heard, alone, listening, publishing, sample_house


@pytest.fixture(scope="module")
async def house(servers: Servers) -> AsyncIterator[House]:
    async with sample_house(servers) as made:
        yield made


@pytest.fixture
async def served(house: House) -> AsyncIterator[Database]:
    """The running sample service; its database."""
    async with house.serve(alone()) as kits:
        yield kits["sample"].database


@pytest.fixture
async def everything(house: House) -> AsyncIterator[asyncpg.Connection]:
    """What is really there: row-level security does not bind this connection."""
    async with house.superuser("sample") as connection:
        yield connection


@pytest.fixture
async def channel(house: House) -> AsyncIterator[AbstractChannel]:
    async with publishing(house) as opened:
        yield opened


@pytest.fixture
async def client(house: House) -> AsyncIterator[RequestClient]:
    async with house.asking() as made:
        yield made


@pytest.fixture
async def kept(house: House) -> AsyncIterator[Heard]:
    """The sample's events about kept notes."""
    async with listening(house, NoteKept.type) as heard:
        yield heard
