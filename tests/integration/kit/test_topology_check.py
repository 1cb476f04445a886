"""`./lethe topology check | prune`: what the broker holds against what this release expects."""

import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

import asyncpg
import pytest
from aio_pika import ExchangeType, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from deploy import broker
from deploy.commands import topology as command
from deploy.local import system
from deploy.local.servers import Servers
from deploy.local.system import SERVICES
from shared.messaging.dead_letters import letters
from shared.messaging.topology import EVENTS, QUORUM, answers, asks, management
from tests.harness import SECRET, Harness, eventually
from tests.sample.harness import depth, lethe, publishing

REACTION = "identity.on.privacy.erasure-ordered"
TYPE = "privacy.erasure-ordered.v1"
DROPPED = "identity.on.sample.thing-noted"
ALSO = ("loses messages", "overridden policy")  # of the other queues of a spoilt policy
UNHEARD = "no consumer"  # no service runs here


@pytest.fixture
async def whole(servers: Servers, harness: Harness) -> AsyncIterator[Harness]:
    """The topology of the real services, with the operators' waits, in a virtual host of its own."""
    name = f"t{secrets.token_hex(4)}"
    handlers = [h for service in SERVICES for h in system.service(service).complete_router().event_handlers]
    await broker.prepare(servers.amqp_url, servers.management_url, name, SERVICES, handlers, secret=SECRET)
    # where retries are noted: any service's database has the table
    yield Harness(servers, name, {**harness.databases, "identity": harness.databases["sample"]}, {})
    await broker.remove(servers.management_url, name)


@pytest.fixture
async def channel(whole: Harness) -> AsyncIterator[AbstractChannel]:
    async with publishing(whole) as opened:
        yield opened


async def found(whole: Harness) -> set[tuple[str, str]]:
    """What check tells besides that no service runs here."""
    answer = await lethe(whole, "topology", "check", "--json")
    assert answer.exit_code == 1, answer.output
    return {(f["kind"], f["name"]) for f in json.loads(answer.stdout) if f["kind"] != UNHEARD}


async def test_what_was_declared_is_what_is_expected(whole: Harness) -> None:
    assert await eventually(lambda: clean(whole))
    shown = await lethe(whole, "topology", "check")
    assert (shown.exit_code, REACTION in shown.stdout, UNHEARD in shown.stdout) == (1, True, True)


async def clean(whole: Harness) -> bool:
    return await found(whole) == set()


@contextlib.asynccontextmanager
async def api_of(whole: Harness) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    async with management(whole.servers.management_url) as api:

        async def put(what: str, name: str, body: dict[str, Any] | None) -> None:
            place = f"/api/{what}/{quote(whole.name, safe='')}/{name}"
            answer = await (api.delete(place) if body is None else api.put(place, json=body))
            answer.raise_for_status()

        yield put


async def unbind(channel: AbstractChannel, _whole: Harness) -> None:
    await (await channel.get_queue(REACTION, ensure=False)).unbind(EVENTS, TYPE)


async def bind(channel: AbstractChannel, _whole: Harness) -> None:
    await (await channel.get_queue(REACTION, ensure=False)).bind(EVENTS, "licensing.#")


async def listen_to_requests(channel: AbstractChannel, _whole: Harness) -> None:
    """What people ask would be copied to somebody else."""
    queue = await channel.declare_queue("spy", durable=True, arguments=QUORUM)
    await queue.bind(answers("identity"))


async def let_an_account_ask_more(channel: AbstractChannel, _whole: Harness) -> None:
    target = await channel.get_exchange(answers("privacy"), ensure=False)
    await target.bind(asks("marketing"), "privacy.stranger.v1")


async def let_an_account_ask_less(channel: AbstractChannel, _whole: Harness) -> None:
    await channel.exchange_delete(asks("gateway"))
    await channel.declare_exchange(asks("gateway"), ExchangeType.DIRECT, durable=True)


async def bind_a_tier(channel: AbstractChannel, _whole: Harness) -> None:
    queue = await channel.declare_queue("spy", durable=True)
    await queue.bind("lethe.retry.5s", "spy")


async def delete_a_queue(channel: AbstractChannel, _whole: Harness) -> None:
    await channel.queue_delete("identity.dead-letters")


async def declare_another_kind(channel: AbstractChannel, _whole: Harness) -> None:
    await channel.queue_delete(REACTION)
    await channel.declare_queue(REACTION, durable=True)
    await (await channel.get_queue(REACTION, ensure=False)).bind(EVENTS, TYPE)


async def delete_an_exchange(channel: AbstractChannel, _whole: Harness) -> None:
    await channel.exchange_delete("lethe.unrouted")


async def change_an_exchange(channel: AbstractChannel, _whole: Harness) -> None:
    await channel.exchange_delete("lethe.unrouted")
    exchange = await channel.declare_exchange("lethe.unrouted", ExchangeType.DIRECT, durable=True)
    await (await channel.get_queue("lethe.unrouted", ensure=False)).bind(exchange, "lethe.unrouted")


