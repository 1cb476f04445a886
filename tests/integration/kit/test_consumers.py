"""Consumers that rest: paused by an operator through restarts, or by their breaker while too much fails."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from aio_pika.abc import AbstractChannel

from shared.database import Transaction
from shared.messaging import breaker
from shared.messaging.topology import TIERS, set_policies
from tests.harness import SHORT_WAITS_MS, Harness, eventually
from tests.integration.kit.test_readiness import ready, watched
from tests.sample.contracts import ThingNoted
from tests.sample.harness import depth, handled, lethe, lethe_apart, metric, reacting, send, until_handled
from tests.sample.script import DEAD, NOTE, NOTED, noted


async def listed(harness: Harness) -> dict[str, Any]:
    rows = json.loads(await lethe_apart(harness, "consumers", "list", "sample", "--json"))
    return next(row for row in rows if row["name"] == NOTED)


async def consumers_of(harness: Harness, channel: AbstractChannel) -> int:
    queue = await channel.declare_queue(NOTED, passive=True)
    return int(queue.declaration_result.consumer_count or 0)


async def nobody_takes(harness: Harness, channel: AbstractChannel) -> bool:
    return await consumers_of(harness, channel) == 0


async def keep(event: ThingNoted, tx: Transaction) -> None:
    await tx.run(NOTE, event.note_id, event.subject_id)


async def test_a_paused_consumer_takes_nothing_also_after_a_restart(harness: Harness, channel: AbstractChannel) -> None:
    done = handled(NOTED, "done")
    async with harness.serve(reacting(keep)):
        assert (await listed(harness))["state"] == "takes"
        assert (await lethe_apart(harness, "consumers", "pause", NOTED)).startswith(f"paused: {NOTED}")
        await eventually(lambda: metric("lethe_consumer_stopped", consumer=NOTED) == 1)
        assert await consumers_of(harness, channel) == 0
        for _ in range(3):
            await send(channel, noted())
        await eventually(lambda: waiting(harness, 3))
        assert (await listed(harness))["state"] == "paused"
    async with harness.serve(reacting(keep)):
        await eventually(lambda: nobody_takes(harness, channel))
        await eventually(lambda: waiting(harness, 3))
        assert handled(NOTED, "done") == done
        await lethe_apart(harness, "consumers", "pause", NOTED)  # twice does no harm
        assert await lethe_apart(harness, "consumers", "resume", NOTED) == f"resumed: {NOTED}\n"
        await until_handled(NOTED, "done", done + 3)
        assert (await listed(harness))["state"] == "takes"
    assert await depth(harness, NOTED) == 0


async def waiting(harness: Harness, count: int) -> bool:
    return await depth(harness, NOTED) == count


async def test_messages_in_hand_are_finished_and_those_behind_go_back(
    harness: Harness, channel: AbstractChannel
) -> None:
    """A pause in the middle of a flood loses and doubles nothing."""
    done, duplicates = handled(NOTED, "done"), handled(NOTED, "duplicate")
    async with harness.serve(reacting(keep)):
        for count in range(300):
            await send(channel, noted())
            if count == 100:
                await lethe_apart(harness, "consumers", "pause", NOTED)
        await eventually(lambda: metric("lethe_consumer_stopped", consumer=NOTED) == 1)
        await lethe_apart(harness, "consumers", "resume", NOTED)
        await until_handled(NOTED, "done", done + 300)
    assert (handled(NOTED, "done"), handled(NOTED, "duplicate")) == (done + 300, duplicates)


async def test_a_paused_consumer_leaves_its_process_ready(harness: Harness) -> None:
    async with watched(harness) as checks:
        await lethe_apart(harness, "consumers", "pause", NOTED)
        await eventually(lambda: metric("lethe_consumer_stopped", consumer=NOTED) == 1)
        assert await ready(checks)
        await lethe_apart(harness, "consumers", "resume", NOTED)
        await eventually(lambda: metric("lethe_consumer_stopped", consumer=NOTED) == 0)
        await eventually(lambda: ready(checks))


@pytest.mark.parametrize("failure", ["rejected", "bug"])
async def test_a_consumer_of_which_most_fails_rests_and_goes_on(
    harness: Harness,
    channel: AbstractChannel,
    everything: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    failure: str,
) -> None:
    """After its rest one message decides; the others wait in the queue and cost nothing."""
    monkeypatch.setattr(breaker, "FIRST_REST_S", 1.5)
    broken, calls = True, 0

    async def handle(event: ThingNoted, tx: Transaction) -> None:
        nonlocal calls
        calls += 1
        if broken:
            await tx.run("SELECT 1/0" if failure == "rejected" else "SELECT no_such_column")
        await keep(event, tx)

    async with harness.serve(reacting(handle)):
        for _ in range(200):
            await send(channel, noted())
        await eventually(lambda: metric("lethe_consumer_breaker", consumer=NOTED) == 2)
        assert (await listed(harness))["state"].startswith("breaker ")
        assert calls < 100, "most wait"
        before = calls
        await eventually(lambda: calls > before)
        await eventually(lambda: metric("lethe_consumer_breaker", consumer=NOTED) == 2)
        assert calls - before < 4, "one message decided each time"
        broken = False
        await eventually(lambda: closed(everything))
        await eventually(lambda: waiting(harness, 0))
    assert metric("lethe_consumer_breaker", consumer=NOTED) == 0
    dead = await channel.get_queue(DEAD, ensure=False)
    await dead.purge()


async def closed(everything: asyncpg.Connection) -> bool:
    return bool(await everything.fetchval("SELECT breaker = 'closed' FROM consumer WHERE name = $1", NOTED))


async def test_what_waits_for_a_retry_shows_whose_it_is(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """Without taking it: the tiers hold the messages of all consumers."""
    failing = True

    async def handle(event: ThingNoted, tx: Transaction) -> None:
        if failing:
            raise RuntimeError("Anna")
        await keep(event, tx)

    done = handled(NOTED, "done")
    async with last_wait(harness, 1000), harness.serve(reacting(handle)):
        for _ in range(3):
            await send(channel, noted())
        await eventually(lambda: three_wait(everything))
        row = await listed(harness)
        assert (row["retries"], row["most_attempts"] >= 2) == (3, True)
        faults = await everything.fetch("SELECT DISTINCT fault, consumer FROM retry_waiting")
        assert [tuple(row) for row in faults] == [("RuntimeError", NOTED)]
        assert NOTED in await lethe_apart(harness, "consumers", "list", "sample")
        failing = False
        await until_handled(NOTED, "done", done + 3)
    await eventually(lambda: nothing_waits(everything))
    row = await listed(harness)
    assert (row["retries"], row["next_retry_at"], row["most_attempts"]) == (0, None, None)
    assert [await depth(harness, tier.name) for tier in TIERS] == [0, 0, 0, 0]


async def test_what_goes_with_a_batch_at_last_waits_no_more(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    failures = [RuntimeError("alone"), RuntimeError("in its batch")]

    async def handle(events: list[ThingNoted], tx: Transaction) -> None:
        if failures:
            raise failures.pop()
        for event in events:
            await keep(event, tx)

    done = handled(NOTED, "done")
    async with harness.serve(reacting(handle, batch=True)):
        await send(channel, noted())
        await until_handled(NOTED, "done", done + 1)
        await eventually(lambda: nothing_waits(everything))
    assert not failures


@asynccontextmanager
async def last_wait(harness: Harness, wait_ms: int) -> AsyncIterator[None]:
    """The last tier lets a command look before the attempts are used up."""
    place = (harness.servers.management_url, harness.name, ["sample"])
    await set_policies(*place, SHORT_WAITS_MS | {TIERS[-1].name: wait_ms})
    try:
        yield
    finally:
        await set_policies(*place, SHORT_WAITS_MS)


async def three_wait(everything: asyncpg.Connection) -> bool:
    return bool(await everything.fetchval("SELECT count(*) = 3 AND min(attempt) >= 2 FROM retry_waiting"))


async def test_what_is_given_up_waits_no_more(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    failures = [RuntimeError("x"), ValueError("y")]

    async def handle(_event: ThingNoted, tx: Transaction) -> None:
        if failures:
            raise failures.pop()
        await tx.run("SELECT 1/0")

    before = await depth(harness, DEAD)
    async with harness.serve(reacting(handle)):
        await send(channel, noted())

        async def given_up() -> bool:
            return await depth(harness, DEAD) == before + 1

        await eventually(given_up)
        await eventually(lambda: nothing_waits(everything))
    await (await channel.get_queue(DEAD, ensure=False)).purge()


async def nothing_waits(everything: asyncpg.Connection) -> bool:
    return bool(await everything.fetchval("SELECT count(*) = 0 FROM retry_waiting"))


WRONG: dict[str, tuple[tuple[str, ...], int, str]] = {
    "an unknown service": (("list", "nobody"), 2, "there is no service nobody"),
    "an unknown consumer": (("pause", "sample.on.nothing"), 2, "there is no consumer sample.on.nothing"),
    "an unknown consumer to resume": (("resume", "sample.on.nothing"), 2, "there is no consumer"),
    "a consumer of nobody's": (("pause", "nobody.on.sample.thing-noted"), 2, "there is no service nobody"),
    "no consumer": (("pause", "sample"), 2, "there is no consumer sample"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_use_is_one_sentence(harness: Harness, everything: asyncpg.Connection, name: str) -> None:
    words, code, sentence = WRONG[name]
    answer = await lethe(harness, "consumers", *words)
    assert (answer.exit_code, answer.stdout) == (code, "")
    assert answer.stderr.startswith(f"lethe: {sentence}")
    assert answer.stderr.count("\n") == 1
    assert await everything.fetchval("SELECT count(*) FROM consumer WHERE paused_at IS NOT NULL") == 0
