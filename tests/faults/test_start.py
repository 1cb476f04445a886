"""Starting and stopping: one clear sentence when it can't, no damage either way, and a drain that finishes its work."""

import asyncio
import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local import ports, processes, rabbitmq, rabbitmq_software, start, system
from deploy.local.folders import PROJECT, StartError, remember, remembered
from deploy.local.keys import signer
from shared.contracts import identity
from tests import forked
from tests.askers import AnyAsker
from tests.faults.conftest import (
    PATIENCE_S,
    SETTINGS,
    WAITS_MS,
    all_closed,
    inside,
    let_run,
    residents_with_cases,
    restart,
)
from tests.faults.test_kill import has_ended, held, kill, stuck
from tests.harness import eventually

CLOSED_PORT = "postgresql://postgres:not-a-secret@127.0.0.1:9/postgres"
LETHE = "deploy.commands"
ABSENT = "marketing"
INTERRUPTED = 130  # as a shell says it


def lethe(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, limit: int = 0) -> str:
    """Run a command that must fail in a state folder of its own; answers the one sentence it says."""
    whole = os.environ | {"LETHE_STATE": str(folder)} | dict(environment or {})
    ended = in_small_files(limit, whole, *arguments) if limit else forked.run(LETHE, *arguments, environment=whole)
    assert ended.code == 1, f"{ended.code}: {ended.out} {ended.wrong}"
    lines = ended.wrong.strip().splitlines()
    assert len(lines) == 1, ended.wrong
    assert lines[0].startswith("lethe: ")
    assert "not-a-secret" not in ended.out + ended.wrong
    return lines[0]


