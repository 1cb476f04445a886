"""What the acts of a demonstration share: who plays, and on which system."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
from rich.console import Console

from deploy.demo.officer import Officer
from deploy.demo.person import Person
from deploy.local.system import System


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
