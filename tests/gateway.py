"""A gateway inside the test's process, and people who come through it."""

import contextlib
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from deploy.local import mailbox
from services.gateway.app import serving
from services.gateway.settings import GatewaySettings
from tests.harness import PATIENCE_S, Harness, eventually

CODE = re.compile(r"(?<![-\w])\d{8}(?![-\w])")  # and not the first part of an id
PASSWORD = "a long enough password"
UNLIMITED = {
    f"rate_{kind}": "off" for kind in ("address", "open", "credentials", "mail", "license", "member", "webhook")
}
UNAUTHORIZED = 401
TLS = httpx.create_ssl_context()  # made once: it takes longer than most requests
PROBLEM = "application/problem+json"


@contextlib.asynccontextmanager
async def gateway_client(harness: Harness, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway of this harness; without rates unless the test sets them."""
    chosen = GatewaySettings(
        **({"amqp_url": harness.amqp["gateway"], "keys": harness.settings["keys"]} | UNLIMITED | settings)
    )
    async with serving(chosen) as base, httpx.AsyncClient(base_url=base, timeout=PATIENCE_S, verify=TLS) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    """The header that shows a session."""
    return {"Authorization": f"Bearer {token}"}


def fresh_key() -> dict[str, str]:
    """The header of a request that is no repetition."""
    return {"Idempotency-Key": secrets.token_hex(16)}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem of an answer, after checking that it is one."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["content-type"] == PROBLEM
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert "Traceback" not in answer.text
    return body


async def signed_out(client: httpx.AsyncClient, token: str) -> None:
    """Wait until a session that ended elsewhere has ended here, too: within a second."""

    async def refused() -> bool:
        return (await client.get("/me", headers=bearer(token))).status_code == UNAUTHORIZED

    await eventually(refused)


async def mailed_code(folder: Path, address: str) -> str:
    """The newest eight-digit code in the mailbox of an address."""

    async def newest() -> str:
        for message in reversed(mailbox.messages_for(folder, address)):
            body = message.get_body(("plain",))
            if body is not None and (match := CODE.search(body.get_content())):
                return match.group()
        return ""

    return str(await eventually(newest))


async def sign_up(client: httpx.AsyncClient, folder: Path) -> tuple[str, str]:
    """Register, confirm and sign in somebody new; answers the address and the session token."""
    address = f"{secrets.token_hex(6)}@example.com"
    person = {"email": address, "password": PASSWORD, "full_name": "Anna Nowak", "city": "Gdańsk"}
    answer = await client.post("/accounts", json=person)
    assert answer.status_code == 202, answer.text
    proof = {"email": address, "token": answer.json()["token"], "code": await mailed_code(folder, address)}
    answer = await client.post("/email-verifications", json=proof)
    assert answer.status_code == 201, answer.text
    return address, await sign_in(client, address)


async def sign_in(client: httpx.AsyncClient, address: str) -> str:
    """A fresh session of somebody who has an account."""
    answer = await client.post("/sessions", json={"email": address, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])
