"""The notice of the demonstration: an officer reads what it says, approves and publishes it."""

import asyncio
from datetime import date
from time import perf_counter
from typing import Any

from rich.console import Console

from deploy.demo.failures import PATIENCE_S, DemoFailed
from deploy.demo.officer import Officer, enrolled
from deploy.local.system import System
from shared.clock import today

NOTICES = "/staff/notices"
PAUSE_S = 0.05


async def publish(running: System, console: Console) -> None:
    """Approve and publish the draft that waits; nothing if the notice is out and has not changed."""
    console.print("[bold]2.[/] An officer approves the privacy notice")
    officer = await enrolled(running)
    notice = await newest(officer)
    if notice["state"] == "published":
        console.print(f"   version {notice['version']} holds already")
        return
    await asyncio.to_thread(publish_today, officer, notice["notice_id"], console)


def publish_today(officer: Officer, notice_id: str, console: Console) -> None:
    """Approve a draft as it was read, and publish it from today on."""
    approve(officer, notice_id, console)
    publish_from(officer, notice_id, today(), console)


def approve(officer: Officer, notice_id: str, console: Console) -> None:
    """Read a draft with what it changes, and approve it as it was read."""
    path = f"{NOTICES}/{notice_id}"
    draft = officer.call("GET", f"{path}?lang=en").json()
    lines, before = len(draft["difference"].splitlines()), draft["compared_with"]
    shown = f"what it changes in version {before}" if before else "the whole of it, as it is the first"
    officer.call("PUT", f"{path}/approval", {"digest": draft["digest"]})
    console.print(f"   reads the draft ({lines} lines, {shown}) and approves it")


def publish_from(officer: Officer, notice_id: str, day: date, console: Console) -> None:
    """Publish what was approved, to hold from a day on."""
    path = f"{NOTICES}/{notice_id}"
    officer.call("PUT", f"{path}/publication", {"effective_on": day.isoformat()})
    version = officer.call("GET", path).json()["summary"]["version"]
    console.print(f"   publishes it: version {version}, from {'today' if day == today() else day} on")


async def newest(officer: Officer) -> dict[str, Any]:
    """The newest notice, once privacy has drafted it."""
    began = perf_counter()
    while not (found := (await asyncio.to_thread(officer.call, "GET", NOTICES)).json()["notices"]):
        if perf_counter() - began > PATIENCE_S:
            raise DemoFailed("privacy has drafted no notice")
        await asyncio.sleep(PAUSE_S)
    first: dict[str, Any] = found[0]
    return first
