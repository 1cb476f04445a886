"""Privacy and its ledger: nothing leaves before it is written, nobody is served before it is replayed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.servers import Servers
from services.privacy import backup_terms
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.ledger import file, store
from services.privacy.ledger.decided import Decided, Order
from services.privacy.ledger.keeping import Keeper
from services.privacy.ledger.lines import Mark, NotTheLedger
from shared.contracts.privacy import ErasureOrdered, KnownPermission, OrderedSubject, ledger
from shared.problems import Refused
from shared.purposes import Purpose
from tests.fake_participants import FakeParticipants, fake_participants, opened_case, privacy_alone, report
from tests.harness import Harness, eventually
from tests.sample.harness import listening

MARK = "SELECT reached FROM catch_up WHERE topic = 'ledger'"
BEHIND = "UPDATE catch_up SET reached = $1 WHERE topic = 'ledger'"
HAS_FAILED = "SELECT failed <> '{}' FROM order_participant WHERE service = 'apple'"
LIVE = "SELECT live FROM subject WHERE subject_id = $1"
STATE = "SELECT state FROM privacy_case WHERE subject_id = $1"
TAKE_BACK = "UPDATE privacy_case SET state = 'withdrawn', closed_at = now() WHERE subject_id = $1"
CASES = "SELECT subject_id, case_id FROM privacy_case"
UNAVAILABLE = 503


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with privacy_alone(servers) as module_harness:
        yield module_harness


def lines_about(harness: Harness, person: UUID) -> list[int]:
    """The numbers of the lines that count and order somebody's erasure."""
    found, _ = file.read(Path(harness.settings["ledger"]), Mark(), most_bytes=10**9)
    return [
        line.mark.number
        for line in found
        if any(p.subject_id == person for order in line.decided.orders for p in order.people)
    ]


