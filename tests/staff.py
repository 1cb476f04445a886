"""Staff in tests: invited, enrolled with an authenticator app, signed in with its codes."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pyotp

from services.identity.staff.rules import STEP_S
from shared.clock import now
from shared.contracts import identity
from shared.contracts.actors import Role
from shared.contracts.message import Request
from tests.gateway import bearer, gateway_client
from tests.harness import Harness

PASSWORD = "a long phrase of the staff"
CHEAP_HASH = {"argon2_memory_kib": 64, "argon2_time_cost": 1}  # what it costs is tested where passwords are
Ask = Callable[[Request[Any]], Awaitable[Any]]


@dataclass
class Phone:
    """An authenticator app. Its clock can be set forward, so that a test need not wait for the next code."""

    secret: str
    steps_ahead: int = 0

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(int(now().timestamp()) + self.steps_ahead * STEP_S)


@dataclass
class Colleague:
    """One of the staff."""

    email: str
    phone: Phone
    recovery: list[str] = field(default_factory=list)


async def invited(ask: Ask, email: str, *roles: Role) -> tuple[Colleague, str]:
    """Invited, with a password and a phone that is not confirmed yet; and the invitation's token."""
    invitation = await ask(identity.InviteStaff(email=email, roles=roles or ("administrator",)))
    accepted = await ask(identity.AcceptInvitation(token=invitation.token, password=PASSWORD))
    return Colleague(email, Phone(accepted.secret)), invitation.token


async def enrolled(ask: Ask, email: str, *roles: Role) -> Colleague:
    """One of the staff; the first code is used, the next one is not."""
    colleague, token = await invited(ask, email, *roles)
    confirmed = await ask(identity.ConfirmFactor(token=token, code=colleague.phone.code()))
    colleague.recovery += confirmed.codes
    colleague.phone.steps_ahead = 1
    return colleague


async def signed_in(ask: Ask, colleague: Colleague) -> str:
    """A session's token, by a recovery code: they need no clock."""
    code = colleague.recovery.pop()
    session = await ask(identity.SignInStaff(email=colleague.email, password=PASSWORD, code=code))
    return str(session.token)


async def colleague(harness: Harness, *roles: Role) -> str:
    """The session of somebody new of the staff."""
    async with harness.asking() as client:
        return await signed_in(client.request, await enrolled(client.request, f"{uuid4().hex}@example.com", *roles))


@contextlib.asynccontextmanager
async def staff_client(harness: Harness, *roles: Role) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway with the session of one of the staff."""
    async with gateway_client(harness) as client:
        client.headers.update(bearer(await colleague(harness, *roles)))
        yield client
