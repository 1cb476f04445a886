"""What depends on PostgreSQL's version: on the server of this run, and on the 16 beside the wheel's 18."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest
import structlog
from structlog.testing import capture_logs

from deploy.local import postgres, postgres_cluster
from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.database import Database
from shared.personal_data.schema_check import gaps
from shared.personal_data.vacuum import vacuum
from shared.purposes import Purpose
from shared.service import Service
from tests import harness as harnesses
from tests.harness import Harness, eventually
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import erase_people, meet

NOTE = "INSERT INTO note (note_id, subject_id, text) VALUES (gen_random_uuid(), $1, 'x')"
DEAD = "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'note'"
VACUUMED = "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'note'"


@pytest.fixture(scope="module", params=["as given", "16"])
def servers(
    request: pytest.FixtureRequest, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    if request.param == "as given":
        yield servers
        return
    folder, older = tmp_path_factory.mktemp("older"), postgres_cluster.binaries().parents[1] / "pginstall" / "bin"
    options = tuple(option for option in postgres_cluster.CLUSTER_OPTIONS if "builtin" not in option)  # since 17
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "binaries", lambda: older)
        patch.setattr(postgres_cluster, "binaries", lambda: older)
        patch.setattr(postgres_cluster, "CLUSTER_OPTIONS", options)
        try:
            yield replace(servers, postgres_admin_url=postgres.start(folder, durable=False).admin_url)
        finally:
            postgres.kill(folder)


@pytest.fixture
async def database(harness: Harness) -> AsyncIterator[Database]:
    async with harness.database("sample") as opened:
        yield opened


async def erased(database: Database, everything: asyncpg.Connection) -> UUID:
    """A person who had a note."""
    person = uuid4()
    await meet(everything, person)
    await everything.execute(NOTE, person)
    await erase_people(database, person)
    return person


@pytest.mark.parametrize("service", [IDENTITY, LICENSING, MARKETING, PRIVACY], ids=lambda service: service.name)
async def test_every_service_is_set_up_as_its_data_map_says(servers: Servers, service: Service) -> None:
    harness = await harnesses.build(servers, [service])
    try:
        async with harness.database(service.name) as database, database.transaction(Purpose.UPKEEP) as tx:
            assert await gaps(tx, service.data_map) == []
    finally:
        await harnesses.tear_down(harness)


async def test_an_erasure_is_complete_and_final(database: Database, everything: asyncpg.Connection) -> None:
    person = await erased(database, everything)
    assert await everything.fetchval("SELECT live FROM subject WHERE subject_id = $1", person) is False
    assert await everything.fetch("SELECT FROM note WHERE subject_id = $1", person) == []
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await everything.execute(NOTE, person)


async def test_the_working_role_vacuums_where_it_may(database: Database, everything: asyncpg.Connection) -> None:
    """Only since 17 may somebody else than the owner; before, autovacuum comes by, and nothing else says it did."""
    await erased(database, everything)
    await eventually(lambda: everything.fetchval(DEAD))
    structlog.reset_defaults()  # a service of this process may have set its own
    with capture_logs() as said:
        await vacuum(database, DATA_MAP)
    may = everything.get_server_version().major >= 17
    assert [line["event"] for line in said] == ["vacuumed"] * may
    assert await everything.fetchval(VACUUMED) == int(may)
