"""What participants report: applied once, never believed more than it shows, never in the way of others."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.servers import Servers
from deploy.population.cases import insert_cases, release
from services.privacy.sealed_addresses import AddressSeal
from shared.clock import now, today
from shared.contracts import privacy
from shared.contracts.participants import PurgedRows, RetentionRan
from shared.secrets import Keyring
from tests.fake_participants import (
    APPLE,
    PARTICIPANTS,
    PEAR,
    FakeParticipants,
    announced,
    opened_case,
    privacy_alone,
    report,
    said,
)
from tests.harness import Harness, eventually
from tests.sample.harness import depth, handled, listening, send, until_handled

ROUNDS = 8
REPORTED = "privacy.on.any.erasure-reported"
# Or it was already, by the clock that looks each quarter of a minute.
ASKED_AGAIN = "SELECT asked_at = '-infinity' OR reminders > 0 FROM order_participant WHERE service = 'pear'"
ANNOUNCED = "privacy.on.any.data-map-announced"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with privacy_alone(servers) as module_harness:
        yield module_harness


async def test_two_reports_at_the_same_instant_close_the_order_once(fakes: FakeParticipants) -> None:
    async with listening(fakes.harness, privacy.ErasureFulfilled.type) as fulfilled:
        for count in range(1, ROUNDS + 1):
            token = await opened_case(fakes.database)
            order = await fakes.ordered(count)
            ids = {service: uuid4() for service in PARTICIPANTS}
            twice = [s for s in PARTICIPANTS for _ in range(2)]
            await asyncio.gather(*(send(fakes.channel, report(s, order), sender=s, message_id=ids[s]) for s in twice))
            await fakes.until(token, "closed")
        certificate = await fakes.certificate(token)
        await eventually(lambda: len(fulfilled) >= ROUNDS)
    assert sorted(p["service"] for p in certificate["participants"]) == ["apple", "pear", "privacy"]
    closed = [json.loads(message.body)["order_id"] for message in fulfilled]
    assert len(closed) == len(set(closed)) == ROUNDS
    assert await depth(fakes.harness, "privacy.dead-letters") == 0


def table(**changes: Any) -> list[dict[str, Any]]:
    whole = {"table": "thing", "categories": ["D1"], "outcome": ["purged"], "rows": [1]}
    return [whole | changes]


BROKEN: dict[str, dict[str, Any]] = {
    "no version": {"map_version": None},
    "nobody": {"subjects": [], "tables": table(outcome=[], rows=[])},
    "words for a number": {"tables": table(rows=["Jan Kowalski, ul. Polna 3"])},
    "kept without a reason": {"tables": table(outcome=["retained"])},
    "kept without a day": {"tables": table(outcome=["retained"], provision=["KC art. 118"])},
    "a list that is too short": {"tables": table(retain_until=[])},
    "an outcome nobody knows": {"tables": table(outcome=["vanished"])},
    "a failure without its reason": {"tables": table(outcome=["failed"])},
    "a table left out": {"tables": []},
}


async def test_a_broken_report_is_given_up_and_closes_nothing(fakes: FakeParticipants) -> None:
    token = await opened_case(fakes.database)
    order = await fakes.ordered()
    await fakes.say(APPLE, report(APPLE, order))
    for flaw, changes in BROKEN.items():
        given_up = handled(REPORTED, "permanent")
        await fakes.say_broken(PEAR, order, **changes)
        await until_handled(REPORTED, "permanent", given_up + 1)
        assert (await fakes.client.request(privacy.ReadCase(token=token))).state == "ordered", flaw
    await fakes.say(PEAR, report(PEAR, order))
    await fakes.until(token, "closed")


async def test_a_service_that_was_upgraded_in_between_answers_by_its_newer_map(fakes: FakeParticipants) -> None:
    """Its report may overtake the announcement: then it is asked for again."""
    token = await opened_case(fakes.database)
    order = await fakes.ordered()
    await fakes.say(APPLE, report(APPLE, order))
    await fakes.say(PEAR, report(PEAR, order, version=2, table="renamed"))
    await eventually(lambda: fakes.rows.fetchval(ASKED_AGAIN))
    await fakes.say(PEAR, announced(PEAR, version=2, table="renamed"))
    await eventually(lambda: fakes.rows.fetchval("SELECT map_version = 2 FROM participant WHERE service = 'pear'"))
    await fakes.say(PEAR, report(PEAR, order, version=2, table="renamed"))
    await fakes.until(token, "closed")


async def test_an_older_map_than_the_one_ordered_by_is_asked_again(fakes: FakeParticipants) -> None:
    """An instance from before the upgrade took the order: it knows nothing of the new table."""
    await fakes.say(PEAR, announced(PEAR, version=2))
    await eventually(lambda: fakes.rows.fetchval("SELECT map_version = 2 FROM participant WHERE service = 'pear'"))
    token = await opened_case(fakes.database)
    order = await fakes.ordered()
    await fakes.say(APPLE, report(APPLE, order))
    given_up = handled(REPORTED, "permanent")
    await fakes.say(PEAR, report(PEAR, order, version=1))
    await eventually(lambda: fakes.rows.fetchval(ASKED_AGAIN))
    assert (await fakes.client.request(privacy.ReadCase(token=token))).state == "ordered"
    await fakes.say(PEAR, report(PEAR, order, version=2))
    await fakes.until(token, "closed")
    assert handled(REPORTED, "permanent") == given_up
    assert {p["map_version"] for p in (await fakes.certificate(token))["participants"] if p["service"] == PEAR} == {2}


async def test_a_data_map_without_a_table_joins_nobody(fakes: FakeParticipants) -> None:
    """It could never be covered by a report."""
    given_up = handled(ANNOUNCED, "permanent")
    await fakes.say("plum", announced("plum").model_copy(update={"tables": ()}))
    await until_handled(ANNOUNCED, "permanent", given_up + 1)
    await opened_case(fakes.database)
    assert {p.service for p in (await fakes.ordered()).participants} == {*PARTICIPANTS, "privacy"}


async def test_who_failed_for_weeks_holds_up_nobody(fakes: FakeParticipants) -> None:
    people = [uuid4() for _ in range(3)]
    await insert_cases(fakes.rows, people)
    await fakes.rows.execute("UPDATE privacy_case SET attempt = 1000 WHERE subject_id = $1", people[0])
    await release(fakes.rows, people)
    order = await fakes.ordered()
    await fakes.say(APPLE, report(APPLE, order))
    well = tuple(person for person in people if person != people[0])
    await fakes.say(PEAR, said(PEAR, order, well), said(PEAR, order, (people[0],), part=1, outcome="failed", rows=0))

    async def states() -> bool:
        cases = await fakes.rows.fetch("SELECT state FROM privacy_case ORDER BY subject_id = $1", people[0])
        return [row["state"] for row in cases] == ["closed", "closed", "failed"]

    await eventually(states)
    wait = await fakes.rows.fetchval("SELECT max(run_at) - now() FROM privacy_case WHERE state = 'failed'")
    assert 23 < wait.total_seconds() / 3600 <= 24


async def test_what_an_earlier_round_did_is_in_the_certificate(fakes: FakeParticipants) -> None:
    token = await opened_case(fakes.database)
    first = await fakes.ordered(1)
    await fakes.say(APPLE, report(APPLE, first, rows=3))
    await fakes.say(PEAR, report(PEAR, first, outcome="failed", rows=0))
    await fakes.until(token, "failed")
    await fakes.rows.execute("UPDATE privacy_case SET run_at = now()")
    second = await fakes.ordered(2)
    await fakes.say(APPLE, report(APPLE, second, outcome="nothing_held", rows=0))
    await fakes.say(PEAR, report(PEAR, second))
    await fakes.until(token, "closed")
    certificate = await fakes.certificate(token)
    rounds = [
        {p["service"]: (p["tables"][0]["outcome"], p["tables"][0]["rows"]) for p in certificate[key]}
        for key in ("earlier_rounds", "participants")
    ]
    assert rounds[0] == {APPLE: ("purged", 3), PEAR: ("failed", 0)}
    assert (rounds[1][APPLE], rounds[1][PEAR]) == (("nothing_held", 0), ("purged", 1))


async def test_a_case_whose_second_id_fails_tells_nobody_that_it_is_done(fakes: FakeParticipants) -> None:
    """Privacy itself can't erase one of two linked ids: a trigger stands for any permanent fault."""
    one, other = uuid4(), uuid4()
    await fakes.rows.execute("INSERT INTO subject SELECT unnest($1::uuid[])", [one, other])
    await fakes.rows.execute("INSERT INTO subject_link VALUES ($1, $1), ($2, $1)", one, other)
    await fakes.rows.execute(REFUSE_ONE % other)
    sealed = AddressSeal(Keyring("privacy", fakes.harness.settings["keys"])).close("linked@example.com")
    token = await opened_case(fakes.database, one, sealed)
    order = await fakes.ordered()
    for service in PARTICIPANTS:
        await fakes.say(service, report(service, order))
    await fakes.until(token, "failed")
    case = await fakes.rows.fetchrow("SELECT closed_at, letter, sealed_address FROM privacy_case")
    assert case is not None
    assert (case["closed_at"], case["letter"] == "outcome", case["sealed_address"]) == (None, False, sealed)
    await fakes.rows.execute("DROP FUNCTION refuse_one CASCADE")
    await fakes.rows.execute("UPDATE privacy_case SET run_at = now()")
    order = await fakes.ordered(2)
    for service in PARTICIPANTS:
        await fakes.say(service, report(service, order))
    await fakes.until(token, "closed")


