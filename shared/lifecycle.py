"""The life of a process: settings, logging, start, work until SIGTERM or SIGINT, drain."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import uvloop
from pydantic import ValidationError

from shared.observability import log, set_up_logging
from shared.settings import Settings, UnreadableFile, what_is_wrong
from shared.span_export import recording

S = TypeVar("S", bound=Settings)


class CannotStart(Exception):
    """What keeps a process from starting as it is set up; the message is the one sentence to exit with."""


def main(name: str, settings_type: type[S], running: Callable[[S], AbstractAsyncContextManager[Any]]) -> None:
    """Run `running` until a signal; exits with 1 and one sentence when it cannot start as it is set up."""
    try:
        settings = settings_type.of(name)
    except ValidationError as error:
        sys.exit(what_is_wrong(name, error))
    except UnreadableFile as error:
        sys.exit(f"{name}: {error}")
    set_up_logging(name, settings.log_level)
    try:
        with recording(name, settings.traces_url, settings.traces_path, settings.traces_share):
            uvloop.run(run_until_stopped(running(settings)))
    except CannotStart as error:
        sys.exit(f"{name}: {error}")


async def run_until_stopped(running: AbstractAsyncContextManager[Any]) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    async with contextlib.AsyncExitStack() as stack:
        # a start may wait for servers and other services as long as it takes; a stop ends that, too
        starting = asyncio.create_task(stack.enter_async_context(running))
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await starting
        gc.freeze()  # what a start makes stays: looking for garbage among it was a fifth of a service's work
        await stopping
        log.info("draining")
    log.info("stopped")
