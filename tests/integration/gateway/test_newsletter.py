"""The newsletter through the gateway: double opt-in, links that scanners may follow, one click to leave."""

import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.local import mailbox
from deploy.local.servers import Servers
from services.gateway.forms import URLENCODED
from services.identity.app import SERVICE as IDENTITY
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import marketing
from shared.contracts.message import Created
from tests import harness as harnesses
from tests.gateway import problem, sign_up
from tests.harness import Harness, eventually
from tests.integration.marketing.driver import unsubscribe_token

CONFIRMING = re.compile(r"/newsletter/confirmations\?token=([\w.~-]+)")
CONSENTED = "SELECT true FROM permission JOIN subscriber USING (subject_id) WHERE email = $1 AND allowed"
LEAVING = re.compile(r"/newsletter/unsubscribe/([\w.~-]+)")


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """Identity, privacy and marketing."""
    async with harnesses.serving(servers, IDENTITY, PRIVACY, MARKETING) as served:
        yield served


async def linked(mail: Path, address: str, link: re.Pattern[str]) -> str:
    """The token of the newest link of a kind in the mailbox of an address."""

    async def newest() -> str:
        for message in reversed(mailbox.messages_for(mail, address)):
            body = message.get_body(("plain",))
            if body is not None and (match := link.search(body.get_content())):
                return match.group(1)
        return ""

    return str(await eventually(newest))


async def subscribed(client: httpx.AsyncClient, mail: Path) -> tuple[str, str]:
    """Somebody new who entered an address; answers it and the token that confirms."""
    address = f"{secrets.token_hex(6)}@example.com"
    text = (await client.get("/consent-texts")).json()["texts"]
    version = next(each["text_version"] for each in text if each["purpose"] == "direct-marketing.email")
    answer = await client.post("/newsletter/subscriptions", json={"email": address, "text_version": version})
    assert answer.status_code == 202, answer.text
    return address, await linked(mail, address, CONFIRMING)


async def campaign(harness: Harness, mail: Path, address: str) -> str:
    """Mail everybody once marketing knows of a consent; answers the token of the link to leave."""

    async def allowed() -> bool:
        async with harness.superuser("marketing") as database:
            return bool(await database.fetchval(CONSENTED, address))

    await eventually(allowed)
    async with harness.asking() as client:
        created: Created = await client.request(marketing.CreateCampaign(subject="Nowości", text="Nowa wersja."))
        await client.request(marketing.StartCampaign(campaign_id=created.id))
    return await linked(mail, address, LEAVING)


async def test_a_link_confirms_nothing_its_button_does(client: httpx.AsyncClient, harness: Harness, mail: Path) -> None:
    address, token = await subscribed(client, mail)
    page = await client.get("/newsletter/confirmations", params={"token": token})
    assert page.headers["content-type"].startswith("text/html")
    action = re.search(r'action="([^"]+)"', page.text)
    assert action is not None
    answer = await client.post(page.url.join(action.group(1)))
    assert answer.status_code == 200, answer.text
    leaving = await campaign(harness, mail, address)
    for _ in range(3):
        offered = await client.get(f"/newsletter/unsubscribe/{leaving}")
        assert "<form" in offered.text
    one_click = await client.post(f"/newsletter/unsubscribe/{leaving}", files={"List-Unsubscribe": (None, "One-Click")})
    assert one_click.status_code == 200, one_click.text
    assert "<form" not in (await client.get(f"/newsletter/unsubscribe/{leaving}")).text
    again = await client.post(f"/newsletter/unsubscribe/{leaving}", data={"List-Unsubscribe": "One-Click"})
    assert again.status_code == 200


async def test_programs_confirm_with_json(client: httpx.AsyncClient, mail: Path) -> None:
    _, token = await subscribed(client, mail)
    assert (await client.post("/newsletter/confirmations", json={"token": token})).status_code == 204


async def test_links_that_are_none_of_ours(client: httpx.AsyncClient) -> None:
    forged = "f" * 40
    problem(await client.get(f"/newsletter/unsubscribe/{forged}"), 404)
    problem(await client.post(f"/newsletter/unsubscribe/{forged}"), 404)
    problem(await client.post("/newsletter/confirmations", json={"token": forged}), 404)
    problem(await client.post(f"/newsletter/confirmations/{forged}"), 404)
    for wrong in ("", "short", "<script>" * 5, "\0" * 30):
        refusal = problem(await client.get("/newsletter/confirmations", params={"token": wrong}), 422)
        assert refusal["errors"][0]["field"] == "token"


