"""What the answering side tells those who prepare an answer."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import identity
from shared.contracts.message import Done
from shared.messaging.request_client import DEADLINE
from shared.messaging.request_server import RequestServer
from shared.messaging.router import ServiceRouter, WiringError
from shared.purposes import Purpose


@pytest.mark.parametrize(("headers", "until"), [({DEADLINE: 1_700_000_000_500}, 1_700_000_000.5), ({}, math.inf)])
async def test_a_prepare_may_know_until_when_somebody_waits(headers: dict[str, int], until: float) -> None:
    told: list[float] = []
    router = ServiceRouter("sample")

    async def prepare(_request: identity.SignOut, deadline: float) -> float:
        told.append(deadline)
        return deadline

    @router.request(identity.SignOut, purpose=Purpose.SECURITY, prepare=prepare)
    async def sign_out(_request: identity.SignOut, prepared: float) -> Done:
        told.append(prepared)
        return Done()

    router.check(())
    nothing: Any = None
    server = RequestServer("sample", router.request_handlers, nothing, nothing, {}, asyncio.Semaphore())
    body = identity.SignOut(token=uuid4().hex).model_dump_json().encode()
    message: Any = SimpleNamespace(body=body, headers=headers, type=identity.SignOut.type)
    assert await server._work(router.request_handlers[identity.SignOut.type], message) == Done()
    assert told == [until, until]


def test_a_handler_itself_does_not_get_it() -> None:
    router = ServiceRouter("sample")

    @router.request(identity.SignOut, purpose=Purpose.SECURITY)
    async def sign_out(_request: identity.SignOut, deadline: float) -> Done:
        return Done()

    with pytest.raises(WiringError, match="deadline"):
        router.check(())
