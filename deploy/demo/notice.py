"""The notice of the demonstration: an officer joins the staff, reads what it says, approves and publishes it."""

import asyncio
import secrets
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import httpx
import pyotp
from rich.console import Console

from deploy import broker
from deploy.demo.failures import PATIENCE_S, DemoFailed
from deploy.local import system
from deploy.local.system import System
from shared.clock import today
from shared.contracts import identity
from shared.messaging.request_client import RequestClient

OFFICER = "officer@example.com"
NOTICES = "/staff/notices"
PAUSE_S = 0.05
TIMEOUT_S = 20.0


@dataclass(frozen=True)
class _Officer:
    """One of the staff with a session."""

    gateway: str
    token: str = ""

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = self.gateway + path
        answer = httpx.request(method, url, json=body, headers=headers, timeout=TIMEOUT_S, trust_env=False)
        if answer.is_error:
            raise DemoFailed(f"{method} {path} answered {answer.status_code}: {answer.text[:300]}")
        return answer


async def publish(running: System, console: Console) -> None:
    """Approve and publish the draft that waits; nothing if the notice is out and has not changed."""
    console.print("[bold]2.[/] An officer approves the privacy notice")
    officer = await _enrolled(running)
    notice = await _newest(officer)
    if notice["state"] == "published":
        console.print(f"   version {notice['version']} holds already")
        return
    await asyncio.to_thread(_approve, officer, notice["notice_id"], console)


def _approve(officer: _Officer, notice_id: str, console: Console) -> None:
    path = f"{NOTICES}/{notice_id}"
    draft = officer.call("GET", f"{path}?lang=en").json()
    lines, before = len(draft["difference"].splitlines()), draft["compared_with"]
    shown = f"what it changes in version {before}" if before else "the whole of it, as it is the first"
    console.print(f"   reads the draft: {lines} lines, {shown}")
    officer.call("PUT", f"{path}/approval", {"digest": draft["digest"]})
    officer.call("PUT", f"{path}/publication", {"effective_on": today().isoformat()})
    version = officer.call("GET", path).json()["summary"]["version"]
    console.print(f"   approves and publishes it: version {version}, from today on")


async def _newest(officer: _Officer) -> dict[str, Any]:
    """The newest notice, once privacy has drafted it."""
    began = perf_counter()
    while not (found := (await asyncio.to_thread(officer.call, "GET", NOTICES)).json()["notices"]):
        if perf_counter() - began > PATIENCE_S:
            raise DemoFailed("privacy has drafted no notice")
        await asyncio.sleep(PAUSE_S)
    newest: dict[str, Any] = found[0]
    return newest


async def _enrolled(running: System) -> _Officer:
    """Invited on this machine, enrolled and signed in over HTTP, as any of the staff; invited anew the next time."""
    client = RequestClient(broker.in_virtual_host(running.servers.amqp_url, system.VIRTUAL_HOST), "demo")
    try:
        invitation = await client.request(identity.InviteStaff(email=OFFICER, roles=("officer",)))
    finally:
        await client.close()
    return await asyncio.to_thread(_signed_in, _Officer(running.gateway_url), invitation.token)


def _signed_in(nobody: _Officer, invitation: str) -> _Officer:
    password = secrets.token_urlsafe(16)
    secret = nobody.call("POST", "/staff/enrollments", {"token": invitation, "password": password}).json()["secret"]
    confirmation = {"token": invitation, "code": pyotp.TOTP(secret).now()}
    code = nobody.call("POST", "/staff/enrollments/confirmations", confirmation).json()["codes"][0]
    session = {"email": OFFICER, "password": password, "code": code}
    return _Officer(nobody.gateway, nobody.call("POST", "/staff/sessions", session).json()["token"])
