"""Waiting for what comes."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import TypeVar

from deploy.demo.failures import PATIENCE_S, DemoFailed

PAUSE_S = 0.05
Found = TypeVar("Found")


async def until(what: str, there: Callable[[], Awaitable[Found | None]]) -> Found:
    """What is there once something is. Raises DemoFailed when it does not come; `what` says what it was."""
    began = perf_counter()
    while not (found := await there()):
        if perf_counter() - began > PATIENCE_S:
            raise DemoFailed(f"{what} did not come within {PATIENCE_S:.0f} s")
        await asyncio.sleep(PAUSE_S)
    return found
