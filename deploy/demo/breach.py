"""A breach (GDPR Art. 33, 34): recorded when somebody knows, judged by a human, reported within 72 hours, told."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from deploy.demo.stage import Stage
from shared.clock import now
from shared.law.calendar import WARSAW

BREACHES = "/staff/breaches"
KNOWN_FOR = timedelta(hours=30)
FACTS = "A laptop of the support desk was stolen from a car; its disk held an export of addresses."


async def play(stage: Stage) -> dict[str, Any]:
    """From the record to the letters."""
    return await asyncio.to_thread(_play, stage)


def _play(stage: Stage) -> dict[str, Any]:
    at = now()
    body = {"natures": ["confidentiality"], "categories": ["D1", "D5"], "people": 100, "was_sealed": False}
    aware = {"aware_at": (at - KNOWN_FOR).isoformat(), "facts": FACTS}
    path = f"{BREACHES}/{stage.officer.call('POST', BREACHES, body | aware).json()['id']}"
    due = _told(stage, path, "known for 30 hours")
    judged = {"risk": "high", "reason": "Names and addresses together, and the disk was not encrypted."}
    stage.officer.call("PUT", f"{path}/judgment", judged)
    _told(stage, path, "judged")
    report = {"contact": "iod@example.com", "consequences": "Unwanted mail, attempts at fraud.", "more_follows": True}
    what = {"reported_at": at.isoformat(), "reference": "UODO/1", "measures": "All disks are encrypted from today on."}
    stage.officer.call("PUT", f"{path}/report", report | what)
    _told(stage, path, "first phase reported")
    stage.officer.call("PUT", f"{path}/report", report | what | {"more_follows": False})
    told = {"told": "letters", "reason": "Everybody whose address was in the export was written to."}
    stage.officer.call("PUT", f"{path}/telling", told)
    _told(stage, path, "the rest reported, people told")
    return {"breach_hours_left": round((due - at) / timedelta(hours=1))}


def _told(stage: Stage, path: str, what: str) -> datetime:
    """Say how it stands; answers when the 72 hours end."""
    listed = stage.officer.call("GET", BREACHES).json()["breaches"]
    breach = next(each for each in listed if path.endswith(each["breach_id"]))
    due = datetime.fromisoformat(breach["due_at"])
    people = ", people are to be told" if breach["people_are_to_be_told"] else ""
    stage.say(f"{what}: {breach['state']}{people}; the 72 hours end {due.astimezone(WARSAW):%d.%m. %H:%M}")
    return due
