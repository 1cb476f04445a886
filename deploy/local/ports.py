"""Loopback ports: pick free ones, and tell who holds one that is not."""

import socket

import psutil

from deploy.local.folders import StartError

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Pick ports that nothing listens on, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def require_free(port: int, server: str, remedy: str) -> None:
    """Raise one clear sentence if something already listens on the port."""
    with socket.socket() as trial:
        # As the servers do: a port whose old connections linger in TIME_WAIT counts as free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            raise StartError(
                f"Port {port} of {server} is taken by {_holder(port)}: stop it, or {remedy}."
            ) from None


def accepts(port: int) -> bool:
    """Tell whether something accepts connections on the port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def _holder(port: int) -> str:
    try:
        listeners = [each for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
        pid = next(
            (each.pid for each in listeners if getattr(each.laddr, "port", None) == port and each.pid), None
        )
        return f"{psutil.Process(pid).name()} (process {pid})" if pid else "another process"
    except psutil.Error:
        return "another process"
