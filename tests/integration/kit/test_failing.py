"""What becomes of a message that fails: given up, tried again, waited for or counted, and never lost (section 3)."""

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import pytest
from aio_pika.abc import AbstractChannel

from shared import database as databases
from shared.contracts.participants import DataMapAnnounced
from shared.database import Transaction
from shared.messaging.faults import Rejected
from shared.messaging.retry import LAST_ATTEMPT, LAST_ATTEMPT_FAILED
from shared.messaging.topology import TIERS, management
from shared.purposes import Purpose
from tests.harness import Harness
from tests.sample.contracts import ThingNoted
from tests.sample.harness import alone, depth, handled, meet, publishing, reacting, sample_harness, send, until_handled
from tests.sample.script import DEAD, NOTE, NOTED, Script, dead_letter, noted

RAISE = "DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '{}'; END $$"


VALID = noted().model_dump_json().encode()
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no JSON": ({"body": b"Anna Nowak"}, "contract broken in: the whole body"),
    "no UTF-8": ({"body": b"\xff\xfe"}, "contract broken in: the whole body"),
    "fields missing": ({"body": b"{}"}, "contract broken in: note_id, subject_id"),
    "field wrong": ({"body": VALID.replace(b'"note_id":"', b'"note_id":"Anna ')}, "contract broken in: note_id"),
    "foreign type": ({"type": "sample.receipt-made.v1"}, "type does not belong to this queue"),
    "no type": ({"type": None}, "type does not belong to this queue"),
    "id no UUID": ({"message_id": "Anna Nowak"}, "message id is missing or no UUID"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_what_breaks_its_contract_is_given_up_at_once(
    harness: Harness, channel: AbstractChannel, name: str
) -> None:
    """With reason, origin, attempt and fault, none of which carries a value."""
    properties, reason = BROKEN[name]
    async with harness.serve(alone()):
        await send(channel, noted(), **properties)
        letter = await dead_letter(channel)
    assert letter.headers["x-reason"] == reason
    assert letter.headers["x-origin-queue"] == NOTED
    assert letter.headers["x-attempt"] == 1
    assert str(letter.headers["x-fault"]).startswith("exception=")
    assert "Anna" not in str({**letter.headers, "body": ""})
    assert letter.body == properties.get("body", letter.body)
    assert letter.delivery_mode == 2


async def test_a_message_without_an_id_is_given_up(harness: Harness, channel: AbstractChannel) -> None:
    """The inbox could not tell it from its copy. (Our client library makes an id up, so this one comes by HTTP.)"""
    async with harness.serve(alone()), management(harness.servers.management_url) as api:
        body = {"properties": {"type": ThingNoted.type}, "routing_key": ThingNoted.type}
        place = f"/api/exchanges/{quote(harness.name, safe='')}/lethe.events/publish"
        answer = await api.post(place, json=body | {"payload": VALID.decode(), "payload_encoding": "string"})
        assert answer.json() == {"routed": True}
        letter = await dead_letter(channel)
    assert letter.headers["x-reason"] == "message id is missing or no UUID"


async def test_raw_text_that_is_none_is_given_up(harness: Harness, channel: AbstractChannel) -> None:

    async def never(_body: str, tx: Transaction) -> None:
        raise AssertionError

    async with harness.serve(reacting(never, raw=True)):
        await send(channel, noted(), body=b"\xff\xfe")
        letter = await dead_letter(channel)
    assert letter.headers["x-reason"] == "body is no UTF-8"


async def test_a_passing_fault_waits_in_the_tiers_and_the_last_one_repeats(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """Six failures with four tiers; each attempt starts afresh, the last one has the only effect."""
    script = Script(*(RuntimeError("Anna") for _ in range(6)))
    event = await script.play(harness, channel, headers={"subject": "kept"})
    assert script.attempts == [1, 2, 3, 4, 5, 6, 7]
    assert await everything.fetchval("SELECT count(*) FROM note WHERE note_id = $1", event.note_id) == 1
    assert await depth(harness, DEAD) == 0


@pytest.mark.parametrize("failure", [RuntimeError("Anna"), "SELECT no_such_column", RAISE.format("57014")])
async def test_a_bug_is_a_dead_letter_after_its_last_attempt(
    harness: Harness, channel: AbstractChannel, failure: Exception | str
) -> None:
    script = Script(*[failure] * 3 * LAST_ATTEMPT)

    async def handle(event: ThingNoted, tx: Transaction, attempt: int) -> None:
        await script.handle(event, tx, attempt)

    async with harness.serve(reacting(handle)):
        await send(channel, noted())
        letter = await dead_letter(channel)
    assert script.attempts == [*range(1, LAST_ATTEMPT + 1)]
    assert (letter.headers["x-reason"], letter.headers["x-attempt"]) == (LAST_ATTEMPT_FAILED, LAST_ATTEMPT)
    assert letter.headers["x-origin-queue"] == NOTED
    assert "Anna" not in str(letter.headers)
    assert [await depth(harness, queue) for queue in (NOTED, "lethe.retry.1h")] == [0, 0]


def test_the_last_attempt_is_within_a_day() -> None:
    waits = [tier.wait_ms for tier in TIERS] + [TIERS[-1].wait_ms] * (LAST_ATTEMPT - 1 - len(TIERS))
    assert 20 * 3_600_000 < sum(waits) < 24 * 3_600_000


async def test_a_statement_that_always_times_out_costs_its_attempts(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """It held a place for twenty minutes as if the server were away."""
    await everything.execute(f"ALTER DATABASE sample_{harness.name} SET statement_timeout = '2s'")
    try:
        script = Script(*["SELECT pg_sleep(30)"] * 2)
        slow = handled(NOTED, "slow"), handled(NOTED, "infrastructure")
        await script.play(harness, channel)
    finally:
        await everything.execute(f"ALTER DATABASE sample_{harness.name} RESET statement_timeout")
    assert script.attempts == [1, 2, 3]
    assert (handled(NOTED, "slow"), handled(NOTED, "infrastructure")) == (slow[0] + 2, slow[1])


async def test_a_statement_that_nobody_answers_costs_its_attempts(
    harness: Harness, channel: AbstractChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's own limit, where the server has none."""
    monkeypatch.setattr(databases, "COMMAND_TIMEOUT_S", 2.0)
    script = Script("SELECT pg_sleep(30)")
    await script.play(harness, channel)
    assert script.attempts == [1, 2]


async def test_who_waits_for_a_lock_tries_again_at_once(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """A vacuum, or another's open transaction, costs no attempt."""
    await everything.execute(f"ALTER DATABASE sample_{harness.name} SET lock_timeout = '200ms'")
    await everything.execute(f"ALTER ROLE sample_app IN DATABASE sample_{harness.name} SET lock_timeout = '200ms'")
    script, waited = Script(), handled(NOTED, "conflict")

    async def handle(event: ThingNoted, tx: Transaction, attempt: int) -> None:
        if len(script.attempts) == 2:
            await locking.rollback()
        await script.handle(event, tx, attempt)

    try:
        locking = everything.transaction()
        await locking.start()
        await everything.execute("LOCK TABLE note IN ACCESS EXCLUSIVE MODE")
        done = handled(NOTED, "done")
        async with harness.serve(reacting(handle)):
            await send(channel, noted())
            await until_handled(NOTED, "done", done + 1)
    finally:
        await everything.execute(f"ALTER DATABASE sample_{harness.name} RESET lock_timeout")
        await everything.execute(f"ALTER ROLE sample_app IN DATABASE sample_{harness.name} RESET lock_timeout")
    assert script.attempts == [1, 1, 1]
    assert handled(NOTED, "conflict") == waited


@pytest.mark.parametrize("attempt", [-5, 10**9, "Anna", True])
async def test_a_nonsense_attempt_does_not_stop_the_consumer(
    harness: Harness, channel: AbstractChannel, attempt: Any
) -> None:
    script = Script(RuntimeError())
    await script.play(harness, channel, headers={"x-attempt": attempt})
    assert len(script.attempts) == 2


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
async def test_conflicts_are_tried_again_at_once(harness: Harness, channel: AbstractChannel, sqlstate: str) -> None:
    """They cost no attempt."""
    script = Script(*[RAISE.format(sqlstate)] * 4)
    transient = handled(NOTED, "transient"), handled(NOTED, "conflict")
    await script.play(harness, channel)
    assert script.attempts == [1] * 5
    assert (handled(NOTED, "transient"), handled(NOTED, "conflict")) == transient


async def test_conflicts_without_end_wait_in_a_tier(harness: Harness, channel: AbstractChannel) -> None:
    script = Script(*[RAISE.format("40P01")] * 7)
    await script.play(harness, channel)
    assert script.attempts == [1] * 6 + [2] * 2


@pytest.mark.parametrize(
    ("failure", "sqlstate"),
    [
        (Rejected("no such rule"), None),
        ("SELECT 'Anna'::int", "22P02"),
        ("INSERT INTO inbox TABLE inbox", "23505"),
        ("INSERT INTO inbox", "42601"),
    ],
    ids=["rejected", "data", "integrity", "syntax"],
)
async def test_a_broken_rule_is_given_up_and_a_bug_is_tried_again(
    harness: Harness, channel: AbstractChannel, failure: Exception | str, sqlstate: str | None
) -> None:
    """SQLSTATE classes 22 and 23 will fail for ever; a bug may be mended by the next release."""
    script = Script(failure)
    if sqlstate == "42601":
        await script.play(harness, channel)
        assert script.attempts == [1, 2]
        return

    async def handle(event: ThingNoted, tx: Transaction, attempt: int) -> None:
        await script.handle(event, tx, attempt)

    async with harness.serve(reacting(handle)):
        await send(channel, noted())
        letter = await dead_letter(channel)
    assert letter.headers["x-reason"] == ("permanent fault" if sqlstate else "no such rule")
    assert "Anna" not in str(letter.headers)
    assert sqlstate is None or f"sqlstate={sqlstate}" in str(letter.headers["x-fault"])


async def test_a_blocked_write_is_an_outcome(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """SQLSTATE 42501: counted, neither tried again nor given up."""

    async def profile(event: ThingNoted, tx: Transaction) -> None:
        await tx.run(NOTE, event.note_id, event.subject_id)

    person = uuid4()
    await meet(everything, person)
    await everything.execute("INSERT INTO permission VALUES ($1, DEFAULT, '*', false, 1)", person)
    blocked = handled(NOTED, "blocked")
    async with harness.serve(reacting(profile, purpose=Purpose.PROFILING)):
        await send(channel, ThingNoted(subject_id=person, note_id=uuid4()))
        await until_handled(NOTED, "blocked", blocked + 1)
    assert [await depth(harness, queue) for queue in (NOTED, DEAD, "lethe.retry.5s")] == [0, 0, 0]
    assert await everything.fetchval("SELECT count(*) FROM note WHERE subject_id = $1", person) == 0


async def test_a_thousand_broken_fields_make_one_short_reason(harness: Harness) -> None:

    async def never(_event: DataMapAnnounced, tx: Transaction) -> None:
        raise AssertionError

    wrong = [{"name": f"Anna Nowak {number}"} for number in range(8000)]
    service = reacting(never, DataMapAnnounced)
    async with sample_harness(harness.servers, service) as own, publishing(own) as opened, own.serve(service):
        event = DataMapAnnounced(service="sample", version=1, tables=())
        await send(opened, event, body=json.dumps({"version": 1, "tables": wrong}).encode())
        letter = await dead_letter(opened)
    assert letter.headers["x-reason"] == "contract broken in: service, tables"


async def test_a_right_that_nobody_granted_loses_no_message(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection
) -> None:
    """The same SQLSTATE as a blocked write."""
    event, done = noted(), handled(NOTED, "done")
    async with harness.serve(alone()):
        await everything.execute("REVOKE INSERT ON note FROM sample_app")
        tried = handled(NOTED, "transient")
        await send(channel, event)
        await until_handled(NOTED, "transient", tried + 1)
        await everything.execute("GRANT INSERT ON note TO sample_app")
        await until_handled(NOTED, "done", done + 1)
    assert await everything.fetchval("SELECT true FROM note WHERE note_id = $1", event.note_id)