def in_small_files(limit: int, environment: Mapping[str, str], *arguments: str) -> forked.Ended:
    """No file of it grows beyond the limit; bytecode that is cut off there would be read by whoever comes next."""
    done = subprocess.run(
        [sys.executable, "-m", LETHE, *arguments],
        cwd=PROJECT,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    return forked.Ended(done.stdout, done.stderr, done.returncode)


async def test_a_second_start_changes_nothing(whole_system: system.System) -> None:
    before = {name: processes.running(whole_system.folder, name) for name in system.PROCESSES}
    again = await asyncio.to_thread(
        lambda: start.up(whole_system.folder, durable=False, settings=SETTINGS, waits_ms=WAITS_MS)
    )
    assert again == whole_system
    assert {name: processes.running(whole_system.folder, name) for name in system.PROCESSES} == before


async def test_a_start_during_a_start_is_one_sentence(
    whole_system: system.System, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(processes.stop, whole_system.folder, ABSENT)
    waiting, go_on = threading.Event(), threading.Event()
    wait = system.wait

    def slowly(running: system.System, name: str) -> None:
        waiting.set()
        assert go_on.wait(PATIENCE_S)
        wait(running, name)

    monkeypatch.setattr(system, "wait", slowly)
    first = asyncio.create_task(asyncio.to_thread(up, whole_system))
    assert await asyncio.to_thread(waiting.wait, PATIENCE_S)
    second = await asyncio.to_thread(up, whole_system)
    go_on.set()
    assert "Another ./lethe is starting" in second
    assert await first == ""
    assert workers(whole_system, ABSENT) == [processes.running(whole_system.folder, ABSENT)]


async def test_starts_at_once_make_one_system(whole_system: system.System) -> None:
    await asyncio.to_thread(processes.stop, whole_system.folder, ABSENT)
    said = await asyncio.gather(*(asyncio.to_thread(up, whole_system) for _ in range(3)))
    assert "" in said
    assert all("Another ./lethe is starting" in sentence for sentence in said if sentence)
    assert workers(whole_system, ABSENT) == [processes.running(whole_system.folder, ABSENT)]


def brought_up(whole_system: system.System) -> system.System:
    """What `./lethe up` does, with the settings of the tests."""
    return start.up(whole_system.folder, durable=False, settings=SETTINGS, waits_ms=WAITS_MS)


def up(whole_system: system.System) -> str:
    """Start what does not run; answers why that was refused."""
    try:
        brought_up(whole_system)
    except StartError as error:
        return str(error)
    return ""


def workers(whole_system: system.System, name: str) -> list[int | None]:
    """The processes that run a service of this system, found by what they were started with."""
    pids: list[int | None] = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"services.{name}.app" not in command.read_text():
                continue
            if whole_system.amqp[name] in command.with_name("environ").read_text():
                pids.append(int(command.parent.name))
        except OSError:
            continue
    return pids


async def test_a_taken_port_is_named_with_its_holder(whole_system: system.System) -> None:
    await asyncio.to_thread(processes.stop, whole_system.folder, system.GATEWAY)
    with (
        socket.create_server((ports.LOOPBACK, whole_system.ports[system.GATEWAY])),
        pytest.raises(StartError) as refused,
    ):
        await asyncio.to_thread(system.start, whole_system, system.GATEWAY, SETTINGS)
    sentence = str(refused.value)
    assert f"Port {whole_system.ports[system.GATEWAY]} of the gateway is taken by" in sentence
    assert str(os.getpid()) in sentence
    await restart(whole_system, system.GATEWAY)


async def test_a_failed_start_stops_what_it_started_and_nothing_else(whole_system: system.System) -> None:
    for name in (ABSENT, system.GATEWAY):
        await asyncio.to_thread(processes.stop, whole_system.folder, name)
    before = system.running_parts(whole_system.folder)
    with socket.create_server((ports.LOOPBACK, whole_system.ports[system.GATEWAY])):
        assert "is taken by" in await asyncio.to_thread(up, whole_system)
    assert before[ABSENT] is None
    assert system.running_parts(whole_system.folder) == before
    assert await asyncio.to_thread(up, whole_system) == ""


@pytest.mark.deep
def test_an_interrupted_start_leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C as soon as a server runs."""
    # what runs in the background inherits that SIGINT is ignored
    argv = ["env", "--default-signal=INT", sys.executable, "-m", "deploy.commands", "up"]
    environment = os.environ | {"LETHE_STATE": str(tmp_path)}
    try:
        with subprocess.Popen(argv, cwd=PROJECT, env=environment, stdout=subprocess.PIPE) as start:
            assert processes.poll(lambda: any(system.running_parts(tmp_path).values()), PATIENCE_S)
            start.send_signal(signal.SIGINT)
            start.communicate(timeout=2 * PATIENCE_S)  # whatever has begun to start is ready before it is stopped
        assert start.returncode == INTERRUPTED
        assert processes.poll(lambda: not left_behind(tmp_path), PATIENCE_S), left_behind(tmp_path)
    finally:
        system.down(tmp_path)


def test_no_database_is_one_sentence(tmp_path: Path) -> None:
    sentence = lethe(tmp_path, "up", environment={"LETHE_POSTGRES_ADMIN_URL": CLOSED_PORT, **broker_elsewhere()})
    assert "127.0.0.1:9" in sentence
    assert "LETHE_POSTGRES_ADMIN_URL" in sentence


def broker_elsewhere() -> dict[str, str]:
    """Servers that are not started, so that nothing slow happens before the database is missed."""
    return {
        "LETHE_AMQP_URL": "amqp://guest:not-a-secret@127.0.0.1:9/",
        "LETHE_MANAGEMENT_URL": "http://guest:not-a-secret@127.0.0.1:9",
        "LETHE_SMTP_URL": "smtp://127.0.0.1:9",
    }


def test_no_broker_is_one_sentence(whole_system: system.System, tmp_path: Path) -> None:
    environment = {"LETHE_POSTGRES_ADMIN_URL": elsewhere(whole_system), **broker_elsewhere()}
    sentence = lethe(tmp_path, "up", environment=environment)
    assert "127.0.0.1:9" in sentence
    assert "LETHE_MANAGEMENT_URL" in sentence


def elsewhere(whole_system: system.System) -> str:
    return whole_system.servers.postgres_admin_url


def test_a_wrong_password_is_one_sentence(whole_system: system.System, tmp_path: Path) -> None:
    wrong = re.sub(r":[^:@]+@", ":not-a-secret@", elsewhere(whole_system))
    sentence = lethe(tmp_path, "up", environment={"LETHE_POSTGRES_ADMIN_URL": wrong, **broker_elsewhere()})
    assert "LETHE_POSTGRES_ADMIN_URL" in sentence


def test_half_of_the_broker_is_one_sentence(tmp_path: Path) -> None:
    environment = {"LETHE_POSTGRES_ADMIN_URL": CLOSED_PORT, **broker_elsewhere(), "LETHE_MANAGEMENT_URL": ""}
    assert "set both or neither" in lethe(tmp_path, "up", environment=environment)


def test_no_rabbitmq_to_be_had_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither installed nor unpacked, and no apt: a machine that is no Debian."""
    monkeypatch.setattr(rabbitmq_software, "SOFTWARE", tmp_path / "software")
    monkeypatch.setattr(rabbitmq_software, "SCRIPT", "nowhere/rabbitmq-server")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartError) as refused:
        rabbitmq.start(tmp_path)
    sentence = str(refused.value)
    assert "neither installed nor to be had" in sentence
    assert "LETHE_AMQP_URL" in sentence
    assert "\n" not in sentence
    assert not (tmp_path / "software" / "rabbitmq").exists(), "no half of it is left"


def test_a_failing_apt_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Debian without a network."""
    monkeypatch.setattr(rabbitmq_software, "SOFTWARE", tmp_path / "software")
    monkeypatch.setattr(rabbitmq_software, "SCRIPT", "nowhere/rabbitmq-server")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, does in {
        "apt-get": "echo 'E: no network here' >&2; exit 100",
        "apt-cache": "exit 100",
        "dpkg": ":",
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (tools / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setattr(shutil, "which", which_without_rabbitmq)
    with pytest.raises(StartError, match="E: no network here"):
        rabbitmq.start(tmp_path)
    assert not (tmp_path / "software" / "rabbitmq").exists()


real_which = shutil.which


def which_without_rabbitmq(name: str, mode: int = os.F_OK | os.X_OK, path: str | None = None) -> str | None:
    return None if name == "rabbitmq-server" else real_which(name, mode, path)


@pytest.mark.parametrize("limit", [0, 4096, 1_000_000], ids=lambda limit: f"{limit} bytes")
def test_a_full_disk_is_one_sentence(tmp_path: Path, limit: int) -> None:
    """Not a byte, or not enough for a cluster: whatever is written first says so."""
    environment = {**broker_elsewhere()}
    sentence = lethe(tmp_path, "up", environment=environment, limit=limit or 1)
    assert re.search("disk|too large|folder", sentence), sentence


async def test_a_full_disk_loses_nothing_that_was_there(
    whole_system: system.System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything stopped without a process left behind, no room to start, and then room again."""
    people = await residents_with_cases(whole_system, 20, 5001)
    await asyncio.to_thread(system.down, whole_system.folder)
    await eventually(lambda: not left_behind(whole_system.folder))  # helpers of the broker see its end a moment later
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 0))
    with pytest.raises(StartError, match="Only 0 MB are free"):
        await asyncio.to_thread(
            lambda: start.up(whole_system.folder, durable=False, settings=SETTINGS, waits_ms=WAITS_MS)
        )
    monkeypatch.undo()
    again = await asyncio.to_thread(
        lambda: start.up(whole_system.folder, durable=False, settings=SETTINGS, waits_ms=WAITS_MS)
    )
    assert again == whole_system
    await let_run(whole_system, people)
    await all_closed(whole_system, people)


