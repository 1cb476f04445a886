"""An officer of the demonstration: invited on this machine, enrolled and signed in over HTTP as any of the staff."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

import httpx
import pyotp

from deploy import broker
from deploy.demo.failures import PATIENCE_S, DemoFailed
from deploy.local import system
from deploy.local.system import System
from shared.contracts import identity
from shared.contracts.actors import Role
from shared.messaging.request_client import RequestClient


@dataclass(frozen=True)
class Officer:
    """One of the staff with a session."""

    gateway: str
    token: str = ""

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One HTTP call. Raises DemoFailed when it is refused."""
        answer = self.ask(method, path, body)
        if answer.is_error:
            raise DemoFailed(f"{method} {path} answered {answer.status_code}: {answer.text[:300]}")
        return answer

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One HTTP call; a refusal is an answer."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = self.gateway + path
        return httpx.request(method, url, json=body, headers=headers, timeout=PATIENCE_S, trust_env=False)


async def enrolled(running: System, role: Role = "officer") -> Officer:
    """One of the staff with a fresh session; invited anew each time."""
    client = RequestClient(broker.in_virtual_host(running.servers.amqp_url, system.VIRTUAL_HOST), "demo", PATIENCE_S)
    try:
        invitation = await client.request(identity.InviteStaff(email=f"{role}@example.com", roles=(role,)))
    finally:
        await client.close()
    return await asyncio.to_thread(_signed_in, Officer(running.gateway_url), f"{role}@example.com", invitation.token)


def _signed_in(nobody: Officer, email: str, invitation: str) -> Officer:
    password = secrets.token_urlsafe(16)
    secret = nobody.call("POST", "/staff/enrollments", {"token": invitation, "password": password}).json()["secret"]
    confirmation = {"token": invitation, "code": pyotp.TOTP(secret).now()}
    code = nobody.call("POST", "/staff/enrollments/confirmations", confirmation).json()["codes"][0]
    session = {"email": email, "password": password, "code": code}
    return Officer(nobody.gateway, nobody.call("POST", "/staff/sessions", session).json()["token"])
