"""The commands of the README, run for real in a state folder of their own; what they print for machines is promised.

The demonstration and the benchmark run beside the other tests, each on servers of its own. `./lethe test` is what
runs this.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
import typer
from typer.testing import CliRunner

from deploy.commands import COMMANDS, app, load
from deploy.local import processes, system
from deploy.local.folders import PROJECT, alone, state_of_tests
from deploy.local.servers import kill_servers
from tests.forked import Ended, run
from tests.harness import DEEPER

FOLDER = state_of_tests() / "commands"
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("LETHE_")} | {
    "LETHE_STATE": str(FOLDER),
    # Three systems at once on this machine: who is slow is waited for.
    "LETHE_PATIENCE_S": "60",
    "LETHE_ASK_TIMEOUT_S": "60",
}
IN_README = set(re.findall(r"\./lethe ([a-z][^`\n]*[a-z])", (PROJECT / "README.md").read_text()))
IN_RUN_BOOK = set(re.findall(r"^\| `\./lethe ([^`]+)` ", (PROJECT / "docs/operations.md").read_text(), re.MULTILINE))
BENCHMARKS = {f"benchmark {name}" for name in ("erasure", "events", "evidence", "licensing", "outbox", "requests")}
OF_THEIR_OWN = {
    "up",
    "down",
    "demo",
    "demo rights",
    "demo register",
    "demo licensing",
    "test",
    "test --containers",
} | BENCHMARKS
BENCHMARK = ("benchmark", "erasure", "--people", "100", "--growth", "100", "--json")
OF_LICENSES = ("benchmark", "licensing", "--licenses", "1000", "--seconds", "2", "--json")

RIGHTS = {"access", "portability", "restriction", "objection", "marketing-objection", "human-review"}
FIGURES = {
    "rights": RIGHTS | {"rectification", "erasure", "seconds"},
    "register": {"told_of_a_purpose", "recipients", "breach_hours_left", "restore_seconds"}
    | {"rows_ended_in_ten_years", "seconds"},
    "licensing": {"quoted", "refunded", "disputed", "file_usable_days", "seconds"},
}

PATIENCE_S = 400.0
"""Demonstration and benchmark start systems of their own beside this one, and other tests run beside all three."""

Beside = dict[str, subprocess.Popen[str]]


def beside_all_else(*arguments: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "deploy.commands", *arguments]
    return subprocess.Popen(
        argv, cwd=PROJECT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str]) -> Ended:
    out, wrong = process.communicate(timeout=PATIENCE_S)
    return Ended(out, wrong, process.returncode)


def lethe(*arguments: str) -> Ended:
    """Run a command; a service that is too busy to answer it within some seconds is asked again."""
    end = time.monotonic() + PATIENCE_S
    while True:
        done = run("deploy.commands", *arguments, environment=ENVIRONMENT, patience_s=PATIENCE_S)
        if "does not answer" not in done.wrong or time.monotonic() > end:
            return done


def done(process: Ended, code: int = 0) -> str:
    """What a command printed; it ended with this code and without a traceback."""
    assert process.code == code, process.out + process.wrong
    assert "Traceback" not in process.wrong
    return process.out


def sentence(process: Ended, code: int) -> str:
    """The one sentence of a command that could not do its work."""
    assert (process.code, process.out) == (code, ""), process.out + process.wrong
    assert process.wrong.startswith("lethe: ")
    assert process.wrong.count("\n") == 1, process.wrong
    return process.wrong


@pytest.fixture(scope="module", autouse=True)
def folder() -> Iterator[Path]:
    """Where everything of this module lives; nothing of it runs before or after."""
    _clear()
    yield FOLDER
    _clear()


def _clear() -> None:
    for place in (FOLDER, FOLDER / "demo", FOLDER / "benchmark"):
        for name in system.PROCESSES:
            processes.kill(place, name)
        kill_servers(place)
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture(scope="module")
def beside(folder: Path) -> Iterator[Beside]:
    """The two long commands, started now and looked at later."""
    started = {"demo": beside_all_else("demo", "--json"), "benchmark": beside_all_else(*BENCHMARK)}
    yield started
    for process in started.values():
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def plays(beside: Beside) -> Iterator[dict[str, Future[Ended]]]:
    """The other plays and the other benchmark, one after another behind the first, whose folder they share."""

    def played(first: str, *arguments: str) -> Ended:
        beside[first].wait(timeout=PATIENCE_S)
        return ended(beside_all_else(*arguments))

    with ThreadPoolExecutor(1) as one_at_a_time:
        measured = {"benchmark": one_at_a_time.submit(played, "benchmark", *OF_LICENSES)} if DEEPER > 1 else {}
        shown = {play: one_at_a_time.submit(played, "demo", "demo", play, "--json") for play in FIGURES}
        yield measured | shown


@pytest.fixture(scope="module")
def running(plays: object) -> str:
    """The system, started; what `./lethe up` printed."""
    return done(ended(beside_all_else("up")))


def test_what_is_down_says_so() -> None:
    status = json.loads(done(lethe("status", "--json"), 3))
    assert status["ready"] is False
    assert set(status["processes"]) == set(system.running_parts(FOLDER))
    assert set(status["processes"].values()) == {None}
    asks = (("staff", "list"), ("staff", "end", "ola@example.com"), ("participants", "list"))
    for command in (("dead-letters", "list"), *asks):
        assert "./lethe up" in sentence(lethe(*command), 3)


def test_up_prints_addresses_that_answer(running: str) -> None:
    gateway = re.search(r"gateway\D+(http://127\.0\.0\.1:\d+)", running)
    assert gateway is not None, running
    answer = httpx.get(f"{gateway.group(1)}/openapi.json", timeout=PATIENCE_S, trust_env=False)
    assert answer.json()["info"]["title"] == "Lethe"
    assert all(system.running_parts(FOLDER).values())


@pytest.mark.usefixtures("running")
def test_status_for_machines() -> None:
    told: list[str] = []

    def ready() -> bool:
        told.append(lethe("status", "--json").out)
        return json.loads(told[-1])["ready"] is True

    assert processes.poll(ready, 60.0), told[-1]  # a busy process may say nothing for the two seconds that it is given
    status = json.loads(told[-1])
    assert status["processes"] == system.running_parts(FOLDER)
    assert set(status["checks"]) == set(system.PROCESSES)
    assert all(all(checks.values()) for checks in status["checks"].values())


@pytest.mark.usefixtures("running")
def test_staff_are_invited_listed_and_ended() -> None:
    roles = ("--role", "support", "--role", "finance")
    assert len(json.loads(done(lethe("staff", "invite", "ola@example.com", *roles, "--json")))["token"]) > 40
    (ola,) = json.loads(done(lethe("staff", "list", "--json")))
    assert (ola["email"], ola["roles"], ola["state"]) == ("ola@example.com", ["finance", "support"], "invited")
    assert "ola@example.com" in done(lethe("staff", "end", "ola@example.com"))
    assert "address" in sentence(lethe("staff", "end", "ola@example.com"), 4)
    assert "email" in sentence(lethe("staff", "invite", "no address", "--role", "finance"), 2)
    assert "roles" in sentence(lethe("staff", "invite", "ola@example.com", "--role", "king"), 2)
    assert json.loads(done(lethe("staff", "list", "--json"))) == []


@pytest.mark.usefixtures("running")
def test_a_participant_that_is_required_or_unknown_does_not_leave() -> None:
    before = done(lethe("participants", "list", "--json"))
    assert {p["service"] for p in json.loads(before)["participants"]} == set(system.SERVICES)
    why = ("--reason", "switched off for good")
    assert "LETHE_PARTICIPANTS" in sentence(lethe("participants", "leave", "marketing", *why), 1)
    assert "no participant" in sentence(lethe("participants", "leave", "nobody", *why), 4)
    assert "reason" in sentence(lethe("participants", "leave", "marketing", "--reason", "gone"), 2)
    assert done(lethe("participants", "list", "--json")) == before


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("command", sorted(IN_README - OF_THEIR_OWN))
def test_the_readme_tells_what_works(command: str) -> None:
    assert done(lethe(*command.split())).strip()


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("command", sorted(IN_RUN_BOOK - OF_THEIR_OWN - IN_README))
def test_the_run_book_tells_what_works(command: str) -> None:
    """There is nothing to mend here: those that name something are asked for their help, which knows their options."""
    words = command.split()
    if not any(word.isupper() for word in words):
        assert done(lethe(*words)).strip()
        return
    first = next(place for place, word in enumerate(words) if word.isupper() or word.startswith("--"))
    text = click.unstyle(CliRunner().invoke(app, [*words[:first], "--help"], catch_exceptions=False).output)
    assert [word for word in words if word.startswith("--") and word not in text] == []


@pytest.mark.usefixtures("running")
def test_logs_of_one_process() -> None:
    lines = done(lethe("logs", "identity", "--lines", "500")).splitlines()
    entries = [json.loads(line.removeprefix("identity: ")) for line in lines]
    assert "ready" in [entry["event"] for entry in entries]
    known = sentence(lethe("logs", "nobody"), 2)
    assert all(name in known for name in system.PROCESSES)


@pytest.mark.parametrize("command", [("demo", "--json"), BENCHMARK], ids=["demo", "benchmark"])
def test_a_second_one_leaves_the_first_alone(
    command: tuple[str, ...], beside: Beside, plays: dict[str, Future[Ended]]
) -> None:
    beside[command[0]].wait(timeout=PATIENCE_S)
    wait(plays.values(), timeout=len(plays) * PATIENCE_S)
    with alone(FOLDER / "run" / command[0], "the first one runs"):
        assert f"Another ./lethe {command[0]} is running" in sentence(lethe(*command), 1)


def test_the_demonstration(beside: Beside) -> None:
    figures = json.loads(done(ended(beside["demo"])))
    assert (figures["people"], figures["at_once"]) == (500, 200)
    assert 0 < figures["at_once_seconds"] < figures["seconds"]
    assert set(system.running_parts(FOLDER / "demo").values()) == {None}


@pytest.mark.parametrize("play", FIGURES)
def test_what_else_is_demonstrated(play: str, plays: dict[str, Future[Ended]]) -> None:
    """They fail by themselves when a promise is not kept."""
    figures = json.loads(done(plays[play].result(timeout=PATIENCE_S)))
    assert figures.keys() == FIGURES[play]
    assert all(figure > 0 for figure in figures.values())


def test_the_benchmark(beside: Beside) -> None:
    measurements = json.loads(done(ended(beside["benchmark"])))
    assert set(measurements) == {"bulk", "single", "concurrent", "growth", "memory_mb"}
    bulk = measurements["bulk"]
    assert bulk["people"] == 100
    assert is_ratio(bulk["ratio"], bulk["bare_seconds"], bulk["seconds"], rounded=0.005)
    single = measurements["single"]
    assert 0 < single["p50_ms"] <= single["p95_ms"]
    assert is_ratio(single["ratio"], single["p50_ms"], single["bare_p50_ms"], rounded=0.05)
    assert set(measurements["concurrent"]) == {"cases", "per_second", "p95_ms"}
    assert list(measurements["growth"]) == ["100"]
    assert set(measurements["memory_mb"]) == set(system.PROCESSES)
    assert all(0 < memory["idle"] <= memory["peak"] for memory in measurements["memory_mb"].values())
    assert set(system.running_parts(FOLDER / "benchmark").values()) == {None}


if DEEPER > 1:  # a minute of both cores; its figures have a test of their own

    def test_the_benchmark_of_licenses(plays: dict[str, Future[Ended]]) -> None:
        measurements = json.loads(done(plays["benchmark"].result(timeout=PATIENCE_S)))
        assert set(measurements) == {"validate", "activate_contended", "licenses"}
        validated, activated = measurements["validate"], measurements["activate_contended"]
        assert set(validated) == {"direct_per_second", "per_second", "ratio", "p95_ms"}
        assert is_ratio(validated["ratio"], validated["per_second"], validated["direct_per_second"], rounded=0.05)
        assert activated.pop("per_second") > 0
        assert activated == {"clients": 50, "over_limit": 0}
        assert measurements["licenses"] == 1000


def is_ratio(ratio: float, one: float, other: float, rounded: float) -> bool:
    """Whether it is one of the values that these two may have had before they were rounded, by so much at most."""
    return (one - rounded) / (other + rounded) - 0.01 <= ratio <= (one + rounded) / max(other - rounded, 1e-9) + 0.01


@pytest.mark.usefixtures("running")
def test_down_stops_everything_and_keeps_the_data() -> None:
    """The last one with the system."""
    assert "the data is kept" in done(lethe("down"))
    assert set(system.running_parts(FOLDER).values()) == {None}
    assert (FOLDER / "postgres" / "data" / "PG_VERSION").exists()


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and every group, by its words."""
    yield path
    for name in COMMANDS if not path else getattr(group, "commands", {}):
        yield from commands(group.commands[name] if path else load(name), (*path, name))


@pytest.mark.parametrize("path", [*commands(typer.main.get_command(app))], ids=lambda path: " ".join(path) or "lethe")
def test_every_command_teaches(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0, result.output
    text = click.unstyle(result.output)
    assert "Usage" in text
    assert len([line for line in text.splitlines() if line.strip()]) > 3, "it says what it is for"


def test_a_wrong_command_is_told_from_a_failed_one() -> None:
    assert CliRunner().invoke(app, ["nonsense"]).exit_code == 2
    assert CliRunner().invoke(app, ["benchmark", "erasure", "--people", "1"]).exit_code == 2
    assert CliRunner().invoke(app, ["benchmark", "events", "--messages", "1"]).exit_code == 2
