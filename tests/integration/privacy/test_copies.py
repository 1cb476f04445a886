"""A copy is gathered from everybody, encrypted while it is written, and released when whole; erasure waits for it."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local.servers import Servers
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.cases import rules, store
from services.privacy.copies import package, parts, tickets
from services.privacy.copies import store as copies
from services.privacy.copies.package import MANIFEST, Place
from services.privacy.copies.rules import Chunk, Manifest
from services.privacy.copies.store import CopyRight
from services.privacy.jobs import copies as jobs
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.participants import CopiedRows, CopyPage, ReadCopy
from shared.contracts.privacy import ErasureOrdered
from shared.database import Database
from shared.messaging.router import ServiceRouter
from shared.personal_data.announced_map import mapped
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.secrets import Keyring
from shared.service import Service
from tests import harness as harnesses
from tests.harness import Harness, eventually
from tests.sample.app import SERVICE as SAMPLE
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import MIGRATIONS, Heard, listening, meet

NOTE = "INSERT INTO note (note_id, subject_id, text) VALUES (gen_random_uuid(), $1, $2)"
TABLES = ("copy_part", "copy_chunk", "copy_key")
SECRET_WORDS = "Kanarkowska writes about bees"
NOTES = next(table for table in DATA_MAP.tables if table.name == "note")


@dataclass
class Script:
    """What the sample service tells instead of what it holds: these pages, then the last for ever."""

    pages: list[Callable[[ReadCopy], CopyPage]] = field(default_factory=list)
    last: Callable[[ReadCopy], CopyPage] | None = None
    asked: list[ReadCopy] = field(default_factory=list)

    def answer(self, request: ReadCopy) -> CopyPage:
        self.asked.append(request)
        if self.pages:
            return self.pages.pop(0)(request)
        return self.last(request) if self.last else page_of(request)


SCRIPT = Script()


def page_of(request: ReadCopy, *words: str, **changed: Any) -> CopyPage:
    rows = tuple({"text": each} for each in words)
    tables = (CopiedRows(table=mapped(NOTES), rows=rows),) if rows else ()
    return CopyPage(map_version=1, after=request.after, next="", tables=tables).model_copy(update=changed)


def scripted() -> Service:
    router = ServiceRouter("sample")

    @router.request(ReadCopy, purpose=Purpose.RIGHTS)
    async def read_copy(request: ReadCopy) -> CopyPage:
        return SCRIPT.answer(request)

    return replace(SAMPLE, router=router, takes_orders=False)


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    settings = {"participants": "sample,privacy"}
    module_harness = await harnesses.build(servers, [PRIVACY, SAMPLE], settings=settings, sample=MIGRATIONS)
    yield module_harness
    await harnesses.tear_down(module_harness)


@dataclass(frozen=True)
class Desk:
    """Privacy at work, and what is really in its database."""

    harness: Harness
    database: Database
    keyring: Keyring
    rows: asyncpg.Connection

    async def person(self) -> UUID:
        subject_id = uuid4()
        await meet(self.rows, subject_id)
        return subject_id

    async def open(self, person: UUID, right: CopyRight = "access", token: str = "") -> UUID:
        opening = rules.opening(
            person, right=right, language="pl", channel="member", verified_by="test", received_at=now(), cooling_off_s=0
        )
        async with self.database.transaction(Purpose.RIGHTS) as tx:
            case_id = await store.open_case(tx, opening, token or uuid4().hex, None)
            await parts.begin(tx, case_id, person, self.keyring, {"sample", "privacy"})
        return case_id

    async def ask_erasure(self, person: UUID) -> UUID:
        opening = rules.opening(
            person, language="pl", channel="member", verified_by="test", received_at=now(), cooling_off_s=0
        )
        async with self.database.transaction(Purpose.RIGHTS) as tx:
            return await store.open_case(tx, opening, uuid4().hex, None)

    async def state(self, case_id: UUID) -> str:
        return str(await self.rows.fetchval("SELECT state FROM privacy_case WHERE case_id = $1", case_id))

    async def until(self, case_id: UUID, state: str) -> None:
        async def there() -> bool:
            return await self.state(case_id) == state

        await eventually(there)

    async def held(self, case_id: UUID) -> list[int]:
        """How many rows each table of copies has of a case."""
        sql = "SELECT count(*) FROM {} WHERE case_id = $1"
        return [await self.rows.fetchval(sql.format(table), case_id) for table in TABLES]

    async def opened(self, case_id: UUID) -> tuple[Manifest, list[Chunk]]:
        """What stands in a copy that is ready."""
        async with self.database.transaction(Purpose.RIGHTS) as tx:
            copy = await copies.stored(tx, case_id=case_id)
            assert copy is not None
            key = package.open_key(self.keyring, copy.sealed_key)
            place = Place(case_id, MANIFEST, 0)
            manifest = Manifest.model_validate_json(package.open_chunk(key, place, await copies.chunk(tx, place)))
            places = [manifest.place(case_id, number) for number in range(manifest.chunks)]
            read = [package.open_chunk(key, place, await copies.chunk(tx, place)) for place in places]
        return manifest, [Chunk.model_validate_json(content) for content in read]

    async def texts(self, case_id: UUID) -> list[str]:
        _, chunks = await self.opened(case_id)
        return [row["text"] for c in chunks for t in c.tables if t.table.name == "note" for row in t.rows]


@contextlib.asynccontextmanager
async def desk(harness: Harness, *others: Service) -> AsyncIterator[Desk]:
    async with harness.superuser("privacy") as rows, harness.serve(PRIVACY, *others) as resources:
        own = resources["privacy"]
        yield Desk(harness, own.database, own.settings.keyring("privacy"), rows)


@pytest.fixture
async def telling(harness: Harness) -> AsyncIterator[Desk]:
    """The sample service tells what the test says."""
    SCRIPT.pages.clear()
    SCRIPT.asked.clear()
    SCRIPT.last = None
    async with harness.superuser("privacy") as rows:
        await rows.execute("TRUNCATE privacy_case, erasure_order, outbox, subject_link CASCADE")
    async with desk(harness, scripted()) as opened:
        yield opened


async def test_a_copy_holds_what_everybody_told_and_shows_it_to_nobody(harness: Harness) -> None:
    async with desk(harness, SAMPLE) as at, harness.superuser("sample") as sample:
        person = await at.person()
        await meet(sample, person)
        await sample.executemany(NOTE, [(person, f"{SECRET_WORDS} {number}") for number in range(1200)])
        case_id = await at.open(person)
        await at.until(case_id, "ready")
        manifest, chunks = await at.opened(case_id)
        assert {share.service: share.rows > 0 for share in manifest.shares} == {"privacy": True, "sample": True}
        assert sum(share.chunks for share in manifest.shares if share.service == "sample") == 3
        assert sorted(await at.texts(case_id)) == sorted(f"{SECRET_WORDS} {number}" for number in range(1200))
        assert {t.table.name for c in chunks for t in c.tables if c.service == "privacy"} == {"privacy_case"}
        stored = await at.rows.fetch("SELECT sealed FROM copy_chunk UNION ALL SELECT reached FROM copy_part")
        assert all(b"bees" not in row[0] and b"note" not in row[0] for row in stored if row[0])


async def test_a_participant_that_is_down_delays_the_copy_visibly_and_fails_nothing(harness: Harness) -> None:
    token = uuid4().hex
    async with desk(harness) as at, harness.asking() as client:
        case_id = await at.open(await at.person(), token=token)

        async def waits() -> bool:
            case = await client.request(privacy.ReadCase(token=token))
            progress = {each.service: (each.answered, each.reminders > 0) for each in case.progress}
            return case.state == "gathering" and progress == {"privacy": (True, False), "sample": (False, True)}

        await eventually(waits)
    async with desk(harness, SAMPLE) as at:
        await at.rows.execute("UPDATE copy_part SET next_try_at = now()")
        await at.until(case_id, "ready")


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (lambda asked: page_of(asked, *("x",) * (asked.limit + 1)), "too large"),
        (lambda asked: page_of(asked, "x" * 3_000_000), "too large"),
        (lambda asked: page_of(asked, "x", after="elsewhere"), "out of order"),
        (lambda asked: page_of(asked, "first", next="second" + asked.after), "twice"),
        (lambda asked: page_of(asked, "other", next="first"), "in a circle"),
        (lambda asked: page_of(asked, next="second"), "nothing, and going on"),
    ],
)
async def test_a_page_that_can_not_be_is_refused_and_nothing_is_half_done(
    telling: Desk, spoilt: Callable[[ReadCopy], CopyPage], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "FIRST_WAIT_S", 0.0)
    SCRIPT.pages, SCRIPT.last = [lambda asked: page_of(asked, "first", next="first")], spoilt
    case_id = await telling.open(await telling.person())
    await eventually(lambda: len(SCRIPT.asked) > 2)
    told_so_far = "SELECT pages, chunks, rows FROM copy_part WHERE case_id = $1 AND service = 'sample'"
    assert [tuple(row) for row in await telling.rows.fetch(told_so_far, case_id)] == [(1, 1, 1)], reason
    assert await telling.state(case_id) == "gathering", reason
    SCRIPT.last = lambda asked: page_of(asked, "last")
    await telling.until(case_id, "ready")
    assert SCRIPT.asked[-1].after == "first", "it goes on where the last good page ended"
    assert await telling.texts(case_id) == ["first", "last"]


async def test_a_part_begins_anew_when_the_data_map_has_changed(telling: Desk) -> None:
    def changed(_asked: ReadCopy) -> CopyPage:
        raise refuse(409, "the data map has changed")

    SCRIPT.pages += [
        lambda asked: page_of(asked, "by the older map", next="x"),
        changed,
        lambda asked: page_of(asked, "new"),
    ]
    case_id = await telling.open(await telling.person())
    await telling.until(case_id, "ready")
    assert await telling.texts(case_id) == ["new"]


@contextlib.contextmanager
def after_days(monkeypatch: pytest.MonkeyPatch, days: float) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "now", lambda: now() + timedelta(days=days))
        yield


async def ended(desk_: Desk) -> None:
    await jobs.end_copies(desk_.database, desk_.keyring)


async def test_after_fourteen_days_the_key_is_destroyed_and_the_clock_closes_the_case(
    telling: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await telling.open(await telling.person())
    await telling.until(case_id, "ready")
    with after_days(monkeypatch, 13.9):
        await ended(telling)
    assert (await telling.state(case_id), (await telling.held(case_id))[2]) == ("ready", 1)
    with after_days(monkeypatch, 14.1):
        await ended(telling)
    assert await telling.state(case_id) == "closed"
    assert await telling.held(case_id) == [0, 0, 0]
    events = await telling.rows.fetch(
        "SELECT actor, after FROM case_event WHERE case_id = $1 ORDER BY event_id", case_id
    )
    steps = [("person", "gathering"), ("participants", "ready"), ("clock", "closed")]
    assert [tuple(event) for event in events] == steps
    assert await telling.rows.fetchval("SELECT closed_at IS NOT NULL FROM privacy_case WHERE case_id = $1", case_id)


@pytest.fixture
async def orders(harness: Harness) -> AsyncIterator[Heard]:
    async with listening(harness, ErasureOrdered.type) as heard:
        yield heard


def named(orders: Heard) -> set[UUID]:
    bodies = [ErasureOrdered.model_validate_json(order.body) for order in orders]
    return {person.subject_id for body in bodies for person in body.subjects}


@pytest.mark.parametrize("linked", [False, True])
async def test_no_erasure_is_ordered_while_a_copy_is_open_and_then_it_runs_by_itself(
    telling: Desk, orders: Heard, monkeypatch: pytest.MonkeyPatch, *, linked: bool
) -> None:
    person, other, stranger = [await telling.person() for _ in range(3)]
    group = [(person, person), (other, person)]
    await telling.rows.executemany("INSERT INTO subject_link (subject_id, person) VALUES ($1, $2)", group)
    case_id = await telling.open(other if linked else person)
    erasure = await telling.ask_erasure(person)
    await telling.ask_erasure(stranger)
    await eventually(lambda: stranger in named(orders))
    assert person not in named(orders)
    await telling.until(case_id, "ready")
    assert await telling.state(erasure) == "waiting"
    async with telling.harness.asking() as client:
        story = await client.request(privacy.ExplainErasure(case_id=erasure))
    assert "waits for its person's copy" in story.now
    with after_days(monkeypatch, 15):
        await ended(telling)
    await eventually(lambda: {person, other} <= named(orders))


async def test_a_copy_that_is_taken_back_is_destroyed_and_the_erasure_runs(telling: Desk, orders: Heard) -> None:
    person, token = await telling.person(), uuid4().hex
    case_id = await telling.open(person, token=token)
    await telling.ask_erasure(person)
    await telling.until(case_id, "ready")
    async with telling.harness.asking() as client:
        await client.request(privacy.WithdrawCase(token=token))
        assert (await client.request(privacy.ReadCase(token=token))).state == "withdrawn"
    assert await telling.held(case_id) == [0, 0, 0]
    await eventually(lambda: person in named(orders))


async def test_it_is_too_late_for_a_copy_once_the_erasure_is_ordered(telling: Desk, orders: Heard) -> None:
    person = await telling.person()
    await telling.ask_erasure(person)
    await eventually(lambda: person in named(orders))
    with pytest.raises(Refused) as refused:
        await telling.open(person)
    assert refused.value.problem.status == 409
    assert await telling.rows.fetchval("SELECT count(*) FROM copy_part WHERE subject_id = $1", person) == 0


async def test_keys_that_a_crash_of_postgresql_emptied_are_made_anew(telling: Desk) -> None:
    case_id = await telling.open(await telling.person())
    await telling.until(case_id, "ready")
    SCRIPT.pages += [lambda asked: page_of(asked, "second time")]
    await telling.rows.execute("TRUNCATE copy_key")
    await ended(telling)
    await eventually(lambda: not SCRIPT.pages)  # asked again: by the clock, if it was at work just then
    await telling.until(case_id, "ready")
    assert await telling.texts(case_id) == ["second time"]
    assert await telling.rows.fetchval("SELECT relpersistence = 'u' FROM pg_class WHERE relname = 'copy_key'")


async def test_postgresql_refuses_to_erase_somebody_of_whom_a_copy_is_left(telling: Desk) -> None:
    person = await telling.person()
    await telling.until(await telling.open(person), "ready")
    dated = "UPDATE privacy_case SET retain_until = '2032-12-31', provisions = '{GDPR Art. 5(2)}' WHERE subject_id = $1"
    await telling.rows.execute(dated, person)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="_of_a_live_person"):
        await telling.rows.execute("UPDATE subject SET live = false WHERE subject_id = $1", person)


async def ticket(at: Desk, case_id: UUID, person: UUID) -> str:
    opened = await tickets.for_member(privacy.OpenCopy(subject_id=person, case_id=case_id), at.database, at.keyring)
    return opened.ticket


async def read(at: Desk, shown: str) -> int:
    """The status of the first fragment of a ticket."""
    asked = privacy.ReadCopyFragment(ticket=shown, format="json", language="pl", number=0)
    async with at.harness.asking() as client:
        try:
            await client.request(asked)
        except Refused as refused:
            return refused.problem.status
    return 200


async def test_a_ticket_counts_for_some_minutes_and_nobody_makes_one(
    telling: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await telling.person()
    case_id = await telling.open(person)
    await telling.until(case_id, "ready")
    with monkeypatch.context() as patched:
        opened = Mock(wraps=package.open_chunk)
        patched.setattr(package, "open_chunk", opened)
        shown = await ticket(telling, case_id, person)
    assert [call.args[1].service for call in opened.mock_calls] == [MANIFEST], (
        "what is handed over is opened then, once"
    )
    other = "A" if shown[30] != "A" else "B"
    forged = [shown[:30] + other + shown[31:], shown[:-5], "", "!" * 40, shown[:32]]
    assert await read(telling, shown) == 200
    assert [await read(telling, each) for each in forged] == [404] * len(forged)
    with monkeypatch.context() as patched:
        patched.setattr(tickets, "now", lambda: now() + timedelta(minutes=16))
        assert await read(telling, shown) == 410
        patched.setattr(tickets, "now", lambda: now() + timedelta(days=14, minutes=1))
        with pytest.raises(Refused) as late:
            await ticket(telling, case_id, person)
    assert late.value.problem.status == 410, "also before the clock has closed the case"
