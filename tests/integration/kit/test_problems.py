"""Problem replies say what was wrong, never with which value (promise 9); the erased are answered 410."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from shared.contracts.message import Created
from shared.database import Transaction
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.messaging.sender_accounts import account
from shared.problems import Refused
from shared.purposes import Purpose
from shared.service import Service
from tests.harness import PATIENCE_S, Harness
from tests.sample.app import SERVICE
from tests.sample.contracts import NoteThing
from tests.sample.harness import alone, erase_people, meet, publishing

REQUESTS = "sample.requests"


def answering(router: ServiceRouter) -> Service:
    """The sample service with a test's own answers."""
    return replace(SERVICE, router=router, takes_orders=False)


CANARY = "Kanarkowska"


@pytest.mark.parametrize(
    ("sql", "purpose", "status"),
    [
        ("SELECT 'Kanarkowska'::int", Purpose.UPKEEP, 500),
        ("INSERT INTO lethe.purpose VALUES ('Kanarkowska', 'upkeep')", Purpose.UPKEEP, 500),
        ("DO $$ BEGIN RAISE EXCEPTION 'Kanarkowska' USING ERRCODE = '40001'; END $$", Purpose.UPKEEP, 503),
        ("DO $$ BEGIN RAISE EXCEPTION 'Kanarkowska' USING ERRCODE = '57P03'; END $$", Purpose.UPKEEP, 503),
        (
            "INSERT INTO note (note_id, subject_id, text) VALUES (gen_random_uuid(), $1, 'Kanarkowska')",
            Purpose.PROFILING,
            403,
        ),
        ("INSERT INTO catch_up (topic) VALUES ('Kanarkowska'), ('Kanarkowska')", Purpose.UPKEEP, 500),
    ],
    ids=["data", "privilege", "conflict", "infrastructure", "blocked", "unique"],
)
async def test_a_failure_is_answered_without_any_value(
    harness: Harness, client: RequestClient, capfd: Any, sql: str, purpose: Purpose, status: int
) -> None:
    router, person = ServiceRouter("sample"), uuid4()
    async with harness.superuser("sample") as connection:
        await meet(connection, person)
        await connection.execute("INSERT INTO permission VALUES ($1, DEFAULT, '*', false, 1)", person)

    async def fail(request: NoteThing, tx: Transaction) -> Created:
        await tx.run(sql, *([request.subject_id] if "$1" in sql else []))
        raise AssertionError

    router.request(NoteThing, purpose=purpose)(fail)
    async with harness.serve(answering(router)):
        with pytest.raises(Refused) as refused:
            await client.request(NoteThing(subject_id=person, text="x"))
    assert refused.value.problem.status == status
    assert CANARY not in refused.value.problem.model_dump_json() + str(refused.value)
    assert CANARY not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"subject_id": "Kanarkowska", "text": "x"}', "subject_id"),
        (b'{"subject_id": "0198c5ab-0000-7000-8000-000000000000", "text": "' + b"Kanarkowska" * 20 + b'"}', "text"),
        (b'{"subject_id": "0198c5ab-0000-7000-8000-000000000000", "text": {"Kanarkowska": 1}}', "text"),
        (b"Kanarkowska", "body"),
        (b'["Kanarkowska"]', "body"),
        (b"{}", "subject_id"),
    ],
)
async def test_a_broken_request_is_told_its_fields_and_not_its_values(
    harness: Harness, body: bytes, field: str
) -> None:
    async with harness.serve(alone()), publishing(harness) as channel:
        reply = await ask_raw(channel, account(harness.admin_amqp), body, NoteThing.type)
    assert reply["status"] == 422
    assert field in [error["field"] for error in reply["errors"]]
    assert CANARY not in str(reply)


async def test_strange_and_oversized_requests_are_refused(harness: Harness) -> None:
    for body, request_type, status in ((b"{}", "sample.unheard-of", 404), (b"{" + b" " * 10**6, NoteThing.type, 413)):
        async with harness.serve(alone()), publishing(harness) as channel:
            assert (await ask_raw(channel, account(harness.admin_amqp), body, request_type))["status"] == status


async def ask_raw(channel: aio_pika.abc.AbstractChannel, user: str, body: bytes, request_type: str) -> dict[str, Any]:
    """Ask with a body that no client of ours would send; answers the reply's JSON."""
    replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def receive(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        await replies.put(json.loads(message.body))

    direct = await channel.get_queue("amq.rabbitmq.reply-to", ensure=False)
    await direct.consume(receive, no_ack=True)
    message = aio_pika.Message(body, type=request_type, reply_to="amq.rabbitmq.reply-to", correlation_id="1")
    message.user_id = user
    await channel.default_exchange.publish(message, REQUESTS)
    return await asyncio.wait_for(replies.get(), PATIENCE_S)


async def test_a_lost_race_with_the_erasure_is_answered_410(harness: Harness, client: RequestClient) -> None:
    """The person was erased while the handler without a lock worked."""
    router = ServiceRouter("sample")
    async with harness.database("sample") as database:

        async def late(request: NoteThing) -> Created:
            await erase_people(database, request.subject_id)
            async with database.transaction(Purpose.CONTRACT) as tx:
                await tx.run("INSERT INTO note (note_id, subject_id, text) VALUES ($1, $1, 'x')", request.subject_id)
            raise AssertionError

        router.request(NoteThing, purpose=Purpose.CONTRACT)(late)
        async with harness.serve(answering(router)):
            with pytest.raises(Refused) as refused:
                await client.request(NoteThing(subject_id=uuid4(), text="x"))
    assert refused.value.problem.status == 410
