"""A new purpose (GDPR Art. 13(3)): what the register names anew is used of nobody before a mail has told of it."""

import asyncio
from datetime import date, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.demo import notice
from deploy.demo.failures import PATIENCE_S, DemoFailed
from deploy.demo.stage import Stage
from deploy.demo.waiting import PAUSE_S, until
from deploy.local import mailbox
from services.privacy import participants
from services.privacy.notices.drafting import draft
from services.privacy.notices.telling_store import named
from services.privacy.notices.tellings import use
from services.privacy.register.loading import load
from services.privacy.register.model import Register
from shared.clock import today
from shared.database import Database
from shared.mail.delivery import LEASE_S
from shared.messaging.outbox import enqueue
from shared.purposes import Purpose

NEW = ("P13", "P23")
"""Profiling of readers: the notice of before does not name it."""
USE = "*profiling"
RULED = "SELECT allowed FROM permission WHERE subject_id = $1 AND purpose = $2"
TOLD = "SELECT count(*) FROM notice_told WHERE told_at IS NOT NULL"
LEFT = "SELECT count(*) FROM notice_told WHERE told_at IS NULL AND used_from IS NULL"
SUBJECT = "SELECT subject_id FROM account WHERE email = $1"
UNPROCESSABLE = 422
STANDS_STILL_S = PATIENCE_S + LEASE_S
"""What an interrupted demonstration had under way waits for its lease first."""


async def play(stage: Stage) -> dict[str, Any]:
    """From the draft to the first use."""
    database = Database(stage.running.databases["privacy"].app, "privacy", enqueue, 2)
    await database.open()
    try:
        await _as_it_was(stage, database, load())
        person: UUID = await stage.rows["identity"].fetchval(SUBJECT, stage.person.email)
        day = await _announce(stage, person, load())
        await _use(stage, database, person, day)
    finally:
        await database.close()
    return {"told_of_a_purpose": await _told(stage)}


async def _as_it_was(stage: Stage, database: Database, register: Register) -> None:
    """The notice that an older release had, whose register named fewer purposes: none that is not told of yet."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        holds = await named(tx, today())
        old = (holds.purposes if holds else register.purposes.keys()) - set(NEW)
        fewer = {key: each for key, each in register.purposes.items() if key in old}
        maps = participants.maps(await participants.announced(tx))
        await draft(tx, Register(**(vars(register) | {"purposes": fewer})), maps, today())
    before = await notice.newest(stage.officer)
    if before["state"] != "published":
        stage.say("the notice of an older release, without profiling:")
        await asyncio.to_thread(notice.publish_today, stage.officer, before["notice_id"], stage.console)


async def _announce(stage: Stage, person: UUID, register: Register) -> date:
    """An officer has it drafted what the register says now, and publishes it for the first day that may be."""
    drafted = (await asyncio.to_thread(stage.officer.call, "POST", notice.NOTICES)).json()["id"]
    await until("the ruling against the new use", lambda: _is(stage, person, allowed=False))
    stage.say("the register names profiling now, and the notice does not: marketing may use nothing of anybody for it")
    day = today() + timedelta(days=register.notice.days_of_notice)
    await asyncio.to_thread(notice.approve, stage.officer, drafted, stage.console)
    await asyncio.to_thread(_too_soon, stage, drafted)
    await asyncio.to_thread(notice.publish_from, stage.officer, drafted, day, stage.console)
    await _tell(stage)
    stage.say(f"she gets a mail: {await until('the mail that tells of it', lambda: _letter(stage))}")
    return day


def _too_soon(stage: Stage, notice_id: str) -> None:
    path = f"{notice.NOTICES}/{notice_id}/publication"
    answer = stage.officer.ask("PUT", path, {"effective_on": today().isoformat()})
    if answer.status_code != UNPROCESSABLE:
        raise DemoFailed(f"a new purpose was published for today: {answer.status_code}")
    stage.say(f"to hold from today on it is refused: {answer.json()['errors'][0]['message']}")


async def _tell(stage: Stage) -> None:
    """Follow the mails to everybody who lives here. Raises DemoFailed when none leaves any more."""
    columns = (TextColumn("   told"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stage.console) as bar:
        left, task, before, since = 1, bar.add_task("", total=None), -1, perf_counter()
        while left:
            told, left = await _told(stage), await _left(stage)
            since = since if told == before else perf_counter()
            if perf_counter() - since > STANDS_STILL_S:
                raise DemoFailed(f"{left} people were not told within {STANDS_STILL_S:.0f} s")
            bar.update(task, completed=told, total=told + left)
            before = told
            await asyncio.sleep(PAUSE_S)


async def _told(stage: Stage) -> int:
    return int(await stage.rows["privacy"].fetchval(TOLD))


async def _left(stage: Stage) -> int:
    return int(await stage.rows["privacy"].fetchval(LEFT))


async def _use(stage: Stage, database: Database, person: UUID, day: date) -> None:
    """The first use on the day from which the notice holds, and not the day before."""
    for each, allowed in ((day - timedelta(days=1), False), (day, True)):
        while await use(database, load(), each):
            pass
        await until(f"marketing's ruling of {each}", lambda allowed=allowed: _is(stage, person, allowed=allowed))  # type: ignore[misc]
        stage.say(f"{each}: marketing {'may' if allowed else 'may not'} use it of her")


async def _is(stage: Stage, person: UUID, *, allowed: bool) -> bool:
    ruled = await stage.rows["marketing"].fetchval(RULED, person, USE)
    return bool(ruled is not None and ruled == allowed)


async def _letter(stage: Stage) -> str:
    mails = mailbox.messages_for(stage.person.mailbox, stage.person.email)
    return next((str(mail["Subject"]) for mail in reversed(mails) if str(mail["Subject"]).startswith("Nowy cel")), "")
