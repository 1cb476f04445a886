"""A recipient that does not answer (GDPR Art. 19): an officer has to tell it, and the person sees that."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from deploy.demo.failures import DemoFailed
from deploy.demo.stage import Stage
from deploy.demo.waiting import until
from services.privacy.register.loading import load
from shared.clock import now
from shared.contracts.participants import Disclosed
from shared.database import Database
from shared.messaging.outbox import enqueue
from shared.purposes import Purpose

NOTICES = "/staff/recipient-notices"
SUBJECT = "SELECT subject_id FROM account WHERE email = $1"
KNOWN = "SELECT count(*) FROM disclosure WHERE subject_id = $1 AND recipient = $2"
UNPROCESSABLE = 422


async def play(stage: Stage) -> dict[str, Any]:
    """The bookkeeper was given an invoice; then its buyer restricts the use of her data."""
    person: UUID = await stage.rows["identity"].fetchval(SUBJECT, stage.person.email)
    recipient = load().recipients["bookkeeping"].name.en
    await _hand_over(stage, person, recipient)
    await asyncio.to_thread(stage.person.use_right, "restriction", {"ground": "accuracy contested"})
    await until("the restriction", lambda: _is(stage, "in force"))
    stage.say(f"{recipient} was given her invoice; now she restricts the use of her data, and it has to be told")
    notice = await until("the officer's task", lambda: _task(stage, recipient))
    await asyncio.to_thread(_settle, stage, notice, recipient)
    told = await asyncio.to_thread(_whom, stage)
    await asyncio.to_thread(stage.person.take_back)
    return {"recipients": told}


async def _hand_over(stage: Stage, person: UUID, recipient: str) -> None:
    """Licensing notes what it gave to whom, in the transaction in which it does."""
    database = Database(stage.running.databases["licensing"].app, "licensing", enqueue, 1)
    await database.open()
    try:
        async with database.transaction(Purpose.LEGAL_DUTY) as tx:
            what = {"purpose": "P6", "categories": ("D1", "D3", "D9"), "reference": f"{uuid4()}"}
            tx.publish(Disclosed(subject_id=person, recipient=recipient, disclosed_at=now(), **what))
    finally:
        await database.close()
    await until("the log's entry", lambda: stage.rows["privacy"].fetchval(KNOWN, person, recipient))


async def _is(stage: Stage, state: str) -> bool:
    return bool((await asyncio.to_thread(stage.person.case))["state"] == state)


async def _task(stage: Stage, recipient: str) -> dict[str, Any] | None:
    case_id = (await asyncio.to_thread(stage.person.case))["case_id"]
    listed = await asyncio.to_thread(stage.officer.call, "GET", f"{NOTICES}?case_id={case_id}")
    return next((each for each in listed.json()["notices"] if each["recipient"] == recipient), None)


def _settle(stage: Stage, notice: dict[str, Any], recipient: str) -> None:
    """Giving up needs a reason, which she reads; here the officer reaches somebody."""
    path = f"{NOTICES}/{notice['notice_id']}"
    answer = stage.officer.ask("PUT", path, {"how": "impossible"})
    if answer.status_code != UNPROCESSABLE:
        raise DemoFailed(f"a recipient was given up without a reason: {answer.status_code}")
    stage.say(f"no machine reaches it; giving up without a reason is refused: {answer.json()['errors'][0]['message']}")
    stage.officer.call("PUT", path, {"how": "telephone"})
    stage.say(f"an officer tells {recipient} by telephone")


def _whom(stage: Stage) -> int:
    """What she sees of it in her case."""
    recipients = stage.person.case()["recipients"]
    stage.say(
        "her case: " + ", ".join(f"{each['recipient']} ({each['how'] or 'is being told'})" for each in recipients)
    )
    return len(recipients)
