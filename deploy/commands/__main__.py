"""Run the commands of `./lethe`."""

import logging
import signal
import sys
from typing import Any

from deploy.commands import app


def leave(number: int, _frame: Any) -> None:
    """End as Ctrl-C does, so that what was started is stopped; the exit code is the shell's for the signal."""
    sys.exit(128 + number)


for ending in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(ending, leave)

logging.disable()  # a command says itself what is wrong, in one sentence; libraries add lines of theirs
app(prog_name="lethe")
