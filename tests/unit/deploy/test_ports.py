"""Ports of the private servers: picked once, by one process only."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import ports
from deploy.local.folders import StartError

PICK = "from deploy.local import ports; ports.OUR_PORTS = ({0}, {0} + 1); print(ports.free_ports(1))"


def test_a_picked_port_is_nobody_elses() -> None:
    (port,) = ports.free_ports(1)
    other = subprocess.run([sys.executable, "-c", PICK.format(port)], capture_output=True, text=True, check=False)
    assert other.returncode != 0
    assert "StartError: No port" in other.stderr


def test_a_port_is_picked_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = ports.free_ports(1)
    monkeypatch.setattr(ports, "OUR_PORTS", (port, port + 1))
    with pytest.raises(StartError, match="No port between"):
        ports.free_ports(1)


def test_the_server_listens_on_the_port_that_was_picked_for_it() -> None:
    (port,) = ports.free_ports(1)
    with socket.create_server((ports.LOOPBACK, port)):
        assert ports.accepts(port)
        with pytest.raises(StartError, match=f"Port {port} of the server is taken"):
            ports.require_port(port, Path(), "server")
