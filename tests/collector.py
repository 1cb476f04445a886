"""A stand-in for a collector of spans, which answers as the test wants it to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Manner = Literal["answers", "is busy", "talks nonsense", "hangs", "refuses"]


@dataclass
class Collector:
    """Where it listens, and what it was told."""

    url: str
    bodies: list[bytes] = field(default_factory=list)

    @property
    def spans(self) -> list[tuple[str, str]]:
        """Service and name of each span that arrived."""
        told = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            (resource.resource.attributes[0].value.string_value, span.name)
            for request in told
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@contextmanager
def collector(manner: Manner) -> Iterator[Collector]:
    """Listens on loopback until the block ends; one that hangs takes connections and never says a word."""
    if manner in ("hangs", "refuses"):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            if manner == "refuses":
                listening.close()
            yield Collector(f"http://127.0.0.1:{port}/v1/traces")
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        standing = _Answering.told[server] = Collector(f"http://127.0.0.1:{server.server_address[1]}/v1/traces")
        _Answering.manners[server] = manner
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield standing
        finally:
            server.shutdown()
            thread.join()


class _Answering(BaseHTTPRequestHandler):
    told: dict[object, Collector] = {}  # noqa: RUF012 one for each server
    manners: dict[object, Manner] = {}  # noqa: RUF012

    def do_POST(self) -> None:
        self.told[self.server].bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        manner = self.manners[self.server]
        if manner == "talks nonsense":
            self.wfile.write(b"\0\1\2 nonsense\r\n\r\n")
            return
        self.send_response(503 if manner == "is busy" else 200)
        self.send_header("Content-Length", "0")
        if manner == "is busy":
            self.send_header("Retry-After", "3600")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: what goes wrong is what the test wants."""
