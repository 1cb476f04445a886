"""Work that repeats until the process stops."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any

from shared.observability import log, what_failed
from shared.tracing import note_nothing

BACKOFF_LIMIT_S = 30.0
JITTER = 0.2
MAX_DOUBLINGS = 16  # a float has no room for 2 ** 1024, which is what a night without a broker comes to

Step = Callable[..., Awaitable[bool]]
"""One step; answers whether more is waiting already. Its parameters are filled by name when it is wired."""


@dataclass
class Progress:
    """When a loop last did its step."""

    at: float = field(default_factory=monotonic)

    @property
    def age_s(self) -> float:
        return monotonic() - self.at


@dataclass(frozen=True)
class Loop:
    """A named step that runs when woken, and every `interval_s` seconds in case a wake-up was missed.

    `pause_s` passes before each step, for work that is better done once for many wake-ups.
    """

    name: str
    step: Step
    interval_s: float = 1.0
    pause_s: float = 0.0
    progress: Progress = field(default_factory=Progress)

    def wired(self, names: tuple[str, ...], provided: Mapping[str, Any]) -> "Loop":
        return replace(self, step=partial(self.step, **{name: provided[name] for name in names}))


def backoff(attempt: int, first_s: float, limit_s: float, factor: float = 2.0) -> float:
    """The wait in seconds after so many attempts: `first_s` after one, times `factor` each, `limit_s` at most."""
    return float(min(first_s * factor ** min(max(attempt - 1, 0), MAX_DOUBLINGS), limit_s))


def jittered(seconds: float) -> float:
    """About that long: what failed together does not come back together."""
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311


async def run(loop: Loop, wake: asyncio.Event, stop: asyncio.Event) -> None:
    """Repeat the step until `stop`. A failing step is reported and tried again with backoff."""
    failures = 0
    while not stop.is_set():
        if loop.pause_s:
            await _rest(asyncio.Event(), stop, loop.pause_s)
        note_nothing()
        wake.clear()
        try:
            more = await loop.step()
            failures = 0
            loop.progress.at = monotonic()
        except Exception as error:  # noqa: BLE001 a loop outlives every fault of a step
            failures += 1
            more = False
            log.warning("loop step failed", step=loop.name, attempt=failures, **what_failed(error))
        if not more:
            longest = max(BACKOFF_LIMIT_S, loop.interval_s)
            rest_s = backoff(failures + 1, loop.interval_s, longest)
            await _rest(wake, stop, jittered(rest_s) if failures else rest_s)


async def _rest(wake: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.ensure_future(wake.wait()), asyncio.ensure_future(stop.wait())]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def end(tasks: Sequence[asyncio.Task[None]], within_s: float) -> None:
    """Let loops that were told to stop finish their step; one that takes longer (a vacuum, a silent server) is cut."""
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
