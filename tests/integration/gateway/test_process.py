"""The gateway as a process: it drains on SIGTERM and says in one sentence why it can't start."""

import asyncio
import os
import signal
import socket
import sys
from urllib.parse import urlsplit

import httpx

from deploy.local.folders import PROJECT
from deploy.local.ports import LOOPBACK, free_ports
from tests.harness import PATIENCE_S, Harness, eventually


async def started(amqp: str, port: int, **settings: str) -> asyncio.subprocess.Process:
    """The gateway in its own process."""
    environment = {
        "LETHE_AMQP_URL": amqp,
        "LETHE_GATEWAY_HTTP_PORT": str(port),
        "PYTHONPATH": str(PROJECT),
        "PATH": os.defpath,
    } | settings
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.gateway.app",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_finishes_what_is_under_way(harness: Harness) -> None:
    port = free_ports(1)[0]
    process = await started(harness.amqp["gateway"], port)
    base = f"http://{LOOPBACK}:{port}"
    async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_S) as client:

        async def ready() -> bool:
            try:
                return (await client.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(ready)
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(b"POST /licenses/validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: 11\r\n\r\n{")
        await writer.drain()
        await client.get("/products")  # the half request has been read by now
        process.send_signal(signal.SIGTERM)

        async def closed() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex((LOOPBACK, port)) != 0

        await eventually(closed)
        writer.write(b'"key":"a"}')
        answer = await asyncio.wait_for(reader.read(), PATIENCE_S)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 503 ")
    said, wrong = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 0
    assert b"draining" in said
    assert b"stopped" in said
    assert b"Traceback" not in wrong


async def test_it_says_why_it_cannot_start(harness: Harness) -> None:
    parts = urlsplit(harness.amqp["gateway"])
    with socket.create_server((LOOPBACK, 0)) as taken:
        for settings, words in (
            ({"LETHE_GATEWAY_RATE_MAIL": "lots"}, b"RATE_MAIL"),
            ({}, b"can't listen on 127.0.0.1:"),
        ):
            process = await started(harness.amqp["gateway"], taken.getsockname()[1], **settings)
            _, wrong = await asyncio.wait_for(process.communicate(), PATIENCE_S)
            assert process.returncode == 1
            assert words in wrong
            assert b"Traceback" not in wrong
            assert (parts.password or "-").encode() not in wrong
