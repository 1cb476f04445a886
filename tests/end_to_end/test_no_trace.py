"""Promise 6: after a case closes, the person's values are found only in what the certificate lists."""

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import aio_pika
import pytest
import structlog
from aio_pika.abc import HeadersType

from deploy import leftovers
from deploy.leftovers import Leftover
from deploy.local.servers import Servers
from shared.contracts import identity, licensing, marketing
from shared.messaging.sender_accounts import account
from shared.messaging.topology import EVENTS, TIERS, dead_letters, set_policies
from shared.observability import keep_personal_values_out, log
from tests.harness import SHORT_WAITS_MS, Harness, eventually
from tests.integration.marketing.driver import finished, start_campaign
from tests.scenario import PASSWORD, Customer, Scenario, at_once, running_scenario, scenario_harness

NAME = "Żółcisława Ćwierćżyńska"
IP = "198.51.100.213"
DEVICE = "Gęślą-Jaźń workstation 77"
FINGERPRINT = "fp-0123-źdźbło-4567"


@pytest.fixture(scope="module")
def logs() -> Iterator[io.StringIO]:
    """All that the services and their libraries log, as a process would write it."""
    written = io.StringIO()
    before = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            keep_personal_values_out,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(written),
    )
    # what libraries say goes nowhere in a process below CRITICAL; here it is looked at from WARNING on
    libraries = logging.StreamHandler(written)
    libraries.setLevel(logging.WARNING)
    logging.getLogger().addHandler(libraries)
    yield written
    logging.getLogger().removeHandler(libraries)
    structlog.configure(**before)


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with scenario_harness(servers) as module_harness:
        yield module_harness


@pytest.fixture(scope="module")
async def scenario(harness: Harness, logs: io.StringIO) -> AsyncIterator[Scenario]:
    async with running_scenario(harness) as module_scenario:
        yield module_scenario


async def lived(scenario: Scenario) -> tuple[Customer, list[str]]:
    """Somebody who left something in every corner; also every value to search for."""
    person = await scenario.register_customer(NAME, kind="sole trader", company="Ćwierćżyńska Sp. J.", nip="5260250274")
    await person.start_payment(await person.order(ip=IP, professional=True))
    await scenario.ask(await person.provider_says("payment.confirmed"))
    held = (await scenario.ask(licensing.ListLicenses(subject_id=person.id))).licenses[0]
    person.key = await person.reveal(held.license_id)
    assert (await person.activate(FINGERPRINT)).valid
    await person.start_payment(await person.order(ip=IP, professional=False))  # and never pays
    await person.subscribe()
    session = await scenario.ask(identity.SignIn(email=person.address, password=PASSWORD, ip=IP, device=DEVICE))
    await at_once(scenario.ask(identity.SignIn(email=person.address, password="wrong one", ip=IP, device=DEVICE)))
    await scenario.ask(identity.RequestPasswordReset(email=person.address))
    await scenario.ask(marketing.NoteInterest(subject_id=person.id, topic="backlinks of zaba"))
    campaign = await start_campaign(scenario.client, subject="News", text="The new version is out.")
    await finished(scenario.client, campaign)
    await scenario.ask(marketing.SubscribeNewsletter(email=person.address, text_version="T-7"))
    await scenario.ask(identity.RegisterAccount(email=person.address, password=PASSWORD, full_name=NAME))
    sought = [
        NAME,
        IP,
        DEVICE,
        FINGERPRINT,
        PASSWORD,
        "backlinks of zaba",
        "Ćwierćżyńska Sp. J.",
        "5260250274",
        session.token,
    ]
    return person, [*person.values, *sought]


async def publish(harness: Harness, message: aio_pika.Message, key: str) -> None:
    """Put a message onto the bus past every contract."""
    connection = await aio_pika.connect(harness.admin_amqp, timeout=60)
    async with connection:
        exchange = await (await connection.channel()).get_exchange(EVENTS, ensure=False)
        message.user_id = account(harness.admin_amqp)
        await exchange.publish(message, key, timeout=60)


