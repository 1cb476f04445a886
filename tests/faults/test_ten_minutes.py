"""The troubles of the run book, made on a running system, and each of its commands in the order it names them."""

import json
import os
import re
import shlex
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from urllib.parse import quote

import aio_pika
import pytest

from deploy import broker
from deploy.local import processes, system
from deploy.local.folders import PROJECT
from shared.messaging import topology
from shared.messaging.sender_accounts import account
from tests import forked
from tests.faults.conftest import PATIENCE_S, SETTINGS, WAITS_MS, all_closed, let_run, residents_with_cases
from tests.harness import eventually

BOOK = (PROJECT / "docs/operations.md").read_text().partition("## Ten minutes of trouble\n")[2].partition("\n## ")[0]
SCENES = dict(re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", BOOK, re.MULTILINE | re.DOTALL))
LOOKS = ("list", "status", "queues", "show")
FRAMES = re.compile(r"[\s─-╿]+")


@dataclass(frozen=True)
class Step:
    """A command of the book, and the lines that it has to print among others, in this order."""

    words: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def looks(self) -> bool:
        """Whether it may be run again until the figures of the broker have come."""
        return any(word in LOOKS for word in self.words[:2])

    def fits(self, printed: str) -> bool:
        """Whether the lines are there, whatever stands for `…` and around the cells of a table."""
        rest = iter(plain(line) for line in printed.splitlines())
        return all(any(self._pattern(line).fullmatch(there) for there in rest) for line in self.lines)

    @staticmethod
    def _pattern(line: str) -> re.Pattern[str]:
        return re.compile(".*".join(re.escape(plain(part)) for part in line.split("…")))


def plain(text: str) -> str:
    """A line without the frames of its table."""
    return FRAMES.sub(" ", text).strip()


def steps(scene: str) -> list[Step]:
    blocks = re.findall(r"```console\n\$ \./lethe (.*?)```", SCENES[scene], re.DOTALL)
    said = [command.splitlines() for block in blocks for command in block.split("$ ./lethe ")]
    return [Step(tuple(shlex.split(first)), tuple(lines)) for first, *lines in said]


async def printed_by(whole_system: system.System, words: tuple[str, ...]) -> str:
    """What a command prints, with its exit code where that says something."""
    theirs = {key: value for key, value in os.environ.items() if not key.startswith("LETHE_")}
    ours = SETTINGS | {"LETHE_STATE": str(whole_system.folder), "COLUMNS": "240"}
    ended = await forked.lethe(*words, environment=theirs | ours)
    return ended.wrong + ended.out + (f"exit code {ended.code}\n" if ended.code else "")


async def follow(whole_system: system.System, scene: str) -> None:
    """Run the book's commands; those that look, again until they see what the book says."""
    for step in steps(scene):
        printed: list[str] = []

        async def seen(step: Step = step, printed: list[str] = printed) -> bool:
            printed.append(await printed_by(whole_system, step.words))
            return step.fits(printed[-1])

        try:
            assert await eventually(seen, PATIENCE_S) if step.looks else await seen()
        except AssertionError:
            pytest.fail(f"{step.words} does not print {step.lines}, but:\n{printed[-1]}")


@pytest.fixture(autouse=True)
async def waits(whole_system: system.System) -> AsyncIterator[None]:
    """`./lethe up` sets the operators' waits; the other tests want theirs back."""
    yield
    urls = (whole_system.servers.management_url, system.VIRTUAL_HOST)
    await topology.set_policies(*urls, list(system.SERVICES), WAITS_MS)


Trouble = Callable[[system.System], Coroutine[None, None, None]]


async def identity_is_down(whole_system: system.System) -> None:
    people = await residents_with_cases(whole_system, 2, seed=61)
    processes.kill(whole_system.folder, "identity")
    await let_run(whole_system, people)
    await follow(whole_system, "Identity is down")
    await all_closed(whole_system, people)


async def a_poison_message(whole_system: system.System) -> None:
    amqp = whole_system.amqp["identity"]
    body = json.dumps({"subject_id": "0190f5ad-0000-7000-8000-000000000002"}).encode()
    message = aio_pika.Message(body, type="identity.profile-changed.v1", user_id=account(amqp))
    message.message_id = "0190f5ad-0000-7000-8000-000000000001"
    connection = await aio_pika.connect(amqp, timeout=60)
    async with connection:
        exchange = await (await connection.channel()).get_exchange(topology.EVENTS, ensure=False)
        await exchange.publish(message, message.type or "")
    await follow(whole_system, "A poison message")


async def the_outbox_cannot_drain(whole_system: system.System) -> None:
    people = await residents_with_cases(whole_system, 1, seed=62)
    place = f"/api/topic-permissions/{system.VIRTUAL_HOST}/{quote(account(whole_system.amqp['privacy']))}"
    async with topology.management(whole_system.servers.management_url) as api:
        nothing = {"exchange": topology.EVENTS, "write": broker.NOTHING, "read": broker.NOTHING}
        (await api.put(place, json=nothing)).raise_for_status()
    await let_run(whole_system, people)
    await follow(whole_system, "The outbox can't drain")
    await all_closed(whole_system, people)


TROUBLES: dict[str, Trouble] = {
    "Identity is down": identity_is_down,
    "A poison message": a_poison_message,
    "The outbox can't drain": the_outbox_cannot_drain,
}


def test_every_scene_is_played() -> None:
    assert list(SCENES) == list(TROUBLES)
    assert all(len(steps(scene)) >= 5 for scene in SCENES)


@pytest.mark.parametrize("scene", TROUBLES)
async def test_the_book_tells_what_happens(whole_system: system.System, scene: str) -> None:
    await TROUBLES[scene](whole_system)