async def test_a_half_written_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"half": ')
    with pytest.raises(StartError, match=r"keys\.json is not readable as JSON"):
        remembered(tmp_path / "keys.json")
    remember(tmp_path / "keys.json", {"whole": 1})
    assert remembered(tmp_path / "keys.json") == {"whole": 1}


async def test_a_drain_finishes_what_is_under_way_and_tells_it(whole_system: system.System) -> None:
    people = await residents_with_cases(whole_system, 50, 5002)
    pid = processes.running(whole_system.folder, ABSENT)
    assert pid is not None
    async with halted(whole_system, people[9]) as rows:
        await let_run(whole_system, people)
        await eventually(lambda: rows.fetchval(IS_HALTED, f"{ABSENT}_app"))
        os.kill(pid, signal.SIGTERM)
        # long enough to end early, if it did, or for a loop to miss what is ended already
        await drains_for(whole_system, ABSENT, 1.2)
        assert processes.running(whole_system.folder, ABSENT) == pid
    await has_ended(whole_system, ABSENT)
    await all_closed(whole_system, people)
    lines = (whole_system.folder / "logs" / f"{ABSENT}.log").read_text().splitlines()
    said = [json.loads(line)["event"] for line in lines if line.startswith("{")]
    assert said[-1] == "stopped"
    assert "loop step failed" not in said[len(said) - said[::-1].index("draining") :]
    await restart(whole_system, ABSENT)


# Not before a lock: who waits for one for two seconds has let the order go, and rightly ends.
HALT = """
CREATE TABLE halt AS SELECT true;
CREATE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
  WHILE EXISTS (SELECT FROM halt) LOOP PERFORM pg_sleep(0.02); END LOOP; RETURN OLD; END $$;
CREATE TRIGGER halt BEFORE DELETE ON subscriber FOR EACH ROW WHEN (OLD.subject_id = '{person}') EXECUTE FUNCTION halt()
"""
IS_HALTED = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND usename = $1"


