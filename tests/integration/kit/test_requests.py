"""Questions between services: answered, refused or unavailable soon, at most once, and leaving nothing behind."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import pytest
from aio_pika.exceptions import ChannelNotFoundEntity

from shared.clock import now
from shared.contracts.message import Created, Done, Request
from shared.database import Database, Transaction
from shared.messaging.request_client import DEADLINE, RequestClient
from shared.messaging.router import ServiceRouter
from shared.messaging.sender_accounts import account
from shared.problems import Refused, Unavailable, refuse
from shared.purposes import Purpose
from shared.service import Service
from tests.harness import PATIENCE_S, Harness, eventually
from tests.sample.app import SERVICE
from tests.sample.cable import cable
from tests.sample.contracts import ForgetNotes, Notes, NoteThing, ReadNotes
from tests.sample.harness import alone, depth, erase_people, publishing
from tests.sample.script import DEAD, NOTED
from tests.spans import recorded

REQUESTS = "sample.requests"
QUEUES = (DEAD, NOTED, "lethe.retry.1h")


def answering(router: ServiceRouter) -> Service:
    """The sample service with a test's own answers."""
    return replace(SERVICE, router=router, takes_orders=False)


async def count(harness: Harness, person: UUID) -> int:
    async with harness.superuser("sample") as connection:
        return int(await connection.fetchval("SELECT count(*) FROM note WHERE subject_id = $1", person))


async def test_an_absent_service_is_unavailable_at_once(client: RequestClient) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        await client.request(ReadNotes(subject_id=uuid4()), timeout_s=600)
    assert time.monotonic() - began < PATIENCE_S
    assert refused.value.problem.status == 503


async def test_many_questions_at_a_time_over_one_client(
    harness: Harness, served: Database, client: RequestClient
) -> None:
    """Each gets its own answer."""
    people = [uuid4() for _ in range(150)]
    answers = await asyncio.gather(*(client.request(NoteThing(subject_id=p, text=str(p))) for p in people))
    assert len({created.id for created in answers}) == 150
    read = await asyncio.gather(*(client.request(ReadNotes(subject_id=p)) for p in people))
    assert [notes.texts for notes in read] == [(str(p),) for p in people]


async def test_what_is_past_its_deadline_is_not_worked_on(harness: Harness, client: RequestClient) -> None:
    late, punctual = uuid4(), uuid4()
    one_at_a_time = replace(harness, settings=harness.settings | {"request_concurrency": 1})
    async with one_at_a_time.serve(alone()), publishing(harness) as channel:
        for person, seconds in ((late, -1), (punctual, 60)):
            message = aio_pika.Message(
                NoteThing(subject_id=person, text="x").model_dump_json().encode(),
                type=NoteThing.type,
                headers={DEADLINE: int((now().timestamp() + seconds) * 1000)},
                user_id=account(harness.admin_amqp),
            )
            await channel.default_exchange.publish(message, REQUESTS)
        await client.request(ReadNotes(subject_id=punctual))
    assert (await count(harness, late), await count(harness, punctual)) == (0, 1)


@pytest.mark.parametrize(
    "reply_to", [DEAD, NOTED, "lethe.retry.1h", "amq.rabbitmq.reply-to.", "amq.rabbitmq.reply-to.\t"]
)
async def test_nobody_is_answered_in_a_queue_that_the_asker_names(
    harness: Harness, client: RequestClient, reply_to: str
) -> None:
    """A service may write where its asker may not: to the default exchange, and so to every queue."""
    one_at_a_time = replace(harness, settings=harness.settings | {"request_concurrency": 1})
    before = [await depth(harness, queue) for queue in QUEUES]
    async with one_at_a_time.serve(answering(SERVICE.router)), publishing(harness) as channel:
        message = aio_pika.Message(
            ReadNotes(subject_id=uuid4()).model_dump_json().encode(),
            type=ReadNotes.type,
            reply_to=reply_to,
            user_id=account(harness.admin_amqp),
        )
        await channel.default_exchange.publish(message, REQUESTS)
        await client.request(ReadNotes(subject_id=uuid4()))
        assert [await depth(harness, queue) for queue in QUEUES] == before


@pytest.mark.usefixtures("served")
async def test_what_a_stranger_calls_its_request_is_in_no_span(harness: Harness, tmp_path: Path) -> None:
    """Any account that may write to the queue may call its message what it likes: for a person, an order, a path."""
    kinds = ("anna.nowak", "sample.read-notes.anna", "Kowalska-1980")
    with recorded(tmp_path / "spans") as path:
        async with publishing(harness) as channel:
            for kind in kinds:
                message = aio_pika.Message(b"{}", type=kind, user_id=account(harness.admin_amqp))
                await channel.default_exchange.publish(message, REQUESTS)
        unknown = "answer unknown"
        await eventually(lambda: path.exists() and path.read_text().count(unknown) == len(kinds))
        assert [kind for kind in kinds if kind in path.read_text()] == []


