"""`./lethe queues`: what waits where, how old it is and how fast it moves, without touching any of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aio_pika import Message
from aio_pika.abc import AbstractChannel

from shared.clock import now
from tests.harness import Harness, eventually
from tests.sample.harness import lethe, lethe_at, publishing, send
from tests.sample.script import DEAD, NOTED, noted

PAST = timedelta(hours=2)


@pytest.fixture
async def channel(harness: Harness) -> AsyncIterator[AbstractChannel]:
    async with publishing(harness) as opened:
        yield opened
        for name in (DEAD, NOTED, "lethe.unrouted"):
            await (await opened.get_queue(name, ensure=False)).purge()


async def told(harness: Harness, **environment: str) -> dict[str, Any]:
    answer = await lethe(harness, "queues", "--json", **environment)
    assert answer.exit_code == 0, answer.output
    document: dict[str, Any] = json.loads(answer.stdout)
    return document


async def queue(harness: Harness, name: str) -> dict[str, Any]:
    (one,) = [each for each in (await told(harness))["queues"] if each["name"] == name]
    assert isinstance(one, dict)
    return one


async def until(harness: Harness, name: str, **figures: int) -> dict[str, Any]:
    """The figures of a queue, once the broker has counted so far."""

    async def counted() -> dict[str, Any] | None:
        one = await queue(harness, name)
        return one if figures.items() <= one.items() else None

    one: dict[str, Any] = await eventually(counted)
    return one


async def test_it_tells_what_waits_and_what_is_in_hand(harness: Harness, channel: AbstractChannel) -> None:
    for _ in range(3):
        await send(channel, noted())
    await until(harness, NOTED, ready=3, unacknowledged=0, consumers=0)
    in_hand = await (await channel.get_queue(NOTED, ensure=False)).get(timeout=60)
    assert in_hand is not None
    one = await until(harness, NOTED, ready=2, unacknowledged=1)
    assert one["oldest_s"] is None
    await in_hand.ack()
    names = {each["name"] for each in (await told(harness))["queues"]}
    assert {NOTED, DEAD, "lethe.unrouted", "lethe.retry.5s", "lethe.retry.1h"} <= names
    shown = await lethe(harness, "queues")
    assert shown.exit_code == 0
    assert all(name in shown.stdout for name in names)


async def test_the_oldest_dead_letter_is_as_old_as_its_failure(harness: Harness, channel: AbstractChannel) -> None:
    for failed_at in (now() - PAST, now()):
        letter = Message(b"{}", message_id=str(uuid4()), headers={"x-failed-at": failed_at.isoformat()})
        await channel.default_exchange.publish(letter, DEAD)
    one = await until(harness, DEAD, ready=2)
    assert one["oldest_s"] == pytest.approx(PAST.total_seconds(), abs=300)


async def test_the_oldest_that_nobody_takes_is_as_old_as_its_event(harness: Harness, channel: AbstractChannel) -> None:
    exchange = await channel.get_exchange("lethe.events", ensure=False)
    await exchange.publish(Message(b"{}", type="sample.nobody.v1", timestamp=now() - PAST), "sample.nobody.v1")
    one = await until(harness, "lethe.unrouted", ready=1)
    assert one["oldest_s"] == pytest.approx(PAST.total_seconds(), abs=300)


async def test_looking_moves_nothing(harness: Harness, channel: AbstractChannel) -> None:
    """Whatever is looked at keeps its place, and no look counts as a delivery of what has a limit of them."""
    ids = [await send(channel, noted(), timestamp=now()) for _ in range(3)]
    for message_id in ids:
        await channel.default_exchange.publish(Message(b"{}", message_id=message_id), DEAD)
    await until(harness, DEAD, ready=3)
    await until(harness, NOTED, ready=3)
    assert [(await queue(harness, name))["ready"] for name in (DEAD, NOTED)] == [3, 3]
    for name in (DEAD, NOTED):
        taken = [await (await channel.get_queue(name, ensure=False)).get(no_ack=True, timeout=60) for _ in ids]
        assert [message.message_id for message in taken if message] == ids
        if name == NOTED:
            assert [message.headers.get("x-delivery-count", 0) for message in taken if message] == [0, 0, 0]


async def test_rates_are_those_of_the_broker(harness: Harness, channel: AbstractChannel) -> None:
    source = await channel.get_queue(NOTED, ensure=False)

    async def moving() -> bool:
        for _ in range(20):
            await send(channel, noted())
            await source.get(no_ack=True, timeout=60)
        one = await queue(harness, NOTED)
        return bool((one["in_per_s"] or 0) > 0 and (one["out_per_s"] or 0) > 0)

    await eventually(moving)


async def test_outbox_inbox_and_retries_are_told(harness: Harness, everything: asyncpg.Connection) -> None:
    await everything.execute("TRUNCATE outbox, inbox")
    await everything.execute(
        "INSERT INTO outbox (type, body, created_at) SELECT 'sample.x.v1', '{}', now() - interval '2 hours' FROM "
        "generate_series(1, 3)"
    )
    await everything.execute(
        "INSERT INTO outbox (type, body, attempts, last_fault, next_try_at) VALUES ('x', '{}', 6, 'nacked', NULL)"
    )
    await everything.execute("INSERT INTO inbox SELECT gen_random_uuid(), 'x' FROM generate_series(1, 5)")
    await everything.execute("INSERT INTO consumer (name) VALUES ($1) ON CONFLICT DO NOTHING", NOTED)
    await everything.execute(
        "INSERT INTO retry_waiting (message_id, consumer, attempt, fault, due_at) "
        "SELECT gen_random_uuid(), $1, 1, 'x', now() FROM generate_series(1, 4)",
        NOTED,
    )
    try:
        document = await told(harness)
        (sample,) = document["services"]
        assert (sample["service"], sample["inbox"]) == ("sample", 5)
        assert (sample["outbox"]["waiting"], sample["outbox"]["quarantined"]) == (3, 1)
        assert sample["outbox"]["lag_s"] == pytest.approx(PAST.total_seconds(), abs=300)
        retries = {each["name"]: each["retries"] for each in document["queues"]}
        assert (retries[NOTED], retries[DEAD]) == (4, None)
        shown = (await lethe(harness, "queues")).stdout
        assert "2 h" in shown
    finally:
        await everything.execute("TRUNCATE outbox, inbox, retry_waiting")


async def test_any_broker_by_url_alone(harness: Harness, tmp_path: Path) -> None:
    """No state folder, no database, no AMQP address: the queues are told all the same."""
    where = {"LETHE_STATE": str(tmp_path), "LETHE_VIRTUAL_HOST": harness.name}
    out, wrong, code = await lethe_at("queues", "--url", harness.servers.management_url, "--json", **where)
    assert (code, wrong) == (0, "")
    document = json.loads(out)
    assert NOTED in {each["name"] for each in document["queues"]}
    assert (document["services"], document["silent"]) == ([], {})


async def test_watching_looks_again(harness: Harness) -> None:
    answer = await lethe(harness, "queues", "--watch", "--times", "2", "--json")
    assert answer.exit_code == 0
    assert [NOTED in line for line in answer.stdout.splitlines()] == [True, True]


async def test_a_silent_database_hides_no_queue(harness: Harness) -> None:
    away = "postgresql://sample_app:x@127.0.0.1:1/sample"
    answer = await lethe(harness, "queues", "--json", LETHE_SAMPLE_POSTGRES_URL=away)
    assert answer.exit_code == 3
    document = json.loads(answer.stdout)
    assert NOTED in {each["name"] for each in document["queues"]}
    assert [*document["silent"]] == ["sample"]
    assert answer.stderr == "lethe: no answer from the database of sample: see ./lethe status\n"


def wrong(harness: Harness, name: str) -> tuple[tuple[str, ...], dict[str, str], int, str]:
    url = harness.servers.management_url
    others: dict[str, tuple[tuple[str, ...], dict[str, str], int, str]] = {
        "a URL of another kind": (("--url", harness.servers.amqp_url), {}, 2, "--url names the management API"),
        "no host": (("--url", "http://"), {}, 2, "--url names the management API"),
        "no port": (("--url", "http://127.0.0.1:many"), {}, 2, "--url names the management API"),
        "nobody there": (("--url", "http://127.0.0.1:1"), {}, 3, "a server does not answer"),
        "nobody there, by setting": ((), {"LETHE_MANAGEMENT_URL": "http://127.0.0.1:1"}, 3, "a server does not answer"),
        "a wrong password": (("--url", url.replace("@", "wrong@")), {}, 5, "the broker refuses this account"),
        "no such virtual host": ((), {"LETHE_VIRTUAL_HOST": "nowhere"}, 4, "there is no virtual host nowhere"),
        "no time": (("--watch", "--times", "0"), {}, 2, ""),
    }
    return others[name]


@pytest.mark.parametrize(
    "name",
    [
        *("a URL of another kind", "no host", "no port", "nobody there", "nobody there, by setting"),
        *("a wrong password", "no such virtual host", "no time"),
    ],
)
async def test_wrong_use_is_one_sentence(harness: Harness, name: str) -> None:
    words, environment, code, sentence = wrong(harness, name)
    answer = await lethe(harness, "queues", *words, **environment)
    assert (answer.exit_code, answer.stdout) == (code, "")
    if sentence:
        assert answer.stderr.startswith(f"lethe: {sentence}")
        assert answer.stderr.count("\n") == 1


async def test_an_account_without_rights_is_told_so(harness: Harness) -> None:
    """A service's account may use the broker and not look at it."""
    account = harness.amqp["sample"].partition("//")[2].rpartition("@")[0]
    place = harness.servers.management_url.rpartition("@")[2]
    answer = await lethe(harness, "queues", "--url", f"http://{account}@{place}")
    assert (answer.exit_code, answer.stdout) == (5, "")
    assert answer.stderr == "lethe: the broker refuses this account: use an operator's\n"


async def test_a_queue_that_vanishes_meanwhile_is_no_fault(harness: Harness, channel: AbstractChannel) -> None:
    """Queues come and go while it looks: those of requests and of replies."""
    going = True

    async def come_and_go() -> None:
        while going:
            one = await channel.declare_queue(f"passing.dead-letters.{uuid4()}.dead-letters", durable=True)
            await channel.default_exchange.publish(Message(b"{}"), one.name)
            await one.delete(if_empty=False)

    busy = asyncio.create_task(come_and_go())
    try:
        for _ in range(5):
            assert NOTED in {each["name"] for each in (await told(harness))["queues"]}
    finally:
        going = False
        await busy
