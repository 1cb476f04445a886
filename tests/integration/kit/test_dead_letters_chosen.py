"""Dead letters in numbers: filtered, counted, replayed at a pace, dropped for a kept reason; and what nobody takes."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aio_pika import Message
from aio_pika.abc import AbstractChannel, HeadersType

from shared.clock import now
from shared.messaging.sender_accounts import MAY_NOT_SPEAK
from tests.harness import Harness, eventually
from tests.sample.contracts import ThingNoted
from tests.sample.harness import depth, publishing
from tests.sample.harness import lethe as command
from tests.sample.script import DEAD, NOTED, noted

UNROUTED = "lethe.unrouted"
DROPPED = "SELECT message_id, type, origin, given_up_for, reason FROM dead_letter_dropped ORDER BY message_id"


@pytest.fixture
async def channel(harness: Harness, everything: asyncpg.Connection) -> AsyncIterator[AbstractChannel]:
    async with publishing(harness) as opened:
        yield opened
        for name in (DEAD, NOTED, UNROUTED):
            await (await opened.get_queue(name, ensure=False)).purge()
    await everything.execute("TRUNCATE dead_letter_dropped")


async def lethe(harness: Harness, *words: str, **environment: str) -> Any:
    return await command(harness, "dead-letters", *words, **environment)


async def bury(channel: AbstractChannel, *reasons: str, hours: int = 0, kind: str = ThingNoted.type) -> list[str]:
    """Dead letters as if they had failed for these reasons; their ids."""
    ids = []
    for reason in reasons:
        failed_at = (now() - timedelta(hours=hours)).isoformat()
        headers: HeadersType = {"x-origin-queue": NOTED, "x-reason": reason, "x-failed-at": failed_at, "x-attempt": 1}
        body = noted().model_dump_json().encode()
        letter = Message(body, message_id=str(uuid4()), type=kind, headers=headers, user_id=None)
        await channel.default_exchange.publish(letter, DEAD)
        ids.append(str(letter.message_id))
    return ids


async def ids(harness: Harness, *words: str) -> set[str]:
    answer = await lethe(harness, "list", "sample", "--json", *words)
    assert answer.exit_code == 0, answer.output
    return {letter["message_id"] for letter in json.loads(answer.stdout)}


async def test_listing_is_filtered_and_counted(harness: Harness, channel: AbstractChannel) -> None:
    old = await bury(channel, "rule one", "rule two", hours=3)
    new = await bury(channel, "rule one", kind="sample.other.v1")
    assert await ids(harness) == {*old, *new}
    for where, expected in {
        "reason=rule one": {old[0], *new},
        "type=sample.other.v1": set(new),
        "older=2h": set(old),
        f"origin={NOTED}": {*old, *new},
        "origin=elsewhere": set(),
    }.items():
        assert await ids(harness, "--where", where) == expected, where
    assert await ids(harness, "--where", "reason=rule one", "--where", "older=1h") == {old[0]}
    for by, counts in {
        "reason": {"rule one": 2, "rule two": 1},
        "type": {ThingNoted.type: 2, "sample.other.v1": 1},
        "age": {"under a day": 2, "under an hour": 1},
        "service": {"sample": 3},
        "origin": {NOTED: 3},
    }.items():
        assert json.loads((await lethe(harness, "list", "sample", "--by", by, "--json")).stdout) == counts
    assert "rule one" in (await lethe(harness, "list", "sample", "--by", "reason")).stdout


async def test_a_dry_run_sends_nothing(harness: Harness, channel: AbstractChannel) -> None:
    buried = await bury(channel, "one", "two")
    answer = await lethe(harness, "replay", "sample", "--all", "--limit", "1", "--dry-run")
    assert answer.exit_code == 0
    assert buried[0] in answer.stdout
    assert buried[1] not in answer.stdout
    assert answer.stdout.endswith("would be sent back: 1\n")
    assert (await depth(harness, DEAD), await depth(harness, NOTED)) == (2, 0)


async def test_a_replay_keeps_its_pace_and_its_limit(harness: Harness, channel: AbstractChannel) -> None:
    buried = await bury(channel, *(4 * ["one"]))
    began = monotonic()
    answer = await lethe(harness, "replay", "sample", "--all", "--limit", "3", "--rate", "2")
    assert answer.output == "sent back: 3\n"
    assert monotonic() - began >= 1.0, "two rests of half a second"
    assert await ids(harness) == {buried[3]}, "the oldest go first"
    assert await depth(harness, NOTED) == 3


async def test_a_replay_that_the_broker_would_break_off_is_refused(harness: Harness, channel: AbstractChannel) -> None:
    await bury(channel, *(130 * ["one"]))
    answer = await lethe(harness, "replay", "sample", "--all", "--rate", "0.1")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("lethe: 130 would take over 20 minutes")
    assert await depth(harness, DEAD) == 130


async def test_a_drop_keeps_its_reason(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    one, two, other = await bury(channel, "rule one", MAY_NOT_SPEAK, "other")
    words = ("--reason", " made by a test ", "--yes")
    answer = await lethe(harness, "drop", "sample", "--where", "reason=rule", *words)
    assert (answer.exit_code, answer.output) == (0, "removed: 1\n")
    assert (await lethe(harness, "drop", "sample", "--where", "reason=sent by", *words)).output == "removed: 1\n"
    assert await ids(harness) == {other}
    kept = {row["message_id"]: tuple(row)[1:] for row in await everything.fetch(DROPPED)}
    assert kept == {
        one: (ThingNoted.type, NOTED, "rule one", "made by a test"),
        two: (ThingNoted.type, NOTED, MAY_NOT_SPEAK, "made by a test"),
    }


async def test_a_drop_whose_reason_can_not_be_kept_drops_nothing(harness: Harness, channel: AbstractChannel) -> None:
    (one,) = await bury(channel, "one")
    away = "postgresql://sample_app:x@127.0.0.1:1/sample"
    words = ("drop", "sample", "--all", "--reason", "x", "--yes")
    answer = await lethe(harness, *words, LETHE_SAMPLE_POSTGRES_URL=away)
    assert (answer.exit_code, answer.stdout) == (3, "")
    assert answer.stderr.count("\n") == 1
    assert await ids(harness) == {one}


async def test_what_nobody_takes_is_listed_replayed_and_dropped(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """For a reaction that came later it is told again; without one it comes back."""
    exchange = await channel.get_exchange("lethe.events", ensure=False)
    message = Message(b"{}", type="sample.later.v1", message_id=str(uuid4()), timestamp=now() - timedelta(hours=2))
    await exchange.publish(message, "sample.later.v1")

    async def listed() -> list[dict[str, Any]]:
        answer = await lethe(harness, "list", "unrouted", "--where", "older=1h", "--json")
        letters: list[dict[str, Any]] = json.loads(answer.stdout)
        return letters

    (letter,) = await eventually(listed)
    assert (letter["service"], letter["type"], letter["reason"]) == ("sample", "sample.later.v1", "nobody takes it")
    assert (await lethe(harness, "replay", "unrouted", "--all")).output == "sent back: 1\n"
    assert len(await eventually(listed)) == 1
    later = await channel.declare_queue(exclusive=True)
    await later.bind("lethe.events", "sample.later.v1")
    assert (await lethe(harness, "replay", "unrouted", "--where", "type=sample.later.v1")).output == "sent back: 1\n"
    told = await later.get(timeout=60, no_ack=True)
    assert told is not None
    assert (told.message_id, told.type) == (message.message_id, "sample.later.v1")
    assert await listed() == []
    await later.unbind("lethe.events", "sample.later.v1")
    await exchange.publish(message, "sample.later.v1")
    await eventually(listed)
    answer = await lethe(harness, "drop", "unrouted", "--all", "--reason", "nobody will come", "--yes")
    assert answer.output == "removed: 1\n"
    assert [row["reason"] for row in await everything.fetch(DROPPED)] == ["nobody will come"]


WRONG: dict[str, tuple[tuple[str, ...], int, str]] = {
    "an unknown service": (("list", "nobody"), 2, "there is no queue nobody.dead-letters"),
    "an unknown kind": (("list", "sample", "--by", "colour"), 2, "there is no kind colour"),
    "no condition": (("list", "sample", "--where", "rule"), 2, "a condition is one of type=, reason=, origin="),
    "no age": (("replay", "sample", "--where", "older=soon"), 2, "an age is a number with its unit"),
    "nothing said": (("replay", "sample"), 2, "say which ones"),
    "all and some": (("replay", "sample", "--all", "--where", "type=x"), 2, "say which ones"),
    "a drop without a reason": (("drop", "sample", "--all", "--reason", " ", "--yes"), 2, "say why"),
    "a drop for a novel": (("drop", "sample", "--all", "--reason", 201 * "x", "--yes"), 2, "say why"),
    "an unknown id": (("replay", "sample", "--id", "x"), 4, "no such message"),
    "an unknown id to show": (("show", "sample", "x"), 4, "no such message"),
    "nothing of the kind": (("drop", "sample", "--where", "type=x", "--reason", "x", "--yes"), 4, "no such message"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_use_is_one_sentence_and_changes_nothing(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection, name: str
) -> None:
    buried = await bury(channel, "one")
    words, code, sentence = WRONG[name]
    answer = await lethe(harness, *words)
    assert (answer.exit_code, answer.stdout) == (code, "")
    assert answer.stderr.startswith(f"lethe: {sentence}")
    assert answer.stderr.count("\n") == 1
    assert await ids(harness) == set(buried)
    assert await everything.fetch(DROPPED) == []


async def test_a_drop_has_to_say_why(harness: Harness) -> None:
    assert (await lethe(harness, "drop", "sample", "--all", "--yes")).exit_code == 2
