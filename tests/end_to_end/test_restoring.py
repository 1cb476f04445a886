"""The drill of promise 14: back up, decide, restore each database alone and all together, and find it decided."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy.backups import restoring, sealed
from deploy.backups.restoring import Target
from deploy.commands import app
from deploy.local.servers import Servers
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.ledger import beginning
from services.privacy.ledger.file import NAME as LEDGER
from shared import service
from shared.clock import now, today
from shared.contracts import identity, licensing, marketing, privacy
from shared.purposes import Purpose
from tests.end_to_end.telling import tell
from tests.harness import Harness, eventually
from tests.scenario import SERVICES, Customer, Scenario, running_scenario, scenario_harness

NAMES = [each.name for each in SERVICES]
KEY = "the key of the drill, long enough"
DAYS = 30
EMAIL = "direct-marketing.email"
NOW = "UPDATE privacy_case SET run_at = now() WHERE subject_id = $1"
KEPT = "SELECT to_jsonb(i)::text FROM invoice i WHERE subject_id = $1 ORDER BY invoice_id"
HEARD = "SELECT count(*) FROM inbox"
NOBODY = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = ANY ($1) AND usename LIKE '%\\_app')"
HELD = "SELECT review_at FROM hold WHERE subject_id = $1"


@dataclass
class Drill:
    """What was backed up, what was decided afterwards, and what the law had kept then."""

    harness: Harness
    backup: Path
    erased: Customer
    begun: Customer
    restricted: Customer
    held: Customer
    leaving: Customer
    invoices: dict[UUID, list[str]]
    day: date

    @property
    def gone(self) -> tuple[Customer, Customer]:
        """One asked after the backup, the other's case was in it."""
        return self.erased, self.begun

    async def lethe(self, *words: str, **changed: str) -> Any:
        """Run a command on these databases, with some settings changed."""
        return await asyncio.to_thread(CliRunner().invoke, app, list(words), env=settings_of(self.harness) | changed)

    async def refused(self, code: int, *words: str, **changed: str) -> str:
        """The one sentence of a command that could not do its work."""
        result = await self.lethe("restore", *words, "--yes", **changed)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        assert result.stderr.startswith("lethe: ")
        assert result.stderr.count("\n") == 1
        return str(result.stderr)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Scenario]:
        """Everything at work again; whoever took part speaks to what runs now."""
        async with running_scenario(self.harness) as scenario:
            for person in (self.erased, self.begun, self.restricted, self.held, self.leaving):
                person.scenario = scenario
            yield scenario
        await self.ended()

    async def ended(self) -> None:
        """Wait until PostgreSQL has seen the last connection off; to a restore it would be a service that runs."""
        names = [f"{name}_{self.harness.name}" for name in NAMES]
        admin = await asyncpg.connect(self.harness.servers.postgres_admin_url, timeout=60)
        try:
            await eventually(lambda: admin.fetchval(NOBODY, names))
        finally:
            await admin.close()


def settings_of(harness: Harness) -> dict[str, str]:
    """What an operator's shell says: which server, which databases, which backups."""
    urls = {f"LETHE_{name.upper()}_POSTGRES_URL": harness.databases[name].app for name in NAMES}
    shelf = {"LETHE_BACKUPS": harness.settings["backups"], "LETHE_BACKUP_DAYS": str(DAYS), "LETHE_BACKUP_KEY": KEY}
    shelf["LETHE_LEDGER"] = harness.settings["ledger"]
    return urls | shelf | {"LETHE_POSTGRES_ADMIN_URL": harness.servers.postgres_admin_url}


@pytest.fixture(scope="module")
async def drill(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Drill]:
    shelf = tmp_path_factory.mktemp("backups")
    async with scenario_harness(servers, cooling_off_s=3600) as harness:
        async with running_scenario(harness) as scenario:
            erased, begun = [await scenario.customer() for _ in range(2)]
            restricted, held, leaving = [await scenario.register_customer() for _ in range(3)]
            await leaving.subscribe()
            await begun.ask_for_erasure(terminate=True)
            await scenario.quiet()
        harness.settings |= {"cooling_off_s": 0, "backups": str(shelf), "backup_days": DAYS}
        made = Drill(harness, shelf, erased, begun, restricted, held, leaving, {}, today())
        created = await made.lethe("backup", "create", "--json")
        assert created.exit_code == 0, created.output
        made.backup = shelf / json.loads(created.stdout)[0]["name"]
        async with made.running() as scenario:
            await decide(made, scenario)
        yield made