@pytest.mark.usefixtures("served")
async def test_a_key_has_one_effect(harness: Harness, client: RequestClient) -> None:
    """The same request again is answered alike, another one under the same key is refused."""
    person, key = uuid4(), uuid4().hex
    first = await client.request(NoteThing(subject_id=person, text="x"), idempotency_key=key, principal="p")
    again = await client.request(NoteThing(subject_id=person, text="x"), idempotency_key=key, principal="p")
    assert first == again
    with pytest.raises(Refused) as refused:
        await client.request(NoteThing(subject_id=person, text="y"), idempotency_key=key, principal="p")
    assert refused.value.problem.status == 422
    assert refused.value.problem.errors[0].field == "Idempotency-Key"
    other = await client.request(NoteThing(subject_id=person, text="x"), idempotency_key=key, principal="q")
    assert other != first
    assert await count(harness, person) == 2


@pytest.mark.usefixtures("served")
async def test_a_repetition_in_other_circumstances_is_the_same(harness: Harness, client: RequestClient) -> None:
    person, key = uuid4(), uuid4().hex
    places = [NoteThing(subject_id=person, text="x", seen_at=place) for place in ("here", "there", "")]
    answers = [await client.request(place, idempotency_key=key) for place in places]
    assert len({answer.id for answer in answers}) == 1
    with pytest.raises(Refused, match="another request"):
        await client.request(NoteThing(subject_id=person, text="y", seen_at="here"), idempotency_key=key)
    assert await count(harness, person) == 1


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(("age", "effects"), [("23 hours 59 minutes", 1), ("24 hours 1 minute", 2)])
async def test_a_key_is_new_after_its_day_although_its_row_is_there(
    harness: Harness, client: RequestClient, age: str, effects: int
) -> None:
    person, key = uuid4(), uuid4().hex
    note, other = (NoteThing(subject_id=person, text=text) for text in ("x", "y"))
    first = await client.request(note, idempotency_key=key)
    async with harness.superuser("sample") as database:
        await database.execute("UPDATE idempotency SET created_at = created_at - $1::text::interval", age)
    again = await client.request(note, idempotency_key=key)
    assert (again == first) == (effects == 1)
    assert await client.request(note, idempotency_key=key) == again, "and from then on it is kept again"
    with pytest.raises(Refused, match="another request"):
        await client.request(other, idempotency_key=key)
    assert await count(harness, person) == effects


@pytest.mark.usefixtures("served")
async def test_a_key_used_twenty_times_at_once_has_one_effect(harness: Harness, client: RequestClient) -> None:
    person, key = uuid4(), uuid4().hex
    await client.request(ReadNotes(subject_id=person))  # from now on known: strangers wait for one another anyhow
    request = NoteThing(subject_id=person, text="x")
    answers = await asyncio.gather(*(client.request(request, idempotency_key=key) for _ in range(20)))
    assert len({answer.id for answer in answers}) == 1
    assert await count(harness, person) == 1


@pytest.mark.usefixtures("served")
async def test_a_key_on_what_may_be_repeated_does_no_harm(client: RequestClient) -> None:
    person, key = uuid4(), uuid4().hex
    for _ in range(2):
        assert await client.request(ForgetNotes(subject_id=person), idempotency_key=key) == Done()


async def test_a_refused_request_does_not_use_its_key_up(harness: Harness, client: RequestClient) -> None:
    router, willing = ServiceRouter("sample"), asyncio.Event()

    async def note(request: NoteThing, tx: Transaction) -> Created:
        if not willing.is_set():
            raise refuse(409, "not now")
        return Created(id=request.subject_id)

    router.request(NoteThing, purpose=Purpose.CONTRACT)(note)
    request, key = NoteThing(subject_id=uuid4(), text="x"), uuid4().hex
    async with harness.serve(answering(router)):
        with pytest.raises(Refused, match="not now"):
            await client.request(request, idempotency_key=key)
        willing.set()
        assert (await client.request(request, idempotency_key=key)).id == request.subject_id


async def test_the_erased_are_answered_410(harness: Harness, served: Database, client: RequestClient) -> None:
    person = uuid4()
    await erase_people(served, person)
    asked: tuple[Request[Any], ...] = (NoteThing(subject_id=person, text="x"), ReadNotes(subject_id=person))
    for request in asked:
        with pytest.raises(Refused) as refused:
            await client.request(request)
        assert refused.value.problem.status == 410
    assert await count(harness, person) == 0


