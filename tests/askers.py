"""Asks as those may who are named in the contracts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.assertions import Signer
from shared.clock import now
from shared.contracts.actors import Actor, Staff
from shared.contracts.message import GATEWAY, OPERATORS, PARTICIPANTS, Reply, Request
from shared.messaging.request_client import RequestClient

PATIENCE_S = 60.0  # a busy machine answers late; who asks for an answer in time says so


class AnyAsker(RequestClient):
    """A client for every contract: each request leaves with the account of one of its askers."""

    def __init__(self, amqp: Mapping[str, str], signer: Signer) -> None:
        super().__init__(amqp[GATEWAY], "test")
        self._signer = signer
        self._clients = {name: RequestClient(url, f"{name} in a test", PATIENCE_S) for name, url in amqp.items()}

    async def request(self, request: Request[Reply], **options: Any) -> Reply:
        if actor := actor_of(request):
            options.setdefault("assertion", self._signer.sign(actor))
        return await self._clients[self._asker(request)].request(request, **options)

    def _asker(self, request: Request[Reply]) -> str:
        """A participant other than the owner, which would ask itself."""
        if PARTICIPANTS not in request.askers:
            return request.askers[0]
        return next(name for name in self._clients if name not in (GATEWAY, OPERATORS, request.owner))

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()


STAFF = UUID(int=7)


def actor_of(request: Request[Any]) -> Actor | None:
    """Whom the contract demands: the person of the request, who signed in just now, or somebody of the staff."""
    if isinstance(request.actor, Staff):
        return Actor(STAFF, "staff", now(), request.actor.roles[:1], second_factor=True)
    return Actor(request.subject_id, "member", now()) if request.actor else None  # type: ignore[attr-defined]
