"""Ports of the private servers: picked once, by one process only."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.commands import test as kinds
from deploy.local import ports
from deploy.local.folders import StartError

PICK = "from deploy.local import ports; print(ports.free_ports(1))"


def test_a_picked_port_is_nobody_elses() -> None:
    (port,) = ports.free_ports(1)
    narrowed = os.environ | {ports.RANGE: f"{port}-{port}"}
    other = subprocess.run([sys.executable, "-c", PICK], env=narrowed, capture_output=True, text=True, check=False)
    assert other.returncode != 0
    assert "StartError: No port" in other.stderr


def test_a_port_is_picked_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = ports.free_ports(1)
    monkeypatch.setenv(ports.RANGE, f"{port}-{port}")
    with pytest.raises(StartError, match="No port between"):
        ports.free_ports(1)


def test_the_server_listens_on_the_port_that_was_picked_for_it() -> None:
    (port,) = ports.free_ports(1)
    with socket.create_server((ports.LOOPBACK, port)):
        assert ports.accepts(port)
        with pytest.raises(StartError, match=f"Port {port} of the server is taken"):
            ports.require_port(port, Path(), "server")


def test_ports_are_picked_in_the_range_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ports.RANGE, "25000-25099")
    assert all(25_000 <= port < 25_100 for port in ports.free_ports(5))


@pytest.mark.parametrize("narrowed", ["25000", "-", "0-10", "30-20", "1-65536", "a-b"])
def test_a_range_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, narrowed: str) -> None:
    monkeypatch.setenv(ports.RANGE, narrowed)
    with pytest.raises(StartError, match="LETHE_PORTS is written"):
        ports.free_ports(1)


def test_no_two_kinds_of_test_pick_the_same_port() -> None:
    shares = [kinds.ports_of(kind).split("-") for kind in (*kinds.KINDS, kinds.DEEP)]
    picked = [port for first, last in shares for port in range(int(first), int(last) + 1)]
    assert len(picked) == len(set(picked))
    assert set(picked) <= set(range(*ports.OUR_PORTS))
