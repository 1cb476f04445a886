"""`./lethe demo rights`: one case of each right, what every service did for it, and what its person receives."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Literal
from uuid import UUID, uuid4

from rich.console import Console
from rich.table import Table

from deploy.demo.failures import PATIENCE_S, DemoFailed
from deploy.demo.person import Person
from deploy.demo.story import arrived
from deploy.local import mailbox
from deploy.local.folders import private_folder
from deploy.local.keys import signer
from deploy.local.system import GATEWAY, System
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Request
from shared.messaging.request_client import RequestClient

FOLDER = "rights"
PAUSE_S = 0.01
SETTINGS = {"LETHE_PRIVACY_SEARCH_EVERY_S": "1"}
WHY = "Weighed by a person for this demonstration."
Decision = Literal["upheld", "overruled", "changed", "confirmed", "corrected", "declined"]


@dataclass(frozen=True)
class Step:
    """One case: what its person asks, until which state, and what an officer decides on the way."""

    right: str
    title: str
    ends_in: str
    asks: Mapping[str, Any] = field(default_factory=dict)
    decision: Decision | None = None


STEPS = (
    Step("access", "a copy of everything (GDPR Art. 15)", "ready"),
    Step("portability", "data to take elsewhere (Art. 20)", "ready"),
    Step(
        "restriction", "restriction while an address is checked (Art. 18)", "in force", {"ground": "accuracy contested"}
    ),
    Step(
        "objection",
        "objection to profiling (Art. 21(1)), upheld by an officer",
        "upheld",
        {"about": "profiling", "statement": "My interests are nobody's business."},
        "upheld",
    ),
    Step("marketing-objection", "objection to marketing (Art. 21(2))", "closed"),
    Step(
        "human-review",
        "a decision reviewed by a person (Art. 22(3))",
        "confirmed",
        {"about": "suspected-abuse", "statement": "Nobody else has my key."},
        "confirmed",
    ),
    Step(
        "rectification",
        "a wrong address corrected (Art. 16)",
        "corrected",
        {"about": "D3", "statement": "The number of the flat is 99 and not 98."},
        "corrected",
    ),
)
ERASURE = Step("erasure", "erasure (Art. 17)", "closed", {"terminate_contract": True})


@dataclass(frozen=True)
class _Stage:
    """Who plays, and where what the person receives is written."""

    person: Person
    client: RequestClient
    running: System
    console: Console
    folder: Path

    async def staff(self, request: Request[Any]) -> None:
        """One of the officers, who signed in with a second factor a moment ago."""
        officer = Actor(uuid4(), "staff", now(), ("officer",), second_factor=True)
        await self.client.request(request, assertion=signer(self.running.folder).sign(officer))


async def play(running: System, console: Console, seed: int) -> dict[str, Any]:
    """Play everything; answers the figures. Raises DemoFailed when a case does not get where it should."""
    began = perf_counter()
    person = await arrived(running, console, seed)
    client = RequestClient(running.amqp[GATEWAY], "demo", PATIENCE_S)
    stage = _Stage(person, client, running, console, private_folder(running.folder / FOLDER))
    table = Table("right", "ends in", "seconds", "answered by", "due", title="One case of each right")
    try:
        seconds = [await _play(stage, step, table) for step in STEPS]
        seconds.append(await _play(stage, ERASURE, table))
        await _documents(stage)
    finally:
        await client.close()
    console.print(table)
    rights = [step.right for step in (*STEPS, ERASURE)]
    return dict(zip(rights, seconds, strict=True)) | {"seconds": round(perf_counter() - began, 1)}


async def _play(stage: _Stage, step: Step, table: Table) -> float:
    """One case from the request to its end."""
    stage.console.print(f"[bold]{step.right}[/]: {step.title}")
    began = perf_counter()
    await asyncio.to_thread(stage.person.use_right, step.right, step.asks)
    if step.decision:
        case = await _until(stage, "under review", began)
        review = privacy.DecideReview(case_id=UUID(case["case_id"]), decision=step.decision, reason=WHY)
        await stage.staff(review)
        stage.console.print(f"   {perf_counter() - began:5.2f} s  an officer decides: {step.decision}")
    case = await _until(stage, step.ends_in, began)
    seconds = round(perf_counter() - began, 2)
    answered = ", ".join(part["service"] for part in case["progress"] if part["answered"])
    table.add_row(step.right, step.ends_in, f"{seconds}", answered or "an officer", case["due_on"])
    if step.ends_in == "ready":
        await _fetch(stage, case)
    return seconds


async def _until(stage: _Stage, state: str, began: float) -> Mapping[str, Any]:
    """Follow a case by its token, and say what each service has done."""
    seen: set[str] = set()
    while True:
        case = await asyncio.to_thread(stage.person.case)
        answered = {part["service"] for part in case["progress"] if part["answered"]}
        for service in sorted(answered - seen):
            stage.console.print(f"   {perf_counter() - began:5.2f} s  {service} has done its part")
        seen |= answered
        if case["state"] == state:
            stage.console.print(f"   {perf_counter() - began:5.2f} s  the case is {state}, due {case['due_on']}")
            return case
        if perf_counter() - began > PATIENCE_S:
            raise DemoFailed(f"the case of {case['right']} is {case['state']} and not {state}")
        await asyncio.sleep(PAUSE_S)


async def _fetch(stage: _Stage, case: Mapping[str, Any]) -> None:
    """Write the copy to disk; then it is taken back, as no erasure runs while a copy is open."""
    forms = ("html", "json") if case["right"] == "access" else ("json", "csv")
    for form in forms:
        path = f"/me/privacy-requests/{case['case_id']}/copy?format={form}&lang=en"
        _write(stage, f"{case['right']}.{form}", (await asyncio.to_thread(stage.person.call, "GET", path)).content)
    await asyncio.to_thread(stage.person.call, "DELETE", f"/me/privacy-requests/{case['case_id']}")


async def _documents(stage: _Stage) -> None:
    """The certificate as its person reads it, and every letter that came."""
    searched = await _searched(stage)
    stage.console.print(f"   the search for what was left behind: {searched}")
    for form in ("html", "pdf"):
        path = f"/privacy-requests/{stage.person.case_token}/certificate?format={form}&lang=en"
        _write(stage, f"certificate.{form}", (await asyncio.to_thread(stage.person.call, "GET", path)).content)
    folder = stage.running.servers.mailbox_folder
    letters = mailbox.messages_for(folder, stage.person.email) if folder else []
    for number, letter in enumerate(letters, start=1):
        page = letter.get_body(("html",))
        if page is not None:
            _write(stage, f"letter-{number:02}.html", str(page.get_content()).encode())
            stage.console.print(f"   letter {number}: {letter['Subject']}")
    stage.console.print(f"   copies, certificate and letters: {stage.folder}", soft_wrap=True)


async def _searched(stage: _Stage) -> str:
    """What the certificate says of the search, once everybody has searched."""
    began = perf_counter()
    while (outcome := str((await asyncio.to_thread(stage.person.certificate))["search"]["outcome"])) == "under way":
        if perf_counter() - began > PATIENCE_S:
            raise DemoFailed("not every service has searched for what was left behind")
        await asyncio.sleep(PAUSE_S)
    return outcome


def _write(stage: _Stage, name: str, content: bytes) -> None:
    (stage.folder / name).write_bytes(content)
