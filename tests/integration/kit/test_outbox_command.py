"""`./lethe outbox`: what the broker refuses is listed without bodies, tried again, or dropped for a kept reason."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from shared.database import Database
from shared.messaging.outbox import relay
from shared.messaging.publisher import Publisher
from tests.harness import Harness
from tests.integration.kit.test_outbox import fill
from tests.sample.harness import lethe

INSERT = """
INSERT INTO outbox (type, body, attempts, last_fault, next_try_at, created_at)
VALUES ($1, '{"secret": "Anna"}', $2, $3, now() + $4::text::interval, now() - interval '2 hours') RETURNING message_id
"""
QUARANTINED = ("identity.made.v1", 6, "ChannelAccessRefused", None)
PUT_OFF = ("sample.put-off.v1", 2, "nacked", "1 hour")


@pytest.fixture
async def rows(everything: asyncpg.Connection) -> AsyncIterator[dict[str, str]]:
    """Two in quarantine, one that is put off, one that merely waits; their ids."""
    ids = [str(await everything.fetchval(INSERT, *row)) for row in (QUARANTINED, QUARANTINED, PUT_OFF)]
    waiting = "INSERT INTO outbox (type, body) VALUES ('sample.waits.v1', '{}') RETURNING message_id"
    yield dict(zip(("one", "two", "put off", "waits"), (*ids, str(await everything.fetchval(waiting))), strict=True))
    await everything.execute("TRUNCATE outbox, outbox_dropped")


async def left(everything: asyncpg.Connection) -> set[str]:
    return {str(row["message_id"]) for row in await everything.fetch("SELECT message_id FROM outbox")}


async def test_listing_tells_what_is_refused_and_why(harness: Harness, rows: dict[str, str]) -> None:
    shown = await lethe(harness, "outbox", "list", "sample")
    assert shown.exit_code == 0, shown.output
    for text in (
        "ChannelAccessRefused",
        "nacked",
        "identity.made.v1",
        "2 h",
        "quarantine",
        rows["one"],
        rows["put off"],
    ):
        assert text in shown.output
    assert "Anna" not in shown.output
    assert rows["waits"] not in shown.output
    (document,) = json.loads((await lethe(harness, "outbox", "list", "sample", "--json")).output)
    assert (document["service"], document["waiting"], document["quarantined"]) == ("sample", 2, 2)
    assert document["lag_s"] == pytest.approx(7200, abs=300)
    assert [(row["message_id"], row["attempts"], row["last_fault"]) for row in document["refused"]] == [
        (rows["one"], 6, "ChannelAccessRefused"),
        (rows["two"], 6, "ChannelAccessRefused"),
        (rows["put off"], 2, "nacked"),
    ]
    assert "Anna" not in json.dumps(document)


async def test_what_is_mended_leaves_after_a_retry(
    harness: Harness, rows: dict[str, str], everything: asyncpg.Connection
) -> None:
    await everything.execute("UPDATE outbox SET type = 'sample.made.v1' WHERE type = 'identity.made.v1'")
    answer = await lethe(harness, "outbox", "retry", "sample", "--id", rows["one"])
    assert (answer.exit_code, answer.output) == (0, "tried again: 1\n")
    async with harness.database("sample") as database:
        await drained(database, harness.amqp["sample"])
    assert await left(everything) == {rows["two"], rows["put off"]}
    answer = await lethe(harness, "outbox", "retry", "sample", "--all")
    assert answer.output == "tried again: 1\n", "what is put off has a time of its own"
    state = "SELECT attempts = 0 AND next_try_at <= now() FROM outbox WHERE message_id = $1::text::uuid"
    assert await everything.fetchval(state, rows["two"])


async def drained(database: Database, url: str) -> None:
    publisher = Publisher(url, "test")
    await relay(database, publisher)
    await publisher.close()


async def test_a_drop_keeps_its_reason(harness: Harness, rows: dict[str, str], everything: asyncpg.Connection) -> None:
    answer = await lethe(harness, "outbox", "drop", "sample", "--id", rows["put off"], "--reason", " told by hand ")
    assert (answer.exit_code, answer.output) == (0, "removed: 1\n")
    assert (await lethe(harness, "outbox", "drop", "sample", "--all", "--reason", "renamed")).output == "removed: 2\n"
    assert await left(everything) == {rows["waits"]}
    kept = await everything.fetch("SELECT * FROM outbox_dropped ORDER BY attempts, message_id")
    assert [(row["reason"], row["attempts"], row["last_fault"]) for row in kept] == [
        ("told by hand", 2, "nacked"),
        ("renamed", 6, "ChannelAccessRefused"),
        ("renamed", 6, "ChannelAccessRefused"),
    ]
    assert "Anna" not in str([dict(row) for row in kept])


WRONG: dict[str, tuple[tuple[str, ...], int, str]] = {
    "an unknown service": (("list", "nobody"), 2, "there is no service nobody"),
    "an unknown service to mend": (("retry", "nobody", "--all"), 2, "there is no service nobody"),
    "neither one nor all": (("retry", "sample"), 2, "say which ones"),
    "one and all": (("drop", "sample", "--all", "--id", str(uuid4()), "--reason", "x"), 2, "say which ones"),
    "no id": (("retry", "sample", "--id", "Anna"), 2, "an id is a UUID"),
    "an unknown id": (("retry", "sample", "--id", str(uuid4())), 4, "no such event"),
    "an unknown id to drop": (("drop", "sample", "--id", str(uuid4()), "--reason", "x"), 4, "no such event"),
    "no reason": (("drop", "sample", "--all", "--reason", " "), 2, "say why"),
    "a novel": (("drop", "sample", "--all", "--reason", 201 * "x"), 2, "say why"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_use_is_one_sentence_and_changes_nothing(
    harness: Harness, rows: dict[str, str], everything: asyncpg.Connection, name: str
) -> None:
    words, code, sentence = WRONG[name]
    answer = await lethe(harness, "outbox", *words)
    assert (answer.exit_code, answer.stdout) == (code, "")
    assert answer.stderr.startswith(f"lethe: {sentence}")
    assert answer.stderr.count("\n") == 1
    assert await left(everything) == set(rows.values())


async def test_what_merely_waits_is_not_dropped(
    harness: Harness, rows: dict[str, str], everything: asyncpg.Connection
) -> None:
    answer = await lethe(harness, "outbox", "drop", "sample", "--id", rows["waits"], "--reason", "in the way")
    assert answer.exit_code == 4
    assert await left(everything) == set(rows.values())


async def test_an_unusable_database_is_one_sentence(harness: Harness, everything: asyncpg.Connection) -> None:
    url = harness.databases["sample"].app
    kinds = {
        "postgresql://sample_app:x@127.0.0.1:1/sample": (3, "does not answer"),
        url.replace(url.partition("@")[0], "postgresql://sample_app:wrong"): (5, "refuses this account"),
        url.rpartition("/")[0] + "/no_such_database": (3, "of another version"),
        url.rpartition("/")[0] + "/postgres": (3, "of another version"),
    }
    for wrong, (code, sentence) in kinds.items():
        answer = await lethe(harness, "outbox", "list", "sample", LETHE_SAMPLE_POSTGRES_URL=wrong)
        assert (answer.exit_code, answer.stdout) == (code, ""), answer.output
        assert sentence in answer.stderr
        assert answer.stderr.count("\n") == 1
        assert "wrong" not in answer.stderr.replace("lethe", "")


async def test_an_empty_outbox_is_listed(harness: Harness) -> None:
    async with harness.database("sample") as database:
        await fill(database, 3)
        await drained(database, harness.amqp["sample"])
    (document,) = json.loads((await lethe(harness, "outbox", "list", "sample", "--json")).output)
    assert document == {"service": "sample", "waiting": 0, "quarantined": 0, "lag_s": 0.0, "refused": []}