@contextlib.asynccontextmanager
async def halted(whole_system: system.System, person: UUID) -> AsyncIterator[asyncpg.Connection]:
    """Keep the erasure of somebody in the middle of its transaction until the block ends."""
    async with inside(whole_system, [ABSENT]) as databases:
        rows = databases[ABSENT]
        await rows.execute(HALT.format(person=person))
        try:
            yield rows
        finally:
            await rows.execute("DELETE FROM halt")
            await rows.execute("DROP FUNCTION halt() CASCADE; DROP TABLE halt")


async def drains_for(whole_system: system.System, name: str, seconds: float) -> None:
    """Wait until a service that was told to end has heard it, and so much later still asks its database something."""
    log = processes.log_file(whole_system.folder, name)
    await eventually(lambda: '"draining"' in log.read_text())
    later = datetime.now(UTC) + timedelta(seconds=seconds)
    looks = "SELECT bool_or(query_start > $1) FROM pg_stat_activity WHERE usename = $2"
    async with inside(whole_system, [name]) as databases:
        await eventually(lambda: databases[name].fetchval(looks, later, f"{name}_app"))


async def test_a_drain_that_takes_too_long_gives_up_and_loses_nothing(whole_system: system.System) -> None:
    """Half a second here: then the transaction is rolled back and the message goes to whoever comes next."""
    people = await residents_with_cases(whole_system, 50, 5003)
    await asyncio.to_thread(processes.stop, whole_system.folder, ABSENT)
    await restart(whole_system, ABSENT, {"LETHE_DRAIN_SECONDS": "0.5"})
    pid = processes.running(whole_system.folder, ABSENT)
    assert pid is not None
    async with held(whole_system, [ABSENT], people[9]):
        await let_run(whole_system, people)
        await stuck(whole_system, [ABSENT])
        os.kill(pid, signal.SIGTERM)
        await has_ended(whole_system, ABSENT)
    await restart(whole_system, ABSENT)
    await all_closed(whole_system, people)


async def test_a_question_under_way_is_answered_before_the_end(whole_system: system.System) -> None:
    person = uuid4()
    async with inside(whole_system) as databases:
        await databases["identity"].execute("INSERT INTO subject VALUES ($1)", person)
        account = "INSERT INTO account (subject_id, email, full_name) VALUES ($1, 'a@example.com', 'Anna Nowak')"
        await databases["identity"].execute(account, person)
    client = AnyAsker(whole_system.amqp, signer(whole_system.folder))
    pid = processes.running(whole_system.folder, "identity")
    assert pid is not None
    try:
        async with held(whole_system, ["identity"], person):
            asking = asyncio.create_task(client.request(identity.ReadProfile(subject_id=person)))
            await stuck(whole_system, ["identity"])
            os.kill(pid, signal.SIGTERM)
            await drains_for(whole_system, "identity", 0.3)
        assert (await asking).full_name == "Anna Nowak"
    finally:
        await client.close()
    await has_ended(whole_system, "identity")
    await restart(whole_system, "identity")


async def test_a_service_that_still_waits_for_others_can_be_stopped(whole_system: system.System) -> None:
    """It is given time to end by itself: 20 s later it would be killed."""
    async with inside(whole_system) as databases:
        await databases[ABSENT].execute("DELETE FROM catch_up")
    for name in (ABSENT, "privacy"):
        kill(whole_system, name)
        await has_ended(whole_system, name)
    await asyncio.to_thread(system.start, whole_system, ABSENT, SETTINGS)
    log = whole_system.folder / "logs" / f"{ABSENT}.log"
    await eventually(lambda: asyncio.to_thread(lambda: "catching up" in log.read_text()))
    pid = processes.running(whole_system.folder, ABSENT)
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    await has_ended(whole_system, ABSENT)
    await restart(whole_system, "privacy")
    await restart(whole_system, ABSENT)


def left_behind(folder: Path) -> list[str]:
    """The processes that were started for a state folder and still run."""
    return [process.name for process in Path("/proc").glob("[0-9]*") if of_this_system(process, folder)]


def of_this_system(process: Path, folder: Path) -> bool:
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        text = (process / "cmdline").read_text() + (process / "environ").read_text()
    except OSError:
        return False
    return state != "Z" and str(folder) in text
