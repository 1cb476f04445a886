"""The dead letters: seen without their bodies, sent back after the cause is mended, dropped on purpose."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from aio_pika import Message
from aio_pika.abc import AbstractChannel, HeadersType

from shared.clock import now
from shared.database import Transaction
from shared.messaging import dead_letters
from shared.messaging.dead_letters import DeadLetter, letters
from shared.messaging.faults import Rejected
from shared.messaging.sender_accounts import MAY_NOT_SPEAK
from shared.messaging.topology import DELIVERY_LIMIT
from tests.harness import Harness, eventually
from tests.sample.contracts import ThingNoted
from tests.sample.harness import depth, handled, publishing, reacting, send, until_handled
from tests.sample.harness import lethe as command
from tests.sample.script import DEAD, NOTE, NOTED, noted

TRACE = f"00-{32 * '1'}-{16 * '2'}-01"


@pytest.fixture
async def channel(harness: Harness) -> AsyncIterator[AbstractChannel]:
    async with publishing(harness) as opened:
        yield opened
        for name in (DEAD, NOTED):
            queue = await opened.get_queue(name, ensure=False)
            await queue.purge()


async def give_up(harness: Harness, channel: AbstractChannel, *reasons: str) -> dict[str, ThingNoted]:
    """Let a message fail for each reason; the events by message id."""
    why = list(reasons)

    async def fail(_event: ThingNoted, tx: Transaction) -> None:
        raise Rejected(why.pop())

    before = await depth(harness, DEAD)
    sent = {str(uuid4()): noted() for _ in reasons}
    async with harness.serve(reacting(fail)):
        for message_id, event in sent.items():
            await send(channel, event, message_id=message_id, headers={"subject": "kept", "traceparent": TRACE})

        async def all_given_up() -> bool:
            return await depth(harness, DEAD) == before + len(reasons)

        await eventually(all_given_up)
    return sent


async def test_looking_changes_nothing_and_shows_no_body(harness: Harness, channel: AbstractChannel) -> None:
    sent = await give_up(harness, channel, "one", "two")
    for _ in range(3):
        waiting_letters = await letters(harness.admin_amqp, "sample")
        assert {letter.message_id for letter in waiting_letters} == set(sent)
    letter = next(letter for letter in waiting_letters if letter.reason == "two")
    assert (letter.origin, letter.attempt) == (NOTED, 1)
    assert letter.failed_at is not None
    assert letter.failed_at <= now()
    event = sent[letter.message_id]
    assert str(event.note_id) in letter.body
    assert str(event.note_id) not in repr(letter) + json.dumps(letter.facts())
    assert await depth(harness, DEAD) == 2


async def test_a_poison_message_is_replayed_after_its_cause_is_mended(
    harness: Harness, channel: AbstractChannel
) -> None:
    """It starts afresh: first attempt, its own id and headers, one effect however often it is sent back."""
    sent = await give_up(harness, channel, "cause")
    seen: list[tuple[int, ThingNoted]] = []

    async def mended(event: ThingNoted, tx: Transaction, attempt: int) -> None:
        seen.append((attempt, event))
        await tx.run(NOTE, event.note_id, event.subject_id)

    done, duplicate = handled(NOTED, "done"), handled(NOTED, "duplicate")
    outcome = await dead_letters.replay(harness.admin_amqp, "sample", lambda _: True)
    assert [letter.message_id for letter in outcome.sent] == list(sent)
    queue = await channel.get_queue(NOTED, ensure=False)
    message = await queue.get(timeout=60)
    assert message is not None
    headers = dict(message.headers)
    assert headers.pop("x-delivery-count", 0) == 0  # which RabbitMQ 4 says from the second delivery on only
    trace = str(headers.pop("traceparent"))
    assert headers == {"subject": "kept", "x-earlier-traceparent": TRACE}
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]", trace)
    assert trace[3:35] != TRACE[3:35], "a new trace"
    assert (message.message_id, message.delivery_mode) == (next(iter(sent)), 2)
    await message.reject(requeue=True)
    async with harness.serve(reacting(mended)):
        await until_handled(NOTED, "done", done + 1)
        await send(channel, next(iter(sent.values())), message_id=next(iter(sent)))
        await until_handled(NOTED, "duplicate", duplicate + 1)
    assert seen == [(1, next(iter(sent.values())))]
    assert await depth(harness, DEAD) == 0


async def forgetting(_letters: Sequence[DeadLetter]) -> None:
    """Keep no reason."""


async def test_only_what_is_picked_goes(harness: Harness, channel: AbstractChannel) -> None:
    await give_up(harness, channel, "one", "two", "three")
    outcome = await dead_letters.replay(harness.admin_amqp, "sample", lambda letter: letter.reason == "two")
    assert [letter.reason for letter in outcome.sent] == ["two"]
    dropped = await dead_letters.drop(harness.admin_amqp, "sample", lambda letter: letter.reason == "three", forgetting)
    assert [letter.reason for letter in dropped] == ["three"]
    assert [letter.reason for letter in await letters(harness.admin_amqp, "sample")] == ["one"]
    assert await depth(harness, NOTED) == 1


async def test_a_letter_whose_queue_is_gone_stays(harness: Harness, channel: AbstractChannel) -> None:
    headers: HeadersType = {"x-origin-queue": "sample.on.nothing", "x-reason": "lost"}
    await channel.default_exchange.publish(Message(b"{}", headers=headers), DEAD)
    outcome = await dead_letters.replay(harness.admin_amqp, "sample", lambda _: True)
    assert not outcome.sent
    assert [letter.origin for letter in outcome.stayed] == ["sample.on.nothing"]
    assert await depth(harness, DEAD) == 1


async def test_what_the_broker_gave_up_is_understood_too(harness: Harness, channel: AbstractChannel) -> None:
    queue = await channel.get_queue(NOTED, ensure=False)
    await send(channel, noted())
    for _ in range(DELIVERY_LIMIT + 1):
        message = await queue.get(timeout=60)
        assert message is not None
        await message.reject(requeue=True)

    letter = (await eventually(lambda: letters(harness.admin_amqp, "sample")))[0]
    assert (letter.reason, letter.origin) == ("delivery_limit", NOTED)
    assert letter.failed_at is not None
    assert len((await dead_letters.replay(harness.admin_amqp, "sample", lambda _: True)).sent) == 1


BECAUSE = ("--reason", "made for a test")


async def lethe(harness: Harness, *words: str, answer: str = "") -> Any:
    """`./lethe dead-letters WORDS`, on this harness's broker."""
    return await command(harness, "dead-letters", *words, answer=answer)