async def drop_a_policy(_channel: AbstractChannel, whole: Harness) -> None:
    async with api_of(whole) as put:
        await put("policies", "lethe-lethe.retry.1h", None)


POLICY = {"pattern": "^identity[.]on[.]", "apply-to": "queues"}


async def change_a_policy(_channel: AbstractChannel, whole: Harness) -> None:
    async with api_of(whole) as put:
        await put("policies", "lethe-identity", POLICY | {"definition": {"max-length": 5}, "priority": 0})


async def override_a_policy(_channel: AbstractChannel, whole: Harness) -> None:
    async with api_of(whole) as put:
        one = POLICY | {"pattern": f"^{REACTION}$", "definition": {"max-length": 1}, "priority": 9}
        await put("policies", "mine", one)


async def limit_as_an_operator(_channel: AbstractChannel, whole: Harness) -> None:
    async with api_of(whole) as put:
        one = {"pattern": f"^{REACTION}$", "definition": {"max-length": 7}, "priority": 0, "apply-to": "queues"}
        await put("operator-policies", "theirs", one)


async def drop_a_reaction(channel: AbstractChannel, _whole: Harness) -> None:
    queue = await channel.declare_queue(DROPPED, durable=True, arguments={"x-queue-type": "quorum"})
    await queue.bind(EVENTS, "sample.thing-noted.v1")


async def leave_an_exchange(channel: AbstractChannel, _whole: Harness) -> None:
    """As a release did whose requests all went by one."""
    exchange = await channel.declare_exchange("lethe.requests", ExchangeType.DIRECT, durable=True)
    await (await channel.get_exchange(answers("identity"), ensure=False)).bind(exchange, "identity.requests")


async def declare_an_exchange_of_others(channel: AbstractChannel, _whole: Harness) -> None:
    await channel.declare_exchange("helpdesk.events", ExchangeType.TOPIC, durable=True)


Spoil = Callable[[AbstractChannel, Harness], Awaitable[None]]
SPOILT: list[tuple[Spoil, set[tuple[str, str]]]] = [
    (unbind, {("missing binding", REACTION)}),
    (bind, {("foreign binding", REACTION)}),
    (bind_a_tier, {("foreign binding", "spy"), ("foreign queue", "spy")}),
    (listen_to_requests, {("foreign binding", "spy"), ("foreign queue", "spy")}),
    (let_an_account_ask_more, {("foreign binding", answers("privacy"))}),
    (let_an_account_ask_less, {("missing binding", answers(name)) for name in SERVICES}),
    (delete_a_queue, {("missing queue", "identity.dead-letters")}),
    (declare_another_kind, {("other queue", REACTION)}),
    (delete_an_exchange, {("missing exchange", "lethe.unrouted"), ("missing binding", "lethe.unrouted")}),
    (change_an_exchange, {("other exchange", "lethe.unrouted")}),
    (leave_an_exchange, {("dropped exchange", "lethe.requests"), ("foreign binding", answers("identity"))}),
    (declare_an_exchange_of_others, {("foreign exchange", "helpdesk.events")}),
    (
        drop_a_policy,
        {
            ("missing policy", "lethe-lethe.retry.1h"),
            ("overridden policy", "lethe.retry.1h"),
            ("tier without its time", "lethe.retry.1h"),
        },
    ),
    (change_a_policy, {("other policy", "lethe-identity"), ("loses messages", REACTION)}),
    (
        override_a_policy,
        {("foreign policy", "mine"), ("overridden policy", REACTION), ("loses messages", REACTION)},
    ),
    (limit_as_an_operator, {("operator policy", "theirs"), ("overridden policy", REACTION)}),
    (drop_a_reaction, {("dropped reaction", DROPPED), ("foreign binding", DROPPED)}),
]


@pytest.mark.parametrize(("spoil", "expected"), SPOILT, ids=[spoil.__name__ for spoil, _ in SPOILT])
async def test_every_difference_is_told(
    whole: Harness, channel: AbstractChannel, spoil: Spoil, expected: set[tuple[str, str]]
) -> None:
    await spoil(channel, whole)

    async def told() -> bool:
        """The broker's figures are seconds old."""
        differences = await found(whole)
        return expected <= differences and all(kind in ALSO or (kind, name) in expected for kind, name in differences)

    await eventually(told)


async def test_a_queue_near_its_limit_is_told(whole: Harness, channel: AbstractChannel) -> None:
    async with api_of(whole) as put:
        definition = {"max-length": 5, "overflow": "reject-publish"}
        await put("policies", "small", POLICY | {"definition": definition, "priority": 9, "pattern": f"^{REACTION}$"})
    for _ in range(4):
        await channel.default_exchange.publish(Message(b"{}"), REACTION)

    async def told() -> bool:
        return ("nearly full", REACTION) in await found(whole)

    await eventually(told)