async def decide(made: Drill, scenario: Scenario) -> None:
    """What happens after the backup."""
    await scenario.rows["privacy"].execute(NOW, made.begun.id)
    await made.erased.ask_for_erasure(terminate=True)
    for person in made.gone:
        await person.until("closed")
        made.invoices[person.id] = [row[0] for row in await scenario.rows["licensing"].fetch(KEPT, person.id)]
    await made.restricted.use_right("restriction", ground="accuracy contested")
    await made.restricted.until("in force")
    review_on, reason = today() + timedelta(days=90), "The limitation is suspended."
    how: dict[str, Any] = {"scope": ("D9",), "ground": "tax hold", "owner": "officer", "review_on": review_on}
    await scenario.ask(privacy.PlaceHold(person_id=made.held.id, reason=reason, **how))
    choice: dict[str, Any] = {"text_version": "", "surface": "account", "method": "switch"}
    await scenario.ask(privacy.ChooseConsent(subject_id=made.leaving.id, purpose=EMAIL, given=False, **choice))
    await eventually(lambda: in_force(made, scenario))
    await scenario.quiet()


async def in_force(made: Drill, scenario: Scenario) -> bool:
    """Whether every service knows the restriction, the withdrawal and the hold."""
    ruled = [
        (await made.restricted.allowed("*", name), await made.leaving.allowed(EMAIL, name)) == (False, False)
        for name in NAMES
    ]
    return all(ruled) and all([await scenario.rows[name].fetchval(HELD, made.held.id) for name in NAMES])


@pytest.mark.parametrize("names", [*([name] for name in NAMES), NAMES], ids=[*NAMES, "all at once"])
async def test_nobody_is_back_after_a_restore(drill: Drill, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "follow", idle)  # what is missing is taken over before a service serves, not later
    assert len(drill.invoices) == len(drill.gone)
    assert all(drill.invoices.values())
    for name in ["all"] if names == NAMES else names:
        restored = await drill.lethe("restore", name, drill.backup.name, "--yes")
        assert restored.exit_code == 0, restored.output
    async with drill.running() as scenario:
        for person in drill.gone:
            assert await scenario.live_rows(person.id) == []
            kept = [row[0] for row in await scenario.rows["licensing"].fetch(KEPT, person.id)]
            assert kept == drill.invoices[person.id], "there, as the erasure had left them"
        assert await in_force(drill, scenario)
        await refuse_what_comes_late(scenario, drill.erased.id)
        await scenario.quiet()
        open_orders = "SELECT count(*) FROM erasure_order WHERE open"
        await eventually(lambda: has_none(scenario, open_orders))
        assert (await drill.begun.case()).state == "closed"


async def idle(*_: object) -> bool:
    return False


async def test_a_backup_is_listed_with_its_last_day_which_the_certificate_names(drill: Drill) -> None:
    (listed,) = json.loads((await drill.lethe("backup", "list", "--json")).stdout)
    made_on = datetime.strptime(drill.backup.name[:8], "%Y%m%d").date()  # noqa: DTZ007 a day
    assert (listed["name"], listed["until"]) == (drill.backup.name, f"{made_on + timedelta(days=DAYS)}")
    assert set(listed["bytes"]) == {*NAMES}
    table = (await drill.lethe("backup", "list", COLUMNS="200")).stdout
    assert all(word in table for word in (drill.backup.name, listed["until"], *NAMES))
    assert (await drill.lethe("backup", "expire", "--json")).stdout == "[]\n"
    over = drill.backup.with_name("20200101T000000Z-until-20200131")
    over.mkdir()
    async with drill.running():
        certificate = await drill.begun.certificate()
        await eventually(lambda: not over.exists())
    assert drill.backup.exists()
    assert certificate["backups_until"] == listed["until"]
    assert f"backups until {listed['until']}" in certificate["not_checked"]


