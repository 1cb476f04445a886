"""`./lethe test` that is told to end: what it runs ends with it, and nothing else begins."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.commands.test import Started
from deploy.local import processes
from deploy.local.folders import PROJECT

PATIENCE_S = 90.0


def children(process: subprocess.Popen[str]) -> list[str]:
    """The ids of what its threads started."""
    found = []
    for thread in Path(f"/proc/{process.pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            found += thread.read_text().split()
    return found


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_ended_leaves_nothing_behind(ending: signal.Signals) -> None:
    argv = [sys.executable, "-m", "deploy.commands", "test", "unit", "architecture", "types"]
    process = subprocess.Popen(argv, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert processes.poll(lambda: len(children(process)) > 1 or process.poll() is not None, PATIENCE_S)
    running = children(process)
    assert process.poll() is None
    process.send_signal(ending)
    said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 128 + ending
    assert "── types" not in said
    assert [child for child in running if Path(f"/proc/{child}").exists()] == []


def test_what_starts_while_a_run_is_ended_is_ended_as_well() -> None:
    """It used to run on to its end, and the run with it."""
    started = Started()
    before, late = (
        subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], text=True) for _ in range(2)
    )
    started.add(before)
    started.end()
    started.add(late)
    assert [process.wait(PATIENCE_S) for process in (before, late)] == [-signal.SIGTERM, -signal.SIGTERM]
