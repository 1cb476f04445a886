"""One service as a process: what it says when it cannot start, and that its end finishes what it has begun."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

import aio_pika
import httpx
import pytest

from deploy import trace_file
from deploy.local.folders import PROJECT
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.servers import Servers
from deploy.local.system import PROCESSES, SERVICES
from deploy.population.cases import insert_cases, release
from services.identity.app import SERVICE as IDENTITY
from services.privacy.app import SERVICE as PRIVACY
from tests import forked
from tests import harness as harnesses
from tests.collector import Manner, collector
from tests.gateway import TLS
from tests.harness import PATIENCE_S, Harness, eventually
from tests.spans import recorded

OWN_KEYS = {
    "privacy": "LETHE_PRIVACY_KEYS",
    "identity": "LETHE_IDENTITY_KEYS",
    "licensing": "LETHE_LICENSING_KEYS",
    "marketing": "LETHE_MARKETING_KEYS",
    "gateway": "LETHE_AMQP_URL",
}
QUEUE = "identity.on.privacy.erasure-ordered"
JOINED = "SELECT count(*) > 0 FROM participant WHERE service = 'identity'"
WAITS = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    module_harness = await harnesses.build(servers, [IDENTITY, PRIVACY])
    yield module_harness
    await harnesses.tear_down(module_harness)


@contextlib.asynccontextmanager
async def process(name: str, environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """A service in its own process, with these variables and no others; killed if it still runs at the end."""
    own = {"PATH": os.defpath, "PYTHONPATH": str(PROJECT)} | dict(environment)
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"services.{name}.app", env=own, stdout=PIPE, stderr=PIPE
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def refusal(name: str, environment: Mapping[str, str]) -> str:
    """The one sentence with which a process ends that cannot start."""
    own = {"PATH": os.defpath} | dict(environment)
    ended = await asyncio.to_thread(forked.run, f"services.{name}.app", environment=own)
    lines = ended.wrong.splitlines()
    assert ended.code == 1, lines
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"{name}: ")
    return lines[0]


@pytest.mark.parametrize("name", PROCESSES)
async def test_missing_settings_are_named(name: str) -> None:
    sentence = await refusal(name, {})
    assert "LETHE_AMQP_URL: Field required" in sentence
    assert OWN_KEYS[name] in sentence


async def test_a_missing_database_setting_is_named(harness: Harness) -> None:
    sentence = await refusal("identity", harness.environment("identity") | {"LETHE_POSTGRES_URL": ""})
    assert "LETHE_POSTGRES_URL" in sentence


@pytest.mark.parametrize("name", SERVICES)
async def test_a_wrong_setting_is_named_without_its_value(name: str) -> None:
    secret = "not-a-port-but-perhaps-a-secret"
    sentence = await refusal(name, {"LETHE_AMQP_URL": "amqp://x", "LETHE_HEALTH_PORT": secret})
    assert "LETHE_HEALTH_PORT" in sentence
    assert secret not in sentence


async def test_a_taken_port_is_named(harness: Harness) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        sentence = await refusal("identity", harness.environment("identity") | {"LETHE_HEALTH_PORT": str(port)})
    assert f"can't listen on {LOOPBACK}:{port}" in sentence


async def test_a_missing_queue_is_named(harness: Harness) -> None:
    queue = "identity.on.privacy.permission-changed"
    connection = await aio_pika.connect(harness.admin_amqp)
    async with connection, harness.serve(PRIVACY):
        channel = await connection.channel()
        await channel.queue_delete(queue)
        sentence = await refusal("identity", harness.environment("identity"))
        assert queue in sentence
        assert "./lethe up" in sentence
        with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
            await channel.declare_queue(queue, passive=True)


@pytest.fixture(scope="module")
async def apart(servers: Servers) -> AsyncIterator[Harness]:
    """One of whose queues none is missing."""
    module_harness = await harnesses.build(servers, [IDENTITY, PRIVACY])
    yield module_harness
    await harnesses.tear_down(module_harness)


CLOSED = "SELECT state = 'closed' FROM privacy_case WHERE subject_id = $1"


async def test_sigterm_lets_the_message_under_way_finish(apart: Harness) -> None:
    harness, person, port = apart, uuid4(), free_ports(1)[0]
    environment = harness.environment("identity") | {"LETHE_HEALTH_PORT": str(port), "LETHE_HEALTH_HOST": LOOPBACK}
    async with harness.superuser("identity") as identity, harness.superuser("privacy") as privacy:
        await identity.execute("INSERT INTO subject (subject_id) VALUES ($1)", person)
        async with harness.serve(PRIVACY), process("identity", environment) as ending:
            assert ending.stdout is not None
            await eventually(lambda: is_ready(port))
            await eventually(lambda: privacy.fetchval(JOINED))
            await insert_cases(privacy, [person])
            async with identity.transaction():
                await identity.execute("SELECT lethe.lock_people(ARRAY[$1::uuid])", person)
                await release(privacy, [person])
                async with harness.superuser("identity") as watcher:
                    await eventually(lambda: watcher.fetchval(WAITS))
                ending.send_signal(signal.SIGTERM)
                while json.loads(await asyncio.wait_for(ending.stdout.readline(), PATIENCE_S))["event"] != "draining":
                    pass
            _, wrong = await asyncio.wait_for(ending.communicate(), PATIENCE_S)
            assert (ending.returncode, wrong) == (0, b"")
            assert await waiting_in(harness, QUEUE) == 0
            assert not await identity.fetchval("SELECT live FROM subject WHERE subject_id = $1", person)
            await eventually(lambda: privacy.fetchval(CLOSED, person))
            reports = "SELECT count(*) FROM order_report WHERE service = 'identity' AND $1 = ANY (subjects)"
            assert await privacy.fetchval(reports, person) == 1


async def is_ready(port: int) -> bool:
    try:
        async with httpx.AsyncClient(timeout=60, trust_env=False, verify=TLS) as client:
            return (await client.get(f"http://{LOOPBACK}:{port}/health/ready")).is_success
    except httpx.TransportError:
        return False


async def waiting_in(harness: Harness, queue: str) -> int | None:
    """How many messages would be delivered again; what was not acknowledged is back when its taker has ended."""
    connection = await aio_pika.connect(harness.admin_amqp)
    async with connection:
        channel = await connection.channel()
        return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count


@pytest.mark.parametrize("manner", ["answers", "refuses", "hangs"])
async def test_an_erasure_does_not_wait_for_a_collector_of_spans(
    apart: Harness, tmp_path: Path, manner: Manner
) -> None:
    """The service works, tells the file what it did, and ends in time, whatever the collector does."""
    harness, person, port, file = apart, uuid4(), free_ports(1)[0], tmp_path / "spans"
    done = ("identity", f"process {QUEUE}")
    with collector(manner) as standing, recorded(tmp_path / "of privacy"):
        places = {"LETHE_TRACES_URL": standing.url, "LETHE_TRACES_PATH": str(file)}
        health = {"LETHE_HEALTH_PORT": str(port), "LETHE_HEALTH_HOST": LOOPBACK}
        environment = harness.environment("identity") | places | health
        async with harness.superuser("identity") as identity, harness.superuser("privacy") as privacy:
            await identity.execute("INSERT INTO subject (subject_id) VALUES ($1)", person)
            async with harness.serve(PRIVACY), process("identity", environment) as working:
                await eventually(lambda: is_ready(port))
                await eventually(lambda: privacy.fetchval(JOINED))
                await insert_cases(privacy, [person])
                await release(privacy, [person])
                await eventually(lambda: privacy.fetchval(CLOSED, person))
                # What is left at the end is exported for a while only, whatever is heard of it.
                await eventually(lambda: manner != "answers" or done in standing.spans)
                working.send_signal(signal.SIGTERM)
                out, wrong = await asyncio.wait_for(working.communicate(), PATIENCE_S)
        assert (working.returncode, wrong) == (0, b""), wrong.decode()
        assert [json.loads(line)["event"] for line in out.splitlines()][-1] == "stopped"
    assert done in {(span.service, span.name) for span in trace_file.read(file)}