async def test_a_bad_restore_is_one_sentence_and_changes_nothing(drill: Drill, tmp_path: Path) -> None:
    name, dump = drill.backup.name, drill.backup / "licensing.dump"
    cut, newer, stranger = tmp_path / "cut.dump", tmp_path / "newer.dump", tmp_path / "stranger.dump"
    cut.write_bytes(dump.read_bytes()[:-9])
    stranger.write_text("something else")
    about = {key: value for key, value in sealed.about(dump).items() if key not in ("salt", "key_id")}
    sealed.seal(newer, KEY, about | {"revisions": ["licensing_9999"]}, sealed.opened(dump, KEY))
    before = await databases_there(drill)
    assert "is of licensing and not of identity" in await drill.refused(2, "identity", str(dump))
    assert "newer release (it has licensing_9999)" in await drill.refused(2, "licensing", str(newer))
    assert "no backup of Lethe" in await drill.refused(2, "licensing", str(stranger))
    assert "another key" in await drill.refused(2, "licensing", name, LETHE_BACKUP_KEY="b" * 30)
    assert "20 characters" in await drill.refused(2, "licensing", name, LETHE_BACKUP_KEY="short")
    assert "no backup nowhere" in await drill.refused(4, "licensing", "nowhere")
    assert "no service helpdesk" in await drill.refused(2, "helpdesk", name)
    assert "cut off" in await drill.refused(2, "licensing", str(cut))
    over = drill.backup.rename(drill.backup.with_name("20200101T000000Z-until-20200131"))
    assert "over after 2020-01-31" in await drill.refused(2, "licensing", over.name)
    over.rename(drill.backup)
    async with drill.harness.database("licensing"):
        assert "licensing is running" in await drill.refused(1, "licensing", name)
    assert await databases_there(drill) == before


async def test_a_bad_backup_is_one_sentence_and_leaves_nothing(drill: Drill, tmp_path: Path) -> None:
    shelf, closed = {"LETHE_BACKUPS": str(tmp_path / "shelf")}, "postgresql://postgres:wrong@127.0.0.1:9/postgres"
    place = urlsplit(drill.harness.servers.postgres_admin_url)
    stranger = urlunsplit(place._replace(netloc=f"nobody:wrong@{place.netloc.rpartition('@')[2]}"))
    for code, word, changed in (
        (2, "LETHE_BACKUP_DAYS", {"LETHE_BACKUP_DAYS": "soon"}),
        (2, "LETHE_BACKUP_KEY", {"LETHE_BACKUP_KEY": "short"}),
        (3, "does not answer", {"LETHE_POSTGRES_ADMIN_URL": closed}),
        (5, "refuses this account", {"LETHE_POSTGRES_ADMIN_URL": stranger}),
    ):
        result = await drill.lethe("backup", "create", "licensing", "--json", **shelf, **changed)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        assert word in result.stderr
        assert result.stderr.count("\n") == 1
    assert await asyncio.to_thread(lambda: [*tmp_path.rglob("*.dump*")]) == []
    assert json.loads((await drill.lethe("backup", "list", "--json", **shelf)).stdout) == []


async def test_the_keys_of_copies_are_in_no_backup(drill: Drill) -> None:
    """They stand in unlogged tables, as does what is searched for after an erasure; pg_dump would take them along."""
    async with drill.harness.superuser("privacy") as rows:
        fleeting = [row[0] for row in await rows.fetch("SELECT relname FROM pg_class WHERE relpersistence = 'u'")]
        assert {"copy_key", "trace_values"} <= {*fleeting}
        await rows.execute("CREATE UNLOGGED TABLE fleeting AS SELECT 'a key' AS secret")
    created = json.loads((await drill.lethe("backup", "create", "privacy", "--json")).stdout)
    newest = created[0]["name"]
    assert (await drill.lethe("restore", "privacy", newest, "--yes")).exit_code == 0
    async with drill.harness.superuser("privacy") as rows:
        assert await rows.fetchval("SELECT count(*) FROM fleeting") == 0
        await rows.execute("DROP TABLE fleeting")


MARK = "SELECT split_part(reached, ' ', 2)::bigint FROM catch_up WHERE topic = 'ledger'"
EVIDENCE = "SELECT reason FROM ledger_beginning JOIN evidence_opening ON source_key = begun::text"
ERASED = "SELECT live FROM subject WHERE subject_id = $1"


