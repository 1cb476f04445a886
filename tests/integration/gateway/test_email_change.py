"""Changing an address through the gateway: the routes, and the page behind the link in the letter."""

import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.local import mailbox
from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.privacy.app import SERVICE as PRIVACY
from tests import harness as harnesses
from tests.gateway import PASSWORD, bearer, mailed_code, problem, sign_up, signed_out
from tests.harness import Harness, eventually


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """Identity."""
    async with harnesses.serving(servers, IDENTITY, PRIVACY) as served:
        yield served


async def link(folder: Path, address: str) -> str:
    """The path of the link in the newest letter."""

    async def newest() -> str:
        texts = [message.get_content() for message in mailbox.messages_for(folder, address)]
        paths = [match[0] for text in texts if (match := re.search(r"/email-changes/[\w-]+", text))]
        return paths[-1] if paths else ""

    return str(await eventually(newest))


async def test_an_address_is_changed_and_restored(client: httpx.AsyncClient, mail: Path) -> None:
    old, token = await sign_up(client, mail)
    new, who = f"{secrets.token_hex(6)}@example.com", bearer(token)
    assert (await client.post("/me/email", json={"email": new}, headers=who)).status_code == 202
    proof = {"code": await mailed_code(mail, new)}
    assert (await client.post("/me/email/confirmations", json=proof, headers=who)).status_code == 204
    problem(await client.get("/me", headers=who), 401)
    signed_in = await client.post("/sessions", json={"email": new, "password": PASSWORD})
    who = bearer(signed_in.json()["token"])
    assert (await client.get("/me", headers=who)).json()["email"] == new
    path = await link(mail, old)
    offered = await client.get(path)
    assert "<form" in offered.text
    assert (await client.get("/me", headers=who)).json()["email"] == new
    assert (await client.post(path)).status_code == 200
    await signed_out(client, signed_in.json()["token"])
    problem(await client.post(path), 404)


async def test_a_firm_is_founded_by_patch(client: httpx.AsyncClient, mail: Path) -> None:
    _, token = await sign_up(client, mail)
    refusal = problem(await client.patch("/me", json={"kind": "company"}, headers=bearer(token)), 422)
    assert {error["field"] for error in refusal["errors"]} == {"company", "nip"}
    firm = {"kind": "company", "company": "Firma Anny", "nip": "9222828810"}
    answer = await client.patch("/me", json=firm, headers=bearer(token))
    assert {name: answer.json()[name] for name in firm} == firm