async def test_the_command_lists_shows_replays_and_drops(harness: Harness, channel: AbstractChannel) -> None:
    sent = await give_up(harness, channel, "rule one", "rule two", "other")
    listed = await lethe(harness, "list", "sample")
    assert listed.exit_code == 0
    assert all(text in listed.output for text in ("rule one", "rule two", NOTED, *sent))
    listing = json.loads((await lethe(harness, "list", "sample", "--json")).output)
    assert {letter["message_id"] for letter in listing} == set(sent)
    assert all("body" not in letter for letter in listing)

    one = listing[0]["message_id"]
    shown = await lethe(harness, "show", "sample", one)
    assert json.loads(shown.output)["reason"] == listing[0]["reason"]
    assert str(sent[one].note_id) not in shown.output
    assert str(sent[one].note_id) in (await lethe(harness, "show", "sample", one, "--body")).output

    assert (await lethe(harness, "replay", "sample", "--where", "reason=rule")).output == "sent back: 2\n"
    refused = await lethe(harness, "drop", "sample", "--all", *BECAUSE, answer="n\n")
    assert refused.exit_code == 1
    assert await depth(harness, DEAD) == 1
    agreed = await lethe(harness, "drop", "sample", "--all", *BECAUSE, answer="y\n")
    assert agreed.output.endswith("removed: 1\n")
    assert (await lethe(harness, "list", "sample")).output == "nothing was given up\n"


async def test_what_an_impostor_sent_goes_back_only_by_its_id(harness: Harness, channel: AbstractChannel) -> None:
    """In the operator's name it would be believed."""
    headers: HeadersType = {"x-origin-queue": NOTED, "x-reason": MAY_NOT_SPEAK}
    body = noted().model_dump_json().encode()
    letter = Message(body, message_id=str(uuid4()), type=ThingNoted.type, headers=headers)
    await channel.default_exchange.publish(letter, DEAD)
    assert (await lethe(harness, "replay", "sample", "--all")).exit_code == 4
    assert await depth(harness, DEAD) == 1
    assert (await lethe(harness, "replay", "sample", "--id", str(letter.message_id))).output == "sent back: 1\n"


async def test_the_command_says_what_is_wrong(harness: Harness, channel: AbstractChannel) -> None:
    assert (await lethe(harness, "replay", "sample")).exit_code == 2
    assert (await lethe(harness, "drop", "sample", "--all", "--id", "x", *BECAUSE)).exit_code == 2
    assert (await lethe(harness, "list", "nobody")).exit_code == 2
    for words in (
        ("replay", "sample", "--all"),
        ("drop", "sample", "--all", "--yes", *BECAUSE),
        ("show", "sample", "x"),
    ):
        assert (await lethe(harness, *words)).exit_code == 4
    await channel.default_exchange.publish(Message(b"{}", headers={"x-origin-queue": "gone"}), DEAD)
    replayed = await lethe(harness, "replay", "sample", "--all")
    assert replayed.exit_code == 1, replayed.output
    nobody = "amqp://guest:guest@127.0.0.1:1/"
    answer = await command(harness, "dead-letters", "list", "sample", LETHE_AMQP_URL=nobody)
    assert answer.exit_code == 3
    assert "./lethe up" in answer.output