async def token_to_leave(harness: Harness, address: str) -> str:
    """The token that stands in every mail to a subscriber."""
    async with harness.superuser("marketing") as database:
        return unsubscribe_token(
            harness, await database.fetchval("SELECT subject_id FROM subscriber WHERE email = $1", address)
        )


HONEST = [
    (URLENCODED, b"List-Unsubscribe=One-Click\r\n"),
    ("", b"List-Unsubscribe=One-Click"),
    ("text/plain", b"List-Unsubscribe=One-Click"),
    (URLENCODED, b""),
    ("text/plain; charset=utf-8", b"List-Unsubscribe=One-Click\r\n\r\n"),
    ("application/octet-stream", b"\xff\x00"),
    ("application/json", b"{}"),
    ("multipart/form-data; boundary=", b"--\r\n\xff"),
    (URLENCODED, b"list-unsubscribe=one-click"),
    ("text/plain", b"&".join(b"%d=1" % number for number in range(40))),
]


@pytest.mark.parametrize(("media_type", "body"), HONEST)
async def test_whoever_posts_to_the_link_of_a_mail_leaves_the_list(
    client: httpx.AsyncClient, harness: Harness, mail: Path, media_type: str, body: bytes
) -> None:
    address, token = await subscribed(client, mail)
    assert (await client.post("/newsletter/confirmations", json={"token": token})).status_code == 204
    path = f"/newsletter/unsubscribe/{await token_to_leave(harness, address)}"
    assert "<form" in (await client.get(path)).text
    answer = await client.post(path, content=body, headers={"Content-Type": media_type} if media_type else {})
    assert answer.status_code == 200, answer.text
    assert "<form" not in (await client.get(path)).text


async def test_a_reader_is_asked_to_stay_in_the_panel_and_by_the_link(
    client: httpx.AsyncClient, harness: Harness, mail: Path
) -> None:
    _, session = await sign_up(client, mail)
    me = {"Authorization": f"Bearer {session}"}
    assert (await client.get("/me/newsletter", headers=me)).json() == {"subscribed": False, "ends_on": None}
    assert (await client.post("/me/newsletter/renewal", headers=me)).status_code == 404
    consent = {"given": True, "text_version": "T-7"}
    assert (await client.put("/consents/direct-marketing/email", json=consent, headers=me)).status_code == 204

    async def subscribed_here() -> bool:
        return bool((await client.get("/me/newsletter", headers=me)).json()["subscribed"])

    await eventually(subscribed_here)
    address = (await client.get("/me", headers=me)).json()["email"]
    path = f"/newsletter/unsubscribe/{await token_to_leave(harness, address)}"
    for way in ("panel", "link"):
        last = await ask_to_stay(harness, address)
        assert (await client.get("/me/newsletter", headers=me)).json() == {"subscribed": True, "ends_on": last}
        shown = await client.get(path)
        assert last in shown.text
        action = re.search(r'action="([^"]+renewals[^"]+)"', shown.text)
        assert action is not None
        if way == "panel":
            assert (await client.post("/me/newsletter/renewal", headers=me)).status_code == 204
        else:
            assert (await client.post(shown.url.join(action.group(1)))).status_code == 200
        assert (await client.get("/me/newsletter", headers=me)).json() == {"subscribed": True, "ends_on": None}


async def ask_to_stay(harness: Harness, address: str) -> str:
    """The subscription ends soon, and its reader has been asked; answers the last day."""
    async with harness.superuser("marketing") as database:
        last = await database.fetchval(
            "UPDATE subscriber SET keep_until = current_date + 10, asked_on = current_date WHERE email = $1"
            " RETURNING keep_until",
            address,
        )
    return str(last)


async def test_the_link_of_erased_data_says_so(client: httpx.AsyncClient, harness: Harness, mail: Path) -> None:
    address, token = await subscribed(client, mail)
    assert (await client.post("/newsletter/confirmations", json={"token": token})).status_code == 204
    path = f"/newsletter/unsubscribe/{await token_to_leave(harness, address)}"
    async with harness.superuser("marketing") as database:
        await eventually(lambda: database.fetchval(CONSENTED, address))
    async with harness.superuser("marketing") as database, database.transaction():
        person = await database.fetchval("DELETE FROM subscriber WHERE email = $1 RETURNING subject_id", address)
        await database.execute("DELETE FROM permission WHERE subject_id = $1", person)
        await database.execute("UPDATE subject SET live = false WHERE subject_id = $1", person)
    for answer in (await client.get(path), await client.post(path)):
        assert answer.status_code == 200
        assert "już usunęliśmy" in answer.text
        assert "<form" not in answer.text