def message_about(person: Customer, key: str, **fields: Any) -> aio_pika.Message:
    body = json.dumps({"subject_id": str(person.id)} | fields).encode()
    return aio_pika.Message(body, message_id=str(uuid4()), type=key, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)


async def waiting(scenario: Scenario, queue: str) -> int:
    depths = await leftovers.queue_depths(scenario.harness.servers.management_url, scenario.harness.name)
    return depths[queue]


async def everywhere(scenario: Scenario, logs: io.StringIO, folder: Path, values: list[str]) -> list[Leftover]:
    """Search what demo and operators search, with the same functions."""
    (folder / "captured.log").write_text(logs.getvalue())
    in_queues, read = await leftovers.in_queues(scenario.harness.servers.management_url, scenario.harness.name, values)
    assert read > 0, "nothing was read from the queues: the search looked at nothing"
    in_logs, lines = leftovers.in_logs(folder, values)
    assert lines > 0, "nothing was read from the logs: the search looked at nothing"
    traces = [*await leftovers.in_tables(scenario.rows, values), *in_queues, *in_logs]
    if (mail := scenario.harness.servers.mailbox_folder) is not None:
        traces += leftovers.in_logs(mail.parents[1] / "logs", values)[0]  # of PostgreSQL and RabbitMQ
    return traces


# PostgreSQL's errors carry whatever the row held: here its address, in message and detail.
FAILS = """
CREATE OR REPLACE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'not this one: %', OLD.email USING ERRCODE = '{sqlstate}', DETAIL = OLD.email, CONSTRAINT = 'fails';
END $$;
CREATE OR REPLACE TRIGGER fails BEFORE UPDATE OF stale ON subscriber FOR EACH ROW EXECUTE FUNCTION fails()
"""
FOR_NOW, FOR_GOOD = "P0001", "23514"
CHANGED = "identity.profile-changed.v1"
FIRST_TIER = TIERS[0].name


async def test_nothing_is_found_but_what_the_certificate_lists(
    scenario: Scenario, logs: io.StringIO, tmp_path: Path
) -> None:
    person, values = await lived(scenario)
    before = {f"{t.place}.{t.where.removeprefix('public.')}" for t in await leftovers.in_tables(scenario.rows, values)}
    assert before >= {"identity.account", "identity.session", "licensing.invoice", "licensing.purchase_origin"}
    assert before >= {"identity.activity", "marketing.subscriber", "marketing.interest"}

    harness = scenario.harness
    names = [*harness.databases, "gateway"]
    await set_policies(harness.servers.management_url, harness.name, names, SHORT_WAITS_MS | {FIRST_TIER: 600_000})
    for sqlstate, queue in ((FOR_GOOD, dead_letters("marketing")), (FOR_NOW, FIRST_TIER)):
        await scenario.rows["marketing"].execute(FAILS.format(sqlstate=sqlstate))
        await publish(harness, message_about(person, CHANGED, fields=["email"]), CHANGED)
        await eventually(lambda queue=queue: waiting(scenario, queue))  # type: ignore[misc]

    certificate = await person.erase(terminate=True)
    await scenario.letters(person.address, "Wynik żądania")
    await scenario.quiet()
    traces = await everywhere(scenario, logs, tmp_path, [*values, person.token])
    assert [trace for trace in traces if not trace.kept] == []
    where = {(trace.place, trace.where.removeprefix("public.")) for trace in traces}
    assert ("licensing", "invoice") in where, "the search sees what is kept"
    assert where <= {
        (participant["service"], table["table"])
        for participant in certificate["participants"]
        for table in participant["tables"]
        if table["outcome"] in ("retained", "refused")
    }
    by_id, _ = await leftovers.in_queues(harness.servers.management_url, harness.name, [str(person.id)])
    assert {dead_letters("marketing"), FIRST_TIER} <= {trace.where for trace in by_id}, "they hold ids, and only ids"


LEAK = "Ćma.leak+%_\\'\"@example.com"


