"""Health for everybody; metrics for operators alone, at an address of their own."""

import asyncio
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from deploy.local.ports import LOOPBACK, free_ports
from services.gateway.app import serving
from services.gateway.settings import GatewaySettings
from shared.health import PortTaken
from tests.gateway import gateway_client, problem
from tests.harness import PATIENCE_S, Harness, eventually
from tests.integration.gateway.test_process import started


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics", "/health/../metrics", "/%6detrics", "/METRICS"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_the_public_reads_no_metrics(harness: Harness, method: str, path: str) -> None:
    async with gateway_client(harness) as client:
        where = urlsplit(str(client.base_url))
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        said = await asyncio.wait_for(reader.read(), PATIENCE_S)
        writer.close()
    assert said.startswith(b"HTTP/1.1 404 ")
    assert b"lethe_http" not in said


async def test_operators_read_metrics_and_health(harness: Harness) -> None:
    (port,) = free_ports(1)
    async with gateway_client(harness, health_port=port) as client, httpx.AsyncClient(timeout=PATIENCE_S) as operator:
        problem(await client.get("/nope"), 404)
        metrics = (await operator.get(f"http://{LOOPBACK}:{port}/metrics")).text
        assert 'lethe_http_requests_total{method="GET",route="unmatched",status="404"}' in metrics
        assert (await operator.get(f"http://{LOOPBACK}:{port}/products")).status_code == 404
        for base in (str(client.base_url).rstrip("/"), f"http://{LOOPBACK}:{port}"):
            assert (await operator.get(f"{base}/health/live")).status_code == 200
            assert (await operator.get(f"{base}/health/ready")).json() == {"broker": True}


async def test_both_ports_are_loopback_by_default(harness: Harness) -> None:
    settings = GatewaySettings(amqp_url="amqp://127.0.0.1")
    assert (settings.http_host, settings.health_host) == (LOOPBACK, LOOPBACK)
    async with serving(settings) as base:
        assert urlsplit(base).hostname == LOOPBACK


async def test_one_port_for_both_is_refused(harness: Harness) -> None:
    (port,) = free_ports(1)
    with pytest.raises(PortTaken, match=str(port)):
        async with gateway_client(harness, http_port=port, health_port=port):
            pass
    with socket.socket() as trial:
        assert trial.connect_ex((LOOPBACK, port)) != 0


async def test_a_process_set_up_with_a_health_port_alone_serves_no_api_there(harness: Harness) -> None:
    """It did: the public port was the health port where no other was set."""
    public, watched = free_ports(2)
    process = await started(harness.amqp["gateway"], public, LETHE_HEALTH_PORT=str(watched))
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:

        async def ready() -> bool:
            try:
                return (await client.get(f"http://{LOOPBACK}:{watched}/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(ready)
        assert (await client.get(f"http://{LOOPBACK}:{public}/metrics")).status_code == 404
        assert (await client.get(f"http://{LOOPBACK}:{watched}/openapi.json")).status_code == 404
    process.terminate()
    await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 0
