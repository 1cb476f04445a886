"""Who sends a request: anybody, or a member with a session."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.gateway import forwarding
from services.gateway.forwarding import Sender
from services.gateway.limits import Kind, Limits
from services.gateway.recent_sessions import RecentSessions
from shared.contracts import identity, message
from shared.contracts.message import Reply
from shared.messaging.request_client import RequestClient
from shared.problems import Refused, refuse
from shared.secrets import Keyring, digest

TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")
LONGEST_DEVICE = 200
UNAUTHORIZED = 401

IDEMPOTENCY_KEY = "Idempotency-Key"
LONGEST_KEY = 200
VISIBLE = r"^[\x21-\x7e]*$"
ONCE = "repeating a request with the same key within 24 hours changes nothing and is answered alike"
IdempotencyKey = Annotated[
    str, Header(alias=IDEMPOTENCY_KEY, max_length=LONGEST_KEY, pattern=VISIBLE, description=ONCE)
]
RequiredKey = Annotated[
    str, Header(alias=IDEMPOTENCY_KEY, min_length=1, max_length=LONGEST_KEY, pattern=VISIBLE, description=ONCE)
]
"""Where a double click would cost money."""
IdempotencyClient = Annotated[
    str | None,
    Header(
        alias="Idempotency-Client",
        pattern=r"^[A-Za-z0-9_-]{20,100}$",
        description=(
            "a random text that a client without a session made for itself and sends with each of its keys: another"
            " client's equal key is another key; without it the keys are those of the client's network address"
        ),
    ),
]


@dataclass(frozen=True)
class Resources:
    client: RequestClient
    limits: Limits
    timeout_s: float
    keyring: Keyring
    sessions: RecentSessions
    staff_sessions: RecentSessions


@dataclass(frozen=True)
class Caller:
    """Anybody."""

    resources: Resources
    address: str
    device: str
    client: str
    assertion: str = field(default="", repr=False, kw_only=True)

    async def request(self, request: message.Request[Reply], key: str = "") -> Reply:
        """The owner's reply. Raises Refused with its problem, Unavailable when it does not answer."""
        return await self.resources.client.request(
            request,
            timeout_s=self.resources.timeout_s,
            idempotency_key=key,
            principal=self.principal(key),
            assertion=self.assertion,
        )

    def principal(self, key: str) -> str:
        """Whose key it is. Stored for a day: of an address only a hash, with the key that is not stored."""
        return digest(f"{self.client} {key}").hex() if key else ""


@dataclass(frozen=True)
class SessionCaller(Caller):
    """A member, or one of the staff, whom identity knows by a session."""

    id: UUID
    token: str
    sessions: RecentSessions

    async def request(self, request: message.Request[Reply], key: str = "") -> Reply:
        """As anybody's; what carries the session's own token may end the session or prove it anew."""
        try:
            return await super().request(request, key)
        finally:
            if getattr(request, "token", "") == self.token:
                self.sessions.forget(self.token)

    def principal(self, key: str) -> str:  # noqa: ARG002 whatever the key, it is the session's owner's
        return str(self.id)


def resources_of(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


def sender_of(request: Request) -> Sender:
    sender: Sender = request.scope[forwarding.KEY]
    return sender


def address_of(request: Request) -> str:
    """Where the client is; empty when the proxy does not tell."""
    return sender_of(request).address


def token_of(request: Request) -> str:
    """The session token of the request, empty when there is none that could be one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and TOKEN.fullmatch(token.strip()) else ""


async def caller(request: Request) -> Caller:
    """Anybody. Async although it awaits nothing: FastAPI runs what is not in a thread, a hop per request."""
    return _caller(request)


def _caller(request: Request) -> Caller:
    network = f"network {sender_of(request).client}"
    return Caller(resources_of(request), address_of(request), _device(request), network)


async def repeating_caller(request: Request, client: IdempotencyClient = None) -> Caller:
    """Anybody who may send a request again under an idempotency key."""
    return replace(_caller(request), client=f"client {client}") if client else _caller(request)


def _device(request: Request) -> str:
    """The User-Agent, by which people recognize their sessions."""
    name = request.headers.get("user-agent", "")
    return "".join(c for c in name if c.isprintable())[:LONGEST_DEVICE].strip()


Ask = Callable[[str], message.Request[identity.Principal]]
"""Whose session a token is."""
bearer = HTTPBearer(auto_error=False, scheme_name="session", description="the token of POST /sessions")
Shown = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def member(request: Request, _shown: Shown) -> SessionCaller:
    """The member of the session. Raises Refused (401); tokens that are none cost the client's address."""
    sessions = resources_of(request).sessions
    return await _session(request, sessions, lambda token: identity.Authenticate(token=token))


async def staff(request: Request, _shown: Shown) -> SessionCaller:
    """One of the staff, likewise."""
    sessions = resources_of(request).staff_sessions
    return await _session(request, sessions, lambda token: identity.AuthenticateStaff(token=token))


async def _session(request: Request, sessions: RecentSessions, ask: Ask) -> SessionCaller:
    token = token_of(request)
    if not token:
        raise refuse(UNAUTHORIZED, "sign in first", message="Authorization: Bearer <token of POST /sessions>")
    principal = sessions.recent(token)
    if principal is None:
        principal = await _authenticated(request, ask(token))
        sessions.remember(token, principal)
    known = vars(_caller(request)) | {"assertion": principal.assertion}
    return SessionCaller(**known, id=principal.subject_id, token=token, sessions=sessions)


async def _authenticated(request: Request, asked: message.Request[identity.Principal]) -> identity.Principal:
    resources = resources_of(request)
    try:
        return await resources.client.request(asked, timeout_s=resources.timeout_s)
    except Refused as refused:
        if refused.problem.status == UNAUTHORIZED:
            resources.limits.spend(Kind.CREDENTIALS, sender_of(request).client)
        raise


Anybody = Annotated[Caller, Depends(caller)]
AnybodyRepeating = Annotated[Caller, Depends(repeating_caller)]
CurrentMember = Annotated[SessionCaller, Depends(member)]
CurrentStaff = Annotated[SessionCaller, Depends(staff)]
