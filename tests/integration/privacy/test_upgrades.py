"""Two versions of one service side by side, on one database and one queue: no report of either is a dead letter."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local.servers import Servers
from deploy.population.cases import insert_cases, release
from services.privacy.app import SERVICE as PRIVACY
from shared.clock import now
from shared.personal_data.data_map import DataMap
from shared.personal_data.erasure import Eraser
from tests import harness as harnesses
from tests.fake_participants import announced
from tests.harness import Harness, eventually
from tests.sample.app import SERVICE as SAMPLE
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import MIGRATIONS, depth, publishing, send

OLDER = replace(SAMPLE, eraser=Eraser(DataMap("sample", 1, DATA_MAP.tables[:2])))
NEWER = replace(SAMPLE, eraser=Eraser(DataMap("sample", 2, DATA_MAP.tables)))
IN_FORCE = "SELECT map_version FROM participant WHERE service = 'sample'"
HEARD = "SELECT true FROM inbox WHERE message_id = $1"
FRESH = "TRUNCATE participant, privacy_case, erasure_order, outbox CASCADE"
CLOSED = "SELECT bool_and(state = 'closed') FROM privacy_case WHERE subject_id = ANY ($1)"
ANSWERED_BY = """
SELECT DISTINCT (r.body::json ->> 'map_version')::integer FROM order_report r
WHERE r.service = 'sample' AND r.subjects && $1::uuid[]
"""


@dataclass(frozen=True)
class Upgrade:
    """Privacy at work, and what is really in its database and in the sample's."""

    harness: Harness
    privacy: asyncpg.Connection
    sample: asyncpg.Connection

    async def erase(self, count: int = 1) -> list[UUID]:
        """People whose cases run from now on."""
        people = [uuid4() for _ in range(count)]
        for person in people:  # an order each, as far as they come
            await insert_cases(self.privacy, [person])
            await release(self.privacy, [person])
        return people

    async def closed(self, people: Sequence[UUID]) -> None:
        await eventually(lambda: self.privacy.fetchval(CLOSED, people))

    async def answered_by(self, people: Sequence[UUID]) -> set[int]:
        return {row[0] for row in await self.privacy.fetch(ANSWERED_BY, people)}

    async def announcements(self) -> int:
        """How many of the sample's announcements privacy has heard."""
        return int(await self.privacy.fetchval("SELECT count(*) FROM inbox WHERE consumer LIKE '%data-map-announced'"))

    async def in_force(self, version: int) -> None:
        async def is_so() -> bool:
            return bool(await self.privacy.fetchval(IN_FORCE) == version)

        await eventually(is_so)

    async def rejected(self) -> int:
        return await depth(self.harness, "privacy.dead-letters") + await depth(self.harness, "sample.dead-letters")


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    settings = {"participants": "privacy", "remind_after_s": 0.4}
    built = await harnesses.build(servers, [PRIVACY, SAMPLE], settings=settings, sample=MIGRATIONS)
    yield built
    await harnesses.tear_down(built)


@pytest.fixture
async def upgrade(harness: Harness) -> AsyncIterator[Upgrade]:
    async with harness.superuser("privacy") as privacy, harness.superuser("sample") as sample:
        await privacy.execute(FRESH)
        await sample.execute("TRUNCATE data_map_at_work")
        async with harness.serve(PRIVACY):
            yield Upgrade(harness, privacy, sample)


LONG_AGO = "UPDATE data_map_at_work SET seen_at = seen_at - interval '1 hour' WHERE version = 2"


async def test_after_a_roll_back_the_older_map_is_in_force_and_all_close(upgrade: Upgrade) -> None:
    """It is seen when an instance starts; what was ordered by the newer map closes, too."""
    async with upgrade.harness.serve(NEWER):
        await upgrade.in_force(2)
    before = await upgrade.erase(2)
    await eventually(lambda: upgrade.privacy.fetchval("SELECT count(*) > 0 FROM erasure_order"))
    await upgrade.sample.execute(LONG_AGO)
    async with upgrade.harness.serve(OLDER):
        await upgrade.in_force(1)
        after = await upgrade.erase(2)
        await upgrade.closed([*before, *after])
    assert await upgrade.answered_by([*before, *after]) == {1}
    assert await upgrade.rejected() == 0


async def test_a_roll_back_by_instances_that_run_already_is_seen_by_the_clock(
    upgrade: Upgrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.service.SEEN_EVERY_S", 0.2)
    async with upgrade.harness.serve(OLDER):
        async with upgrade.harness.serve(NEWER):
            await upgrade.in_force(2)
        people = await upgrade.erase(1)
        assert await upgrade.privacy.fetchval(IN_FORCE) == 2
        await upgrade.sample.execute(LONG_AGO)
        await upgrade.in_force(1)
        await upgrade.closed(people)
    assert await upgrade.rejected() == 0


async def test_an_older_instance_that_starts_beside_a_newer_changes_nothing(upgrade: Upgrade) -> None:
    async with upgrade.harness.serve(NEWER):
        await upgrade.in_force(2)
        heard = await upgrade.announcements()
        async with upgrade.harness.serve(OLDER):
            await eventually_more(upgrade, heard)
            people = await upgrade.erase(1)
            await upgrade.closed(people)
            assert await upgrade.privacy.fetchval(IN_FORCE) == 2
    assert await upgrade.answered_by(people) == {2}


async def eventually_more(upgrade: Upgrade, heard: int) -> None:
    async def more() -> bool:
        return await upgrade.announcements() > heard

    await eventually(more)


async def test_a_newer_version_that_comes_back_is_in_force_at_once(upgrade: Upgrade) -> None:
    async with upgrade.harness.serve(OLDER):
        await upgrade.in_force(1)
        async with upgrade.harness.serve(NEWER):
            await upgrade.in_force(2)


async def test_a_late_announcement_of_before_does_not_undo_a_roll_back(upgrade: Upgrade) -> None:
    """The newer instance said it before it was rolled back, and the message came last."""
    async with upgrade.harness.serve(OLDER), publishing(upgrade.harness) as channel:
        await upgrade.in_force(1)
        late = announced("sample", version=2).model_copy(update={"in_force_since": now() - timedelta(minutes=5)})
        message_id = await send(channel, late)
        await eventually(lambda: upgrade.privacy.fetchval(HEARD, message_id))
        assert await upgrade.privacy.fetchval(IN_FORCE) == 1


async def test_while_both_versions_run_what_the_older_answers_is_asked_again(upgrade: Upgrade) -> None:
    async with upgrade.harness.serve(OLDER):
        await upgrade.in_force(1)
        async with upgrade.harness.serve(NEWER):
            await upgrade.in_force(2)
            people = await upgrade.erase(20)
            await upgrade.closed(people)
    assert await upgrade.answered_by(people) == {2}
    assert await upgrade.rejected() == 0


async def test_an_order_that_the_older_left_unfinished_is_the_newer_ones(upgrade: Upgrade) -> None:
    """Ordered by the newer map, answered by the last instance of before; then only newer ones are left."""
    async with upgrade.harness.serve(NEWER):
        await upgrade.in_force(2)
    async with upgrade.harness.serve(OLDER):
        people = await upgrade.erase(3)
        asked = "SELECT bool_and(reminders > 1) FROM order_participant WHERE service = 'sample'"
        await eventually(lambda: upgrade.privacy.fetchval(asked))
        assert not await upgrade.privacy.fetchval(CLOSED, people)
    async with upgrade.harness.serve(NEWER):
        await upgrade.closed(people)
    assert await upgrade.answered_by(people) == {2}
    assert await upgrade.rejected() == 0
