"""`python -m MODULE` as a process of its own, forked from one that has loaded the libraries already.

A start then costs what the program does. Importing took two seconds of a core each time, and a run of all tests starts
some hundreds.
"""

import asyncio
import multiprocessing
import os
import runpy
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

# Nothing of the project may be imported here: the child imports this module before it has its environment.
# Met by failures only: a busy machine is three times slower than an idle one.
PATIENCE_S = float(os.environ.get("LETHE_TEST_PATIENCE_S", "90"))
# What reads its settings when it is imported (deploy.local.folders) is not among them.
LIBRARIES = [
    *("pytest", "typer", "rich.table", "rich.progress", "httpx", "aio_pika", "asyncpg", "faststream.rabbit", "fastapi"),
    *("uvicorn", "alembic.command", "jwt", "cryptography.x509", "structlog", "holidays", "opentelemetry.trace"),
    *("shared.settings", "shared.messaging.topology", "shared.contracts.schemas", "shared.service"),
]


class Ended(NamedTuple):
    """What a process printed, what it complained of, and its exit code."""

    out: str
    wrong: str
    code: int


# Each start also looks after the processes of other threads, and who looks second reads no exit code.
one_at_a_time = threading.Lock()


def load_also(*modules: str) -> None:
    """Before the first start: load these as well."""
    LIBRARIES.extend(modules)


def _become(module: str, words: tuple[str, ...], environment: Mapping[str, str], folder: str) -> None:
    """In the child: take the environment and the files for streams, and run."""
    os.environ.clear()
    os.environ.update(environment)
    for number, (name, flags) in enumerate((("in", os.O_RDONLY), ("out", os.O_WRONLY), ("wrong", os.O_WRONLY))):
        os.dup2(os.open(Path(folder, name), flags), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 for its whole life
    sys.argv = [module, *words]
    sys.modules.pop(module, None)  # it is the main module now
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def run(
    module: str, *words: str, environment: Mapping[str, str], answer: str = "", patience_s: float = PATIENCE_S
) -> Ended:
    """Run it to its end; one that does not end is killed, and fails the test."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LIBRARIES)
    with tempfile.TemporaryDirectory() as folder, one_at_a_time:
        files = [Path(folder, name) for name in ("in", "out", "wrong")]
        for file, text in zip(files, (answer, "", ""), strict=True):
            file.write_text(text)
        process = context.Process(target=_become, args=(module, words, dict(environment), folder))
        process.start()
        process.join(patience_s)
        if process.is_alive():
            process.kill()
            raise AssertionError(f"{module} {' '.join(words)} still runs: {files[1].read_text()}")
        return Ended(files[1].read_text(), files[2].read_text(), process.exitcode or 0)


async def lethe(*words: str, environment: Mapping[str, str], answer: str = "") -> Ended:
    """`./lethe WORDS` with this environment and no other."""
    return await asyncio.to_thread(run, "deploy.commands", *words, environment=environment, answer=answer)
