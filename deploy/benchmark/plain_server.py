"""Serves the plain program on a free port, which it prints once it listens."""

import sys
import warnings
from collections.abc import Sequence
from socket import socket

import uvicorn
from pydantic.warnings import UnsupportedFieldAttributeWarning

from deploy.benchmark.plain import app


class Server(uvicorn.Server):
    """Tells where it listens."""

    async def startup(self, sockets: Sequence[socket] | None = None) -> None:
        await super().startup(list(sockets) if sockets else None)
        sys.stdout.write(f"{self.servers[0].sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    # FastAPI keeps it quiet where it reads a route, but contracts are built when the first message comes
    warnings.simplefilter("ignore", UnsupportedFieldAttributeWarning)
    Server(uvicorn.Config(app, host="127.0.0.1", port=0, access_log=False, log_level="critical")).run()
