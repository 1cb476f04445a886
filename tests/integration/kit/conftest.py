"""The sample service's harness, and the ways into it."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
from aio_pika.abc import AbstractChannel

from deploy.local.servers import Servers
from shared.database import Database
from shared.messaging.request_client import RequestClient
from tests.harness import Harness
from tests.sample.contracts import NoteKept
from tests.sample.harness import Heard, alone, listening, meet, publishing, sample_harness


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with sample_harness(servers) as module_harness:
        yield module_harness


@pytest.fixture
async def served(harness: Harness) -> AsyncIterator[Database]:
    """The running sample service; its database."""
    async with harness.serve(alone()) as resources:
        yield resources["sample"].database


@pytest.fixture
async def everything(harness: Harness) -> AsyncIterator[asyncpg.Connection]:
    """What is really there: row-level security does not bind this connection."""
    async with harness.superuser("sample") as connection:
        yield connection


@pytest.fixture(scope="module")
async def database(harness: Harness) -> AsyncIterator[Database]:
    """The sample's database, through its working role."""
    async with harness.database("sample") as opened:
        yield opened


@pytest.fixture
async def person(everything: asyncpg.Connection) -> UUID:
    """Somebody whom the sample has met."""
    subject_id = uuid4()
    await meet(everything, subject_id)
    return subject_id


@pytest.fixture
async def channel(harness: Harness) -> AsyncIterator[AbstractChannel]:
    async with publishing(harness) as opened:
        yield opened


@pytest.fixture
async def client(harness: Harness) -> AsyncIterator[RequestClient]:
    async with harness.asking() as request_client:
        yield request_client


@pytest.fixture
async def kept(harness: Harness) -> AsyncIterator[Heard]:
    """The sample's events about kept notes."""
    async with listening(harness, NoteKept.type) as heard:
        yield heard