async def test_a_question_given_up_does_not_disturb_the_others(harness: Harness, client: RequestClient) -> None:
    """Cancelled at any point and after any time, while others wait on the same channel."""
    router = ServiceRouter("sample")

    async def slowly(request: ReadNotes) -> Notes:
        await asyncio.sleep(0.2)
        return Notes(texts=())

    router.request(ReadNotes, purpose=Purpose.RIGHTS)(slowly)
    async with harness.serve(answering(router)):
        patient = [asyncio.create_task(client.request(ReadNotes(subject_id=uuid4()))) for _ in range(20)]
        hasty = [asyncio.create_task(client.request(ReadNotes(subject_id=uuid4()))) for _ in range(20)]
        for task in hasty:
            await asyncio.sleep(0)
            task.cancel()
        short = [client.request(ReadNotes(subject_id=uuid4()), timeout_s=0.001 * n) for n in range(1, 20)]
        refusals = await asyncio.gather(*short, return_exceptions=True)
        assert all(isinstance(refusal, Unavailable) for refusal in refusals)
        assert len(await asyncio.gather(*patient)) == 20


async def test_the_broker_comes_back_and_so_do_the_questions(harness: Harness) -> None:
    """What was under way is unavailable at once, the next question is answered on a new connection."""
    router, asked = ServiceRouter("sample"), asyncio.Event()

    async def never(request: ForgetNotes) -> Done:
        asked.set()
        await asyncio.Event().wait()
        return Done()

    router.include(SERVICE.router)
    del router.request_handlers[ForgetNotes.type]
    router.request(ForgetNotes, purpose=Purpose.UPKEEP)(never)
    quickly = replace(harness, settings=harness.settings | {"drain_seconds": 0.1})
    async with cable(harness.admin_amqp) as line, quickly.serve(answering(router)):
        client = RequestClient(line.url, "test")
        waiting = asyncio.create_task(client.request(ForgetNotes(subject_id=uuid4()), timeout_s=600))
        await asyncio.wait_for(asked.wait(), PATIENCE_S)
        line.cut()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(waiting, PATIENCE_S)
        with pytest.raises(Unavailable):
            await client.request(ReadNotes(subject_id=uuid4()))
        await line.mend()
        assert (await client.request(ReadNotes(subject_id=uuid4()))).texts == ()
        await client.close()


async def test_a_service_answers_again_after_its_connection_broke(harness: Harness, client: RequestClient) -> None:
    async with cable(harness.amqp["sample"]) as line:
        through = replace(harness, amqp={**harness.amqp, "sample": line.url})
        async with through.serve(alone()):
            assert (await client.request(ReadNotes(subject_id=uuid4()))).texts == ()
            line.cut()
            await line.mend()

            async def answered() -> bool:
                try:
                    await client.request(ReadNotes(subject_id=uuid4()), timeout_s=1)
                except Refused:
                    return False
                return True

            await eventually(answered)


async def test_nothing_of_a_request_stays_in_the_broker(harness: Harness, client: RequestClient) -> None:
    """Transient on a classic queue that goes with its service, also what was never taken (promise 9)."""
    router, asked = ServiceRouter("sample"), asyncio.Event()

    async def never(request: NoteThing) -> Created:
        asked.set()
        await asyncio.Event().wait()
        return Created(id=uuid4())

    router.request(NoteThing, purpose=Purpose.CONTRACT)(never)
    busy = replace(harness, settings=harness.settings | {"request_concurrency": 1, "prefetch": 1, "drain_seconds": 0.1})
    async with busy.serve(answering(router)):
        asks = [
            asyncio.create_task(client.request(NoteThing(subject_id=uuid4(), text="x"), timeout_s=600))
            for _ in range(9)
        ]
        await asyncio.wait_for(asked.wait(), PATIENCE_S)
        async with publishing(harness) as channel:
            queue = await channel.declare_queue(REQUESTS, passive=True)
            taken = await eventually(lambda: queue.get(fail=False, timeout=60))
            assert taken.delivery_mode == aio_pika.DeliveryMode.NOT_PERSISTENT
            assert taken.expiration is not None
            await taken.ack()
        for task in asks:
            task.cancel()
        await asyncio.gather(*asks, return_exceptions=True)
    async with publishing(harness) as channel:
        with pytest.raises(ChannelNotFoundEntity):
            await channel.declare_queue(REQUESTS, passive=True)
