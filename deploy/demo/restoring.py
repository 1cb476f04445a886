"""A restore (promise 14): everything comes back from before an erasure, and the person does not."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from deploy.backups import making, restoring
from deploy.backups.restoring import Target
from deploy.demo.failures import DemoFailed
from deploy.demo.stage import Stage
from deploy.demo.waiting import until
from deploy.local import keys, processes, system
from deploy.local.system import BACKUPS, SERVICES
from deploy.population import residents

DAYS = 30
SUBJECT = "SELECT subject_id FROM account WHERE email = $1"
THERE = "SELECT live FROM subject WHERE subject_id = $1"
INVOICES = "SELECT count(*) FROM invoice WHERE subject_id = $1"


async def play(stage: Stage) -> dict[str, Any]:
    """Back up, erase, restore all databases at once, and look."""
    person: UUID = await stage.rows["identity"].fetchval(SUBJECT, stage.person.email)
    folder = await asyncio.to_thread(_back_up, stage)
    stage.say(f"backed up: {folder.name}")
    await asyncio.to_thread(stage.person.ask_for_erasure)
    await until("the end of her case", lambda: _closed(stage))
    stage.say("she asks to be erased, and her case is closed")
    began = perf_counter()
    await _restore(stage, folder)
    seconds = round(perf_counter() - began, 1)
    stage.say(f"everything is stopped, restored and started again, in {seconds} s")
    await _look(stage, person)
    return {"restore_seconds": seconds}


def _back_up(stage: Stage) -> Path:
    names = {name: name for name in SERVICES}
    key, shelf = keys.backup_key(stage.running.folder), stage.running.folder / BACKUPS
    url = stage.running.servers.postgres_admin_url
    return making.make(url, names, shelf, key, DAYS, datetime.now(UTC), lambda _: None)


async def _closed(stage: Stage) -> bool:
    return bool((await asyncio.to_thread(stage.person.case))["state"] == "closed")


async def _restore(stage: Stage, folder: Path) -> None:
    """As an operator does it: nobody works with a database that is replaced."""
    for connection in stage.rows.values():
        await connection.close()
    await asyncio.to_thread(_stop, stage)
    key, url = keys.backup_key(stage.running.folder), stage.running.servers.postgres_admin_url
    for name in SERVICES:
        await restoring.restore(folder / f"{name}.dump", Target(url, name, name), key)
    await asyncio.to_thread(_start, stage)


def _stop(stage: Stage) -> None:
    for name in SERVICES:
        processes.stop(stage.running.folder, name)


def _start(stage: Stage) -> None:
    for name in SERVICES:
        system.start(stage.running, name, stage.settings)
    for name in SERVICES:
        system.wait(stage.running, name)


async def _look(stage: Stage, person: UUID) -> None:
    """What is there of her. Raises DemoFailed when she is back."""
    async with residents.superuser(stage.running.servers.postgres_admin_url, SERVICES) as rows:
        back = [name for name in SERVICES if await rows[name].fetchval(THERE, person)]
        invoices = await rows["licensing"].fetchval(INVOICES, person)
    if back or not invoices:
        raise DemoFailed(f"after the restore she lives in {back}, and {invoices} of her invoices are there")
    stage.say(f"she is in no service; her invoices, which tax law keeps: {invoices}")
