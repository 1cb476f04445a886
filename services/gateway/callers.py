"""Who asks: anybody, or a member with a session."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.gateway.limits import Kind, Limits, client_of
from shared.contracts import identity
from shared.contracts.message import Reply
from shared.contracts.message import Request as Asked
from shared.messaging.request_client import RequestClient
from shared.problems import Refused, refuse

TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")
LONGEST_DEVICE = 200
UNAUTHORIZED = 401

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        pattern=r"^[\x21-\x7e]*$",
        description="repeating a request with the same key within 24 hours changes nothing and is answered alike",
    ),
]


@dataclass(frozen=True)
class Gateway:
    """What the running gateway has in hand."""

    client: RequestClient
    limits: Limits
    timeout_s: float
    token_key: bytes


@dataclass(frozen=True)
class Caller:
    """Anybody."""

    gateway: Gateway
    address: str
    device: str

    async def ask(self, request: Asked[Reply], key: str = "") -> Reply:
        """Ask the owner. Raises Refused with the owner's problem, Unavailable when it does not answer."""
        return await self.gateway.client.request(
            request, timeout_s=self.gateway.timeout_s, idempotency_key=key, principal=self.principal
        )

    @property
    def principal(self) -> str:
        """Whose idempotency keys these are."""
        return ""


@dataclass(frozen=True)
class Member(Caller):
    """Somebody whom identity knows by a session."""

    subject_id: UUID
    authenticated_at: datetime
    token: str

    @property
    def principal(self) -> str:
        return str(self.subject_id)


def gateway_of(request: Request) -> Gateway:
    """What the running gateway has in hand."""
    found: Gateway = request.app.state.gateway
    return found


def address_of(request: Request) -> str:
    """Where the request comes from."""
    return request.client.host if request.client else ""


def token_of(request: Request) -> str:
    """The session token of the request, empty when there is none that could be one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and TOKEN.fullmatch(token.strip()) else ""


def caller(request: Request) -> Caller:
    """The client, whoever it is."""
    return Caller(gateway_of(request), address_of(request), _device(request))


def _device(request: Request) -> str:
    """How the client calls itself, so that people recognize their sessions."""
    name = request.headers.get("user-agent", "")
    return "".join(c for c in name if c.isprintable())[:LONGEST_DEVICE].strip()


bearer = HTTPBearer(auto_error=False, scheme_name="session", description="the token of POST /sessions")


async def member(request: Request, _shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Member:
    """The member of the session. Raises Refused (401); tokens that are none cost the client's address."""
    gateway, token = gateway_of(request), token_of(request)
    if not token:
        raise refuse(UNAUTHORIZED, "sign in first", message="Authorization: Bearer <token of POST /sessions>")
    try:
        who: identity.Principal = await gateway.client.request(
            identity.Authenticate(token=token), timeout_s=gateway.timeout_s
        )
    except Refused as refused:
        if refused.problem.status == UNAUTHORIZED:
            gateway.limits.spend(Kind.CREDENTIALS, client_of(address_of(request)))
        raise
    return Member(gateway, address_of(request), _device(request), who.subject_id, who.authenticated_at, token)


Anybody = Annotated[Caller, Depends(caller)]
CurrentMember = Annotated[Member, Depends(member)]