async def test_an_order_is_in_the_ledger_before_it_leaves(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full: nothing is ordered until there is room."""
    person, full = uuid4(), asyncio.Event()
    append = file.append

    def no_room(*_: Any) -> Mark:
        full.set()
        raise OSError(28, "No space left on device")

    async with fake_participants(harness) as fakes:
        monkeypatch.setattr(file, "append", no_room)
        await opened_case(fakes.database, person)
        await asyncio.wait_for(full.wait(), 60)
        assert await fakes.rows.fetchval("SELECT count(*) FROM erasure_order") == 0
        monkeypatch.setattr(file, "append", append)
        await fakes.ordered()
        assert len(lines_about(harness, person)) == 1
        mark = Mark.of(await fakes.rows.fetchval(MARK))
        assert mark.number == lines_about(harness, person)[0]


async def test_a_crash_between_line_and_commit_is_made_good_before_anybody_is_served(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, written = uuid4(), asyncio.Event()
    monkeypatch.setitem(harness.settings, "drain_seconds", 0.2)

    async def crash(*_: Any) -> None:
        written.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as crashing:
        async with fake_participants(harness) as fakes:
            crashing.setattr(store, "set_mark", crash)
            await opened_case(fakes.database, person)
            await asyncio.wait_for(written.wait(), 60)
    assert len(lines_about(harness, person)) == 1, "the last line counts: nobody knows whether it was committed"
    async with listening(harness, ErasureOrdered.type) as orders, harness.superuser("privacy") as rows:
        async with harness.serve(PRIVACY):
            assert await rows.fetchval(LIVE, person) is False
            assert await rows.fetchval(STATE, person) == "ordered"
            await eventually(lambda: len(orders) == 1)
            (order,) = [ErasureOrdered.model_validate_json(message.body) for message in orders]
            assert [p.subject_id for p in order.subjects] == [person]
        async with harness.serve(PRIVACY):
            assert len(lines_about(harness, person)) == 1, "what is replayed is not written again"
            assert len(orders) == 1


async def test_what_was_taken_back_is_not_erased_by_a_line_too_many(harness: Harness) -> None:
    taken_back, asking = uuid4(), uuid4()
    async with fake_participants(harness):
        pass
    async with harness.superuser("privacy") as rows, harness.database("privacy") as database:
        mark = Mark.of(await rows.fetchval(MARK))
        for person in (taken_back, asking):
            await opened_case(database, person)
        await rows.execute(TAKE_BACK, taken_back)
        cases = {row["subject_id"]: row["case_id"] for row in await rows.fetch(CASES)}
    people = tuple(OrderedSubject(subject_id=s, case_id=c, terminate_contract=True) for s, c in cases.items())
    file.append(Path(harness.settings["ledger"]), mark, Decided(orders=(Order(order_id=uuid4(), people=people),)))
    async with harness.serve(PRIVACY), harness.superuser("privacy") as rows:
        assert await rows.fetchval(LIVE, asking) is False
        assert await rows.fetchval(LIVE, taken_back) is not False
        assert await rows.fetchval(STATE, taken_back) == "withdrawn"


async def test_what_is_ruled_after_a_replay_outranks_what_was_replayed(harness: Harness) -> None:
    """A service takes the higher version: one that began again where the backup was would be passed over."""
    async with harness.serve(PRIVACY), harness.superuser("privacy") as rows:
        mark = Mark.of(await rows.fetchval(MARK))
    ruled = KnownPermission(subject_id=uuid4(), purpose="*", allowed=False, version=5000)
    file.append(Path(harness.settings["ledger"]), mark, Decided(rulings=(ruled,)))
    async with harness.serve(PRIVACY), harness.superuser("privacy") as rows:
        version = "SELECT version FROM permission WHERE subject_id = $1 AND NOT allowed"
        assert await rows.fetchval(version, ruled.subject_id) == ruled.version
        assert await rows.fetchval("SELECT nextval('permission_version')") > ruled.version


async def test_a_database_that_is_exchanged_under_a_running_privacy_is_not_written_for(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands behind its place would pass for what came to nothing."""
    first, second, refused = uuid4(), uuid4(), asyncio.Event()

    def notice(self: Keeper, mark: Mark) -> None:
        try:
            require(self, mark)
        except NotTheLedger:
            refused.set()
            raise

    require = Keeper.require_newest
    monkeypatch.setattr(Keeper, "require_newest", notice)
    async with fake_participants(harness) as fakes:
        before = await fakes.rows.fetchval(MARK)
        await opened_case(fakes.database, first)
        await fakes.ordered()
        await fakes.rows.execute(BEHIND, before)
        await opened_case(fakes.database, second)
        await asyncio.wait_for(refused.wait(), 60)
        assert len(lines_about(harness, first)) == 1
        assert lines_about(harness, second) == []
    async with harness.serve(PRIVACY):
        await eventually(lambda: lines_about(harness, second))
    assert len(lines_about(harness, first)) == 1


async def test_without_its_ledger_privacy_serves_nobody_and_goes_on_when_it_is_back(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with harness.serve(PRIVACY):
        pass
    (port,) = free_ports(1)
    right, wrong = Path(harness.settings["ledger"]), tmp_path / "empty"
    monkeypatch.setitem(harness.settings, "ledger", str(wrong))
    monkeypatch.setitem(harness.settings, "health_port", port)
    async with contextlib.AsyncExitStack() as stack, httpx.AsyncClient(timeout=60, trust_env=False) as web:
        starting = asyncio.create_task(stack.enter_async_context(harness.serve(PRIVACY)))
        client = await stack.enter_async_context(harness.asking())
        expected = {"database": True, "caught_up": False, "consumers": False, "relay": True}

        async def waits() -> bool:
            with contextlib.suppress(httpx.HTTPError, ValueError):
                answer = await web.get(f"http://{LOOPBACK}:{port}/health/ready")
                return bool(answer.json() == expected and answer.status_code == UNAVAILABLE)
            return False

        await eventually(waits)
        with pytest.raises(Refused) as refused:
            await client.request(ledger.ReadLedger(service="apple"))
        assert refused.value.problem.status == UNAVAILABLE
        assert not starting.done()
        assert not wrong.exists(), "no second ledger was begun beside the lost one"
        wrong.symlink_to(right)
        await asyncio.wait_for(starting, 60)
        assert (await client.request(ledger.ReadLedger(service="apple"))).start_over


async def test_a_place_in_another_ledger_is_told_to_start_over(harness: Harness) -> None:
    person = uuid4()
    async with fake_participants(harness) as fakes:
        start = (await fakes.client.request(ledger.ReadLedger(service="apple"))).next
        number, offset, _ = start.split(" ")
        await opened_case(fakes.database, person)
        order = await fakes.ordered()
        owed = await fakes.client.request(ledger.ReadLedger(service="apple", after=start))
        assert (owed.erased, owed.start_over) == ((), False), "its event is on its way to whoever owes the report"
        await fakes.say("apple", report("apple", order))
        await eventually(lambda: tells(fakes, start, person))
        for place in (f"{number} {offset} {'0' * 64}", f"{10**9} {offset} {'0' * 64}"):
            told = await fakes.client.request(ledger.ReadLedger(service="apple", after=place))
            assert (told.start_over, told.erased) == (True, ())


async def test_whom_a_service_could_not_erase_does_not_keep_it_from_starting(harness: Harness) -> None:
    """While another one owes its answer: it would fail again at each start, and the next order asks for it anyway."""
    async with fake_participants(harness) as fakes:
        start = (await fakes.client.request(ledger.ReadLedger(service="apple"))).next
        await opened_case(fakes.database, uuid4())
        order = await fakes.ordered()
        await fakes.say("apple", report("apple", order, outcome="failed"))
        await eventually(lambda: fakes.rows.fetchval(HAS_FAILED))
        told = await fakes.client.request(ledger.ReadLedger(service="apple", after=start))
        assert (told.erased, told.next != start) == ((), True)


async def tells(fakes: FakeParticipants, place: str, person: UUID) -> bool:
    """Whether somebody who has answered is told of this person's erasure again."""
    told = await fakes.client.request(ledger.ReadLedger(service="apple", after=place))
    return bool(told.erased == (person,))


async def test_a_shorter_term_of_backups_shortens_nothing_that_was_made_before(harness: Harness) -> None:
    async with harness.superuser("privacy") as rows, harness.database("privacy") as database:
        await rows.execute("DELETE FROM backup_term")
        for since, term in ((date(2026, 1, 1), 30), (date(2026, 3, 1), 10)):
            await rows.execute("INSERT INTO backup_term VALUES ($1, $2)", noon(since), term)
        async with database.transaction(Purpose.RIGHTS) as tx:
            asked = (date(2025, 12, 31), date(2026, 2, 1), date(2026, 3, 5), date(2026, 6, 1))
            named = [await backup_terms.until(tx, noon(day)) for day in asked]
            await backup_terms.note(tx, 10)
        assert named == [None, date(2026, 3, 3), date(2026, 3, 31), date(2026, 6, 11)]
        assert await rows.fetchval("SELECT count(*) FROM backup_term") == 2, "the same term is no news"


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