@pytest.mark.parametrize("spelling", [str, str.upper, lambda v: json.dumps(v)[1:-1]], ids=["as is", "upper", "JSON"])
async def test_a_leak_into_a_table_is_found(scenario: Scenario, spelling: Callable[[str], str]) -> None:
    """The search itself: special characters, letter case, escapes."""
    rows = scenario.rows["marketing"]
    await rows.execute("CREATE TABLE leak (id int, held text, deep jsonb, raw bytea)")
    try:
        await rows.execute("INSERT INTO leak VALUES (1, $1)", f"x{spelling(LEAK)}x")
        await rows.execute("INSERT INTO leak VALUES (2, NULL, $1)", json.dumps({"a": [LEAK]}))
        await rows.execute("INSERT INTO leak VALUES (3, NULL, NULL, $1)", f"x{LEAK}x".encode())
        await rows.execute("INSERT INTO leak VALUES (4, 'somebody else')")
        assert await leftovers.in_tables(scenario.rows, [LEAK]) == [Leftover("marketing", "public.leak", 3, kept=False)]
    finally:
        await rows.execute("DROP TABLE leak")


async def test_a_leak_into_a_kept_row_is_told_apart_from_one_into_a_live_row(scenario: Scenario) -> None:
    rows = scenario.rows["marketing"]
    await rows.execute("CREATE TABLE leak (held text, live boolean, provisions text[])")
    try:
        await rows.execute("INSERT INTO leak VALUES ($1, true, '{law}'), ($1, false, NULL), ($1, false, '{law}')", LEAK)
        assert await leftovers.in_tables(scenario.rows, [LEAK]) == [
            Leftover("marketing", "public.leak", 1, kept=True),
            Leftover("marketing", "public.leak", 2, kept=False),
        ]
    finally:
        await rows.execute("DROP TABLE leak")


@pytest.mark.parametrize("place", ["body", "binary body", "header"])
async def test_a_leak_into_a_queue_is_found(scenario: Scenario, place: str) -> None:
    """In a dead letter, where a careless producer's message would lie for days."""
    body = {"body": LEAK.encode(), "binary body": b"\xff\xfe" + LEAK.encode(), "header": b"{}"}[place]
    headers: HeadersType = {"x-note": LEAK} if place == "header" else {}
    connection = await aio_pika.connect(scenario.harness.admin_amqp, timeout=60)
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue(dead_letters("identity"))
        await channel.default_exchange.publish(aio_pika.Message(body, headers=headers), queue.name, timeout=60)
        await eventually(lambda: waiting(scenario, queue.name))
        traces, _ = await leftovers.in_queues(scenario.harness.servers.management_url, scenario.harness.name, [LEAK])
        assert traces == [Leftover("queue", queue.name, 1, kept=False)]

        async def is_back() -> bool:
            """The search puts back what it looked at."""
            again = await leftovers.in_queues(scenario.harness.servers.management_url, scenario.harness.name, [LEAK])
            return again[0] == traces

        await eventually(is_back)
        await queue.purge()

    async def empty() -> bool:
        return await waiting(scenario, dead_letters("identity")) == 0

    await eventually(empty)


def test_a_leak_into_a_log_is_found(tmp_path: Path) -> None:
    lines = ["fine", f"careless: {LEAK}", f"escaped: {json.dumps(LEAK)}", f"in a link: {quote(LEAK)}"]
    (tmp_path / "identity.log").write_text("\n".join(lines))
    (tmp_path / "licensing.log.1").write_text(LEAK)
    traces, read = leftovers.in_logs(tmp_path, [LEAK])
    assert read == 5
    assert [(trace.where, trace.count, trace.kept) for trace in traces] == [
        ("identity.log", 3, False),
        ("licensing.log.1", 1, False),
    ]


def test_a_careless_log_line_carries_no_value(logs: io.StringIO) -> None:
    log.info("fixed words", address=LEAK, exception=ValueError(LEAK), people=[LEAK], note={"to": LEAK})
    written = logs.getvalue().splitlines()[-1]
    assert json.loads(written)["event"] == "fixed words"
    assert "leak" not in written