async def test_what_a_release_dropped_is_emptied_and_removed(whole: Harness, channel: AbstractChannel) -> None:
    await drop_a_reaction(channel, whole)
    await bind(channel, whole)
    await let_an_account_ask_more(channel, whole)
    await leave_an_exchange(channel, whole)
    await declare_an_exchange_of_others(channel, whole)
    async with api_of(whole) as put:
        policy = {"pattern": "^x$", "definition": {"max-length": 5}, "apply-to": "queues", "priority": 0}
        for name in ("lethe-helpdesk", "mine"):
            await put("policies", name, policy)
    for number in range(3):
        message = Message(b"{}", message_id=str(UUID(int=number)))
        await channel.default_exchange.publish(message, DROPPED)
    planned = await lethe(whole, "topology", "prune", "--dry-run")
    assert planned.exit_code == 0, planned.output
    assert f"queue {DROPPED}" in planned.stdout
    assert await depth(whole, DROPPED) == 3
    done = await lethe(whole, "topology", "prune")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "done; messages moved to the dead letters: 3")
    moved = await letters(whole.admin_amqp, "identity")
    assert [(letter.origin, letter.reason) for letter in moved] == [(DROPPED, "nothing reacts to it any more")] * 3
    await eventually(lambda: only_mine_is_left(whole))
    assert (await lethe(whole, "topology", "prune")).stdout == "nothing to remove\n"


async def only_mine_is_left(whole: Harness) -> bool:
    return await found(whole) == {("foreign policy", "mine"), ("foreign exchange", "helpdesk.events")}


async def test_a_reaction_that_is_still_at_work_stays(
    whole: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """The older release runs on, or a tier will give something back."""
    await drop_a_reaction(channel, whole)
    queue = await channel.get_queue(DROPPED, ensure=False)
    tag = await queue.consume(take_nothing)
    await eventually(lambda: planned(whole))
    answer = await lethe(whole, "topology", "prune")
    assert (answer.exit_code, "stop the release that still reacts" in answer.stderr) == (1, True), answer.output
    await queue.cancel(tag)
    waits = "INSERT INTO retry_waiting VALUES (gen_random_uuid(), $1, 4, 'x', now(), now() + interval '1 hour')"
    await everything.execute(waits, DROPPED)
    answer = await lethe(whole, "topology", "prune")
    await everything.execute("TRUNCATE retry_waiting")
    assert (answer.exit_code, "1 messages" in answer.stderr) == (1, True), answer.output
    bindings = await found(whole)
    assert {("dropped reaction", DROPPED), ("foreign binding", DROPPED)} <= bindings, "nothing changed"


async def take_nothing(_message: AbstractIncomingMessage) -> None:
    """An older release that is slow."""


async def planned(whole: Harness) -> bool:
    return DROPPED in (await lethe(whole, "topology", "prune", "--dry-run")).stdout


async def test_another_services_queue_is_left_alone(whole: Harness, channel: AbstractChannel) -> None:
    name = "helpdesk.on.licensing.license-issued"
    queue = await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
    await queue.bind(EVENTS, "licensing.license-issued.v1")
    await eventually(lambda: told_foreign(whole, name))
    assert (await lethe(whole, "topology", "prune")).stdout == "nothing to remove\n"
    assert await depth(whole, name) == 0


async def told_foreign(whole: Harness, name: str) -> bool:
    return await found(whole) == {("foreign queue", name)}


@pytest.mark.parametrize("verb", ["check", "prune"])
async def test_an_unreachable_broker_is_one_sentence(whole: Harness, verb: str) -> None:
    url = whole.servers.management_url
    kinds = {
        "http://lethe:x@127.0.0.1:1": (3, "does not answer"),
        url.replace("@", "wrong@"): (5, "refuses this account"),
    }
    for wrong, (code, sentence) in kinds.items():
        answer = await lethe(whole, "topology", verb, LETHE_MANAGEMENT_URL=wrong)
        assert (answer.exit_code, answer.stdout) == (code, ""), answer.output
        assert sentence in answer.stderr
        assert answer.stderr.count("\n") == 1
    answer = await lethe(whole, "topology", verb, LETHE_VIRTUAL_HOST="no-such-host")
    assert (answer.exit_code, answer.stderr.count("\n")) == (3, 1), answer.output


async def test_a_queue_that_vanished_meanwhile_is_one_sentence(
    whole: Harness, channel: AbstractChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await drop_a_reaction(channel, whole)
    await eventually(lambda: planned(whole))
    retries = command._retries

    async def gone(queue: str) -> int:
        async with publishing(whole) as another:
            await another.queue_delete(DROPPED)
        return await retries(queue)

    monkeypatch.setattr(command, "_retries", gone)
    answer = await lethe(whole, "topology", "prune")
    assert (answer.exit_code, "the queue is gone" in answer.stderr) == (4, True), answer.output