async def test_a_ledger_that_was_cut_off_is_noticed_and_begun_anew(drill: Drill) -> None:
    """Cut together with an older database: what other services know is witness, and privacy takes it over."""
    _, whole = await verified(drill, 0)
    assert whole["standing"] == "whole"
    assert str(drill.day) <= whole["first_day"] <= whole["last_day"] <= str(today())
    assert whole["services"]["privacy"] == whole["lines"] >= whole["services"]["identity"] > 0
    assert "nothing to begin" in (await drill.lethe("ledger", "begin", "--reason", "a test")).stderr
    assert (await drill.lethe("restore", "privacy", drill.backup.name, "--yes")).exit_code == 0
    assert (await verified(drill, 7))[1]["standing"] == "behind", "the database is older"
    lines = rewritten(drill, lambda lines: lines[:99] + b"?" + lines[100:])
    assert "was changed" in (await verified(drill, 1))[0]
    async with drill.harness.superuser("privacy") as rows:
        reached = await rows.fetchval(MARK)
    rewritten(drill, lambda _: lines[:reached])
    flaws, short = await verified(drill, 6, "--kept", whole["last_line"])
    assert f"line {whole['lines']} was kept" in flaws
    assert [f"{name} has erased people" in flaws for name in NAMES] == [name != "privacy" for name in NAMES]
    begin = ("ledger", "begin", "--reason", "The disk was lost.", "--json")
    async with drill.harness.database("privacy"):
        assert "privacy is running" in (await drill.lethe(*begin)).stderr
    await drill.ended()
    assert rewritten(drill, lambda same: same) == lines[:reached], "nothing was begun"
    begun = json.loads((await drill.lethe(*begin)).stdout)
    assert begun["replayed"] > 0
    assert Path(drill.harness.settings["ledger"], begun["set_aside"]).read_bytes() == lines[:reached]  # noqa: ASYNC240
    async with drill.harness.serve(PRIVACY), drill.harness.superuser("privacy") as rows:
        assert [await rows.fetchval(ERASED, person.id) for person in drill.gone] == [False, False]
        assert await rows.fetchval("SELECT allowed FROM permission WHERE subject_id = $1", drill.restricted.id) is False
        assert await rows.fetchval(EVIDENCE) == "The disk was lost."
    assert {flaw.split()[1:3] == ["knows", "hold"] for flaw in (await verified(drill, 6))[1]["flaws"]} == {True}
    assert short["lines"] < whole["lines"]


async def test_whoever_has_just_left_is_not_taken_for_a_service_that_runs(drill: Drill) -> None:
    """PostgreSQL sees a closed connection off a moment later, on a busy machine."""
    target = Target(drill.harness.servers.postgres_admin_url, "licensing", f"licensing_{drill.harness.name}")
    async with (
        drill.harness.database("privacy") as ours,
        ours.transaction(Purpose.ERASURE) as tx,
        drill.harness.superuser("identity") as admin,
    ):
        for name, looks in (
            ("privacy", lambda: beginning.is_at_work(tx)),
            ("licensing", lambda: restoring._require_idle(admin, target)),
        ):
            there = await asyncpg.connect(drill.harness.databases[name].app, timeout=60)
            leaving = asyncio.create_task(leave_soon(there))
            assert not await looks()
            await leaving


async def leave_soon(there: asyncpg.Connection) -> None:
    await there.execute("SELECT pg_sleep(0.2)")
    await there.close()


def rewritten(drill: Drill, change: Callable[[bytes], bytes]) -> bytes:
    """What the ledger held before somebody wrote in it."""
    ledger = Path(drill.harness.settings["ledger"], LEDGER)
    lines = ledger.read_bytes()
    ledger.write_bytes(change(lines))
    return lines


async def verified(drill: Drill, code: int, *words: str) -> tuple[str, dict[str, Any]]:
    """What is wrong with the ledger, and all that `verify` says."""
    result = await drill.lethe("ledger", "verify", "--json", *words)
    assert result.exit_code == code, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    return "\n".join(said["flaws"]), said


async def databases_there(drill: Drill) -> list[tuple[str, int]]:
    """The databases of this module, each with what makes it this very one."""
    sql = "SELECT datname, oid FROM pg_database WHERE datname LIKE '%' || $1 || '%' ORDER BY datname"
    async with drill.harness.superuser("privacy") as rows:
        return [(row["datname"], row["oid"]) for row in await rows.fetch(sql, drill.harness.name)]


async def has_none(scenario: Scenario, count: str) -> bool:
    return bool(await scenario.rows["privacy"].fetchval(count) == 0)


async def refuse_what_comes_late(scenario: Scenario, person: UUID) -> None:
    """Events of somebody erased reach everybody, and leave nothing."""
    license_issued = licensing.LicenseIssued(subject_id=person, license_id=uuid4(), order_id=uuid4())
    subscribed = marketing.Subscribed(subject_id=person, text_version="T-7", language="pl", decided_at=now())
    heard = {name: await scenario.rows[name].fetchval(HEARD) for name in ("marketing", "privacy")}
    await tell(scenario, "identity", identity.ProfileChanged(subject_id=person, fields=("email",)))
    await tell(scenario, "licensing", license_issued)
    await tell(scenario, "marketing", subscribed)

    async def have_heard() -> bool:
        return all([await scenario.rows[name].fetchval(HEARD) > before for name, before in heard.items()])

    await eventually(have_heard)
    assert await scenario.live_rows(person) == []