REFUSE_ONE = """
CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF OLD.subject_id = '%s' THEN RAISE EXCEPTION 'no' USING ERRCODE = '23514'; END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER refuse_one BEFORE DELETE ON subject_link FOR EACH ROW EXECUTE FUNCTION refuse_one()
"""


RAN = "privacy.on.any.retention-ran"
RUNS = "SELECT service, as_of, purges ->> 0 FROM retention_evidence WHERE run_id = $1"


async def test_a_report_that_comes_again_counts_once(fakes: FakeParticipants) -> None:
    """As another message: what it says is known, not that it was said."""
    token = await opened_case(fakes.database)
    order = await fakes.ordered()
    applied = handled(REPORTED, "done")
    for _ in range(3):
        await fakes.say(APPLE, report(APPLE, order))
    await until_handled(REPORTED, "done", applied + 3)
    assert (await fakes.client.request(privacy.ReadCase(token=token))).state == "ordered"
    await fakes.say(PEAR, report(PEAR, order))
    await fakes.until(token, "closed")


async def test_a_service_tells_of_its_own_runs_only_and_of_each_once(fakes: FakeParticipants) -> None:
    own, borrowed = ran(APPLE), ran(PEAR)
    refused, stored = handled(RAN, "permanent"), handled(RAN, "done")
    for _ in range(2):
        await send(fakes.channel, own, sender=APPLE)
    await send(fakes.channel, borrowed, sender=APPLE)
    await until_handled(RAN, "permanent", refused + 1)
    await until_handled(RAN, "done", stored + 2)
    (row,) = await fakes.rows.fetch(RUNS, own.run_id)
    assert (row["service"], row["as_of"]) == (APPLE, own.as_of)
    assert await fakes.rows.fetch(RUNS, borrowed.run_id) == []


def ran(service: str) -> RetentionRan:
    purges = (PurgedRows(what="thing", retention="R-LIVE", cut_off=today(), rows=3),)
    times = {"as_of": today(), "started_at": now(), "ended_at": now()}
    return RetentionRan(service=service, run_id=uuid4(), whole=True, purges=purges, **times)
