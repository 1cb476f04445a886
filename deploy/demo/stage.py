"""What the acts of a demonstration share: who plays, on which system, and waiting for what comes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

import asyncpg
from rich.console import Console

from deploy.demo.failures import PATIENCE_S, DemoFailed
from deploy.demo.officer import Officer
from deploy.demo.person import Person
from deploy.local.system import System

PAUSE_S = 0.05
Found = TypeVar("Found")


@dataclass(frozen=True)
class Stage:
    """A running system, one person, one officer, and what is really in each database."""

    running: System
    console: Console
    person: Person
    officer: Officer
    rows: Mapping[str, asyncpg.Connection]
    settings: Mapping[str, str]

    def say(self, line: str) -> None:
        self.console.print(f"   {line}", soft_wrap=True)


async def until(what: str, there: Callable[[], Awaitable[Found | None]]) -> Found:
    """What is there once something is. Raises DemoFailed when it does not come; `what` says what it was."""
    began = perf_counter()
    while not (found := await there()):
        if perf_counter() - began > PATIENCE_S:
            raise DemoFailed(f"{what} did not come within {PATIENCE_S:.0f} s")
        await asyncio.sleep(PAUSE_S)
    return found
