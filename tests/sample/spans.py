"""A process that records more spans than have room in the queue, and tells how long its work and its end took.

Its arguments: the URL of a collector, the path of a file, the share that is recorded.
"""

import json
import sys
import time

from prometheus_client import REGISTRY

from shared.observability import set_up_logging
from shared.span_export import QUEUE, recording
from shared.tracing import current_traceparent, work


def main(url: str, path: str, share: str) -> None:
    """Print what happened as JSON."""
    set_up_logging("sample")
    with recording("sample", url, path, float(share)):
        began = time.monotonic()
        for _ in range(3 * QUEUE):
            with work("work", None):
                pass
        with work("last", None):
            traceparent = current_traceparent()
        worked = time.monotonic()
    seconds = {"worked_s": worked - began, "ended_s": time.monotonic() - worked}
    lost = REGISTRY.get_sample_value("lethe_spans_lost_total")
    loaded = "google.protobuf" in sys.modules
    print(json.dumps(seconds | {"traceparent": traceparent, "lost": lost, "protobuf": loaded}))


if __name__ == "__main__":
    main(*sys.argv[1:])
