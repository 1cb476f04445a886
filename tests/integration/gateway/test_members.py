"""A customer's way through the real services: sign-up, purchase, consents, erasure."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.licensing.licenses.keys import device_hash, key_hash
from services.privacy.app import SERVICE as PRIVACY
from shared.clock import now
from shared.contracts import licensing
from tests import harness as harnesses
from tests.gateway import (
    PASSWORD,
    bearer,
    fresh_key,
    gateway_client,
    mailed_code,
    problem,
    sign_in,
    sign_up,
    signed_out,
)
from tests.harness import Harness, eventually
from tests.staff import CHEAP_HASH
from tests.verifiers import Case, by_python


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """Identity, privacy and licensing."""
    async with harnesses.serving(servers, IDENTITY, PRIVACY, LICENSING, **CHEAP_HASH) as served:
        yield served


async def bought(client: httpx.AsyncClient, harness: Harness, who: dict[str, str], months: int | None = 12) -> str:
    """Buy a license the way a customer does; answers the order's id."""
    async with harness.asking() as staff:
        seats = {"device_limit": 2, "max_deactivations": 1}
        await staff.request(licensing.PutProduct(code="seo-pro", name="SEO Pro", net=10_000, months=months, **seats))
        products = (await client.get("/products")).json()["products"]
        assert "seo-pro" in [product["code"] for product in products]
        address = {"street": "Długa 1", "postal_code": "80-001", "city": "Gdańsk"}
        assert (await client.patch("/me", json=address, headers=who)).json()["street"] == "Długa 1"
        key = who | fresh_key()
        placed = await client.post("/orders", json=ORDER, headers=key)
        assert placed.status_code == 201, placed.text
        again = await client.post("/orders", json=ORDER, headers=key)
        assert again.json() == placed.json()
        problem(await client.post("/orders", json=ORDER | {"quantity": 2}, headers=key), 422)
        order_id = placed.json()["id"]
        payment = await client.post(f"/orders/{order_id}/payments", headers=who | fresh_key())
        assert payment.status_code == 201, payment.text
        assert (await client.get(payment.headers["location"], headers=who)).json() == payment.json()
        signed = await staff.request(
            licensing.PlaySandbox(reference=payment.json()["reference"], event="payment.confirmed")
        )
    headers = webhook_headers(signed)
    problem(await client.post("/webhooks/payments", content=signed.body + " ", headers=headers), 401)
    for _ in range(2):
        answer = await client.post("/webhooks/payments", content=signed.body, headers=headers)
        assert answer.status_code == 204, answer.text
    return str(order_id)


async def until_confirmed(client: httpx.AsyncClient, who: dict[str, str], license_id: str) -> httpx.Response:
    """The key of a license, once the contract is confirmed by mail."""

    async def shown() -> httpx.Response | None:
        answer = await client.get(f"/licenses/{license_id}/key", headers=who)
        return answer if answer.status_code != 409 else None

    answer: httpx.Response = await eventually(shown)
    assert answer.status_code == 200
    return answer


ORDER: dict[str, Any] = {
    "product": "seo-pro",
    "terms_version": "2026-01",
    "accepts_terms": True,
    "wants_immediate_delivery": True,
    "knows_withdrawal_lapses": True,
}


def webhook_headers(signed: licensing.SignedWebhook) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    return {
        "webhook-id": signed.webhook_id,
        "webhook-timestamp": signed.timestamp,
        "webhook-signature": signed.signature,
    }


async def see_codes(client: httpx.AsyncClient, device: dict[str, str]) -> None:
    """Over HTTP a code is the exact one."""
    for path, asked, code in (
        ("validate", {}, "VALID"),
        ("validate", {"edition": "pro"}, "EDITION_MISMATCH"),
        ("files", {"entitlements": ["team"]}, "ENTITLEMENT_MISSING"),
    ):
        answer = (await client.post(f"/licenses/{path}", json=device | asked)).json()
        assert (answer["code"], answer.get("devices", 1), answer.get("exact_code")) == (code, 1, None)


async def test_sign_up_purchase_and_license(client: httpx.AsyncClient, harness: Harness, mail: Path) -> None:
    address, token = await sign_up(client, mail)
    who = bearer(token)
    me = (await client.get("/me", headers=who)).json()
    assert (me["email"], me["full_name"], me["city"]) == (address, "Anna Nowak", "Gdańsk")
    order_id = await bought(client, harness, who)
    orders = (await client.get("/orders", headers=who)).json()["orders"]
    assert [(order["order_id"], order["state"]) for order in orders] == [(order_id, "paid")]
    problem(await client.delete(f"/orders/{order_id}", headers=who), 409)
    invoices = (await client.get("/invoices", headers=who)).json()["invoices"]
    assert invoices[0]["buyer_city"] == "Gdańsk"
    assert (await client.get(f"/invoices/{invoices[0]['invoice_id']}", headers=who)).json() == invoices[0]
    document = await client.get(f"/invoices/{invoices[0]['invoice_id']}/document", headers=who)
    named = f'inline; filename="{invoices[0]["number"].replace("/", "-")}.pdf"'
    assert (document.headers["content-type"], document.headers["content-disposition"]) == ("application/pdf", named)
    assert document.content.startswith(b"%PDF-")
    held = (await client.get("/licenses", headers=who)).json()["licenses"][0]
    key = (await until_confirmed(client, who, held["license_id"])).json()["key"]
    assert key != held["key"]
    device = {"key": key, "fingerprint": "f" * 20}
    assert (await client.post("/licenses/validate", json={"key": key})).json()["code"] == "VALID"
    assert (await client.post("/licenses/activate", json=device)).json()["valid"] is True
    await see_codes(client, device)
    published = await client.get("/.well-known/lethe-keys")
    assert published.headers["content-type"] == "application/jwk-set+json"
    assert published.headers["cache-control"] == "public, max-age=3600"
    request = f"lethe-request.1.{key_hash(key).hex()}.{device_hash(key, 'f' * 20).hex()}.n-1"
    carried = {"request": request}
    path = f"/licenses/{held['license_id']}/offline-files"
    for answer in (
        await client.post("/licenses/files", json=device | {"nonce": "n-1"}),
        await client.post(path, json=carried, headers=who),
    ):
        case: Case = (answer.json()["file"], published.json(), key, "f" * 20, "n-1", 0, now().timestamp())
        assert by_python([case])[0][0] == ""
    wrong = await client.post(path, json={"request": request[:-4]}, headers=who)
    assert problem(wrong, 422)["errors"][0]["field"] == "request"
    problem(await client.post(path, json=carried), 401)
    assert (await client.post("/licenses/deactivate", json=device)).status_code == 204
    assert (await client.post("/licenses/activate", json=device)).json()["valid"] is True
    once_more = await client.post("/licenses/deactivate", json=device)
    assert problem(once_more, 409)["errors"][0]["field"] == "key"
    assert 0 < int(once_more.headers["retry-after"]) <= 30 * 86_400
    assert (await client.delete(f"/licenses/{held['license_id']}", headers=who)).status_code == 204
    assert (await client.post("/licenses/validate", json={"key": key})).json()["code"] == "ENDED"


async def test_a_member_tries_a_product_once(client: httpx.AsyncClient, harness: Harness, mail: Path) -> None:
    _, token = await sign_up(client, mail)
    who = bearer(token)
    async with harness.asking() as staff:
        tried = {"code": "seo-lite", "name": "SEO Lite", "net": 100, "device_limit": 1, "trial_days": 7}
        await staff.request(licensing.PutProduct(**tried))
    once, again = who | fresh_key(), who | fresh_key()
    trials = [await client.post("/trials", json={"product": "seo-lite"}, headers=key) for key in (once, once, again)]
    assert [answer.status_code for answer in trials] == [201, 201, 409]
    assert trials[0].json() == trials[1].json()
    newest = (await client.get("/licenses", headers=who)).json()["licenses"][0]
    assert (newest["license_id"], newest["trial"]) == (trials[0].json()["id"], True)
    problem(await client.post("/trials", json={"product": "nothing"}, headers=who | fresh_key()), 422)


async def test_a_member_is_quoted_buys_and_withdraws(client: httpx.AsyncClient, harness: Harness, mail: Path) -> None:
    _, token = await sign_up(client, mail)
    who = bearer(token)
    order_id = await bought(client, harness, who)
    quote = (await client.post("/quotes", json={"product": ORDER["product"]})).json()
    (order,) = (await client.get("/orders", headers=who)).json()["orders"]
    assert (quote["gross"], quote["treatment"]) == (order["gross"], "domestic")
    shown = (await client.get("/products?country=PL")).json()["products"]
    assert quote["gross"] in {product["gross"] for product in shown}
    assert problem(await client.get("/products?country=US"), 422)["errors"][0]["field"] == "country"
    offer = (await client.post(f"/orders/{order_id}/withdrawal", headers=who)).json()
    assert (offer["obstacle"], offer["amount"]) == ("", order["gross"])
    answers = [await client.post(f"/orders/{order_id}/withdrawal/confirm", headers=who) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert (await client.get("/licenses", headers=who)).json()["licenses"][0]["state"] == "ended"
    assert (await client.post(f"/orders/{order_id}/confirmation", headers=who)).status_code == 204
    _, stranger = await sign_up(client, mail)
    for step in ("withdrawal", "withdrawal/confirm", "confirmation"):
        problem(await client.post(f"/orders/{order_id}/{step}", headers=bearer(stranger)), 404)


async def test_a_perpetual_license_ends_after_a_fresh_proof_and_comes_back(
    client: httpx.AsyncClient, harness: Harness, mail: Path
) -> None:
    address, token = await sign_up(client, mail)
    who = bearer(token)
    await bought(client, harness, who, months=None)
    license_id = (await client.get("/licenses", headers=who)).json()["licenses"][0]["license_id"]
    who = bearer(await sign_in(client, address))  # a session that no gateway has seen yet
    async with harness.superuser("identity") as database:
        await database.execute("UPDATE session SET authenticated_at = authenticated_at - interval '16 minutes'")
    stale = problem(await client.delete(f"/licenses/{license_id}", headers=who), 403)
    assert stale["type"] == "urn:lethe:problem:reauthentication"
    assert (await client.post("/me/reauthentication", json={"password": PASSWORD}, headers=who)).status_code == 204
    assert (await client.delete(f"/licenses/{license_id}", headers=who)).status_code == 204
    problem(await client.get(f"/licenses/{license_id}/key", headers=who), 409)
    _, stranger = await sign_up(client, mail)
    problem(await client.post(f"/licenses/{license_id}/restoration", headers=bearer(stranger)), 404)
    for _ in range(2):
        assert (await client.post(f"/licenses/{license_id}/restoration", headers=who)).status_code == 204
    assert (await client.get("/licenses", headers=who)).json()["licenses"][0]["state"] == "active"
    await until_confirmed(client, who, license_id)


async def test_anybody_reads_the_terms_of_sale(client: httpx.AsyncClient) -> None:
    terms = (await client.get("/terms")).json()
    assert terms == (await client.get("/terms", params={"version": terms["version"]})).json()
    assert terms["version"] == ORDER["terms_version"]
    for version in ("2025-12", "../editions", "2026-01.pl"):
        problem(await client.get("/terms", params={"version": version}), 404)


async def test_the_sandbox_is_a_page_where_a_buyer_pays(
    client: httpx.AsyncClient, harness: Harness, mail: Path
) -> None:
    _, token = await sign_up(client, mail)
    who = bearer(token)
    await client.patch("/me", json={"street": "Długa 1", "postal_code": "80-001"}, headers=who)
    product = (await client.get("/products")).json()["products"][0]["code"]
    order = (await client.post("/orders", json=ORDER | {"product": product}, headers=who | fresh_key())).json()
    payment = (await client.post(f"/orders/{order['id']}/payments", headers=who | fresh_key())).json()
    path = urlsplit(payment["pay_url"]).path
    assert "<form" in (await client.get(path)).text
    problem(await client.post(path, data={"outcome": "steal"}), 422)
    problem(await client.post(path, json={"outcome": "pay"}), 415)
    problem(await client.post("/sandbox/payments/nobodys", data={"outcome": "pay"}), 404)
    assert (await client.post(path, data={"outcome": "pay"})).status_code == 200
    paid = (await client.get(f"/payments/{payment['payment_id']}", headers=who)).json()
    assert paid["state"] == "confirmed"


async def test_nobody_reaches_what_is_another_persons(client: httpx.AsyncClient, harness: Harness, mail: Path) -> None:
    _, token = await sign_up(client, mail)
    who = bearer(token)
    await bought(client, harness, who)
    invoice = (await client.get("/invoices", headers=who)).json()["invoices"][0]["invoice_id"]
    held = (await client.get("/licenses", headers=who)).json()["licenses"][0]["license_id"]
    case = (await client.post("/me/privacy-requests", json={"right": "erasure"}, headers=who)).json()
    _, other = await sign_up(client, mail)
    for path in (
        f"/invoices/{invoice}",
        f"/invoices/{invoice}/document",
        f"/licenses/{held}/key",
        f"/me/privacy-requests/{case['id']}",
    ):
        problem(await client.get(path, headers=bearer(other)), 404)
    for path in (f"/licenses/{held}", f"/me/privacy-requests/{case['id']}"):
        problem(await client.delete(path, headers=bearer(other)), 404)


async def test_sessions(client: httpx.AsyncClient, mail: Path) -> None:
    address, token = await sign_up(client, mail)
    second = await sign_in(client, address)
    sessions = (await client.get("/me/sessions", headers=bearer(token))).json()["sessions"]
    assert len(sessions) == 2
    assert all("httpx" in session["device"] for session in sessions)
    activities = (await client.get("/me/activity?limit=1", headers=bearer(token))).json()["activities"]
    assert [activity["ip"] for activity in activities] == ["127.0.0.1"]
    problem(await client.get("/me/activity?limit=0", headers=bearer(token)), 422)
    problem(await client.post("/sessions", json={"email": address, "password": "wrong"}), 401)
    problem(await client.post("/me/reauthentication", json={"password": "wrong"}, headers=bearer(token)), 403)
    again = await client.post("/me/reauthentication", json={"password": PASSWORD}, headers=bearer(token))
    assert again.status_code == 204
    assert (await client.delete("/sessions/current", headers=bearer(second))).status_code == 204
    problem(await client.get("/me", headers=bearer(second)), 401)
    assert (await client.get("/me", headers=bearer(token))).status_code == 200


async def test_the_address_of_a_forged_session_pays(harness: Harness) -> None:
    async with gateway_client(harness, rate_credentials="2/hour") as client:
        for number in range(2):
            problem(await client.get("/me", headers=bearer(f"{number}" * 43)), 401)
        problem(await client.get("/me", headers=bearer("x" * 43)), 429)


async def test_consents(client: httpx.AsyncClient, mail: Path) -> None:
    _, token = await sign_up(client, mail)
    who = bearer(token)
    texts = (await client.get("/consent-texts?lang=en")).json()["texts"]
    text = next(text for text in texts if text["purpose"] == "direct-marketing.email")
    choice = {"given": True, "text_version": text["text_version"], "language": "en"}
    answer = await client.put("/consents/direct-marketing/email", json=choice, headers=who)
    assert answer.status_code == 204, answer.text
    consents = (await client.get("/consents", headers=who)).json()["consents"]
    assert [(each["purpose"], each["given"], each["words"]) for each in consents] == [
        ("direct-marketing.email", True, text["words"])
    ]
    (decision,) = (await client.get("/consents/history", headers=who)).json()["proofs"]
    receipt = await client.get(f"/consents/history/{decision['consent_id']}/receipt?lang=en", headers=who)
    assert (receipt.status_code, receipt.headers["content-type"]) == (200, "application/ld+json")
    assert receipt.json()["dpv:hasRecordOfActivity"]["dct:identifier"] == decision["consent_id"]
    objection = {"given": False, "text_version": ""}
    answer = await client.put("/consents/direct-marketing/all", json=objection, headers=who)
    assert answer.status_code == 204, answer.text
    consents = (await client.get("/consents", headers=who)).json()["consents"]
    assert not any(each["given"] for each in consents)
    problem(await client.put("/consents/statistics/email", json=objection, headers=who), 422)
    problem(await client.put("/consents/contract/all", json=objection, headers=who), 422)


async def test_a_member_is_erased_and_follows_by_token(client: httpx.AsyncClient, mail: Path) -> None:
    _, token = await sign_up(client, mail)
    once = bearer(token) | {"Idempotency-Key": "lost-answer"}
    answers = [client.post("/me/privacy-requests", json={"right": "erasure"}, headers=once) for _ in range(2)]
    opened, again = await asyncio.gather(*answers)
    assert opened.status_code == 201, opened.text
    assert again.json() == opened.json()
    case_token = opened.json()["token"]
    assert opened.headers["location"] == f"/me/privacy-requests/{opened.json()['id']}"

    async def closed() -> bool:
        case = (await client.get(f"/privacy-requests/{case_token}")).json()
        return bool(case["state"] == "closed")

    await eventually(closed)
    await signed_out(client, token)
    problem(await client.delete(f"/privacy-requests/{case_token}"), 409)
    certificate = await client.get(f"/privacy-requests/{case_token}/certificate")
    assert {each["service"] for each in certificate.json()["participants"]} == {"identity", "privacy", "licensing"}
    assert certificate.headers["content-type"] == "application/json"


async def test_an_address_is_erased_by_mailed_code(client: httpx.AsyncClient, mail: Path) -> None:
    address, token = await sign_up(client, mail)
    first = await mailed_code(mail, address)
    asked = await client.post("/privacy-requests", json={"email": address, "language": "en"})
    assert asked.status_code == 202

    async def code() -> str:
        newest_code = await mailed_code(mail, address)
        return newest_code if newest_code != first else ""

    proof = {"request_id": asked.json()["id"], "code": await eventually(code)}
    once = {"Idempotency-Key": "lost-answer"}
    proving = [client.post("/privacy-requests/confirmations", json=proof, headers=once) for _ in range(2)]
    opened, again = await asyncio.gather(*proving)
    assert opened.status_code == 201, opened.text
    assert again.json() == opened.json()
    later = await client.post("/privacy-requests/confirmations", json=proof, headers=once)
    assert later.json() == opened.json(), "the request is forgotten, its answer is not"
    for key in ("somebody-else", ""):
        strange = await client.post("/privacy-requests/confirmations", json=proof, headers={"Idempotency-Key": key})
        assert [e["field"] for e in problem(strange, 422)["errors"]] == ["code"]
    other = await client.post("/privacy-requests/confirmations", json=proof | {"code": "00000000"}, headers=once)
    assert [e["field"] for e in problem(other, 422)["errors"]] == ["Idempotency-Key"]

    async def gone() -> bool:
        return (await client.get("/me", headers=bearer(token))).status_code == 401

    await eventually(gone)
    assert (await client.get(f"/privacy-requests/{opened.json()['token']}")).json()["right"] == "erasure"


async def test_a_repeated_request_gets_its_token_after_the_keys_were_rotated(harness: Harness, mail: Path) -> None:
    old, once = harness.settings["keys"], {"Idempotency-Key": "rotated"}
    async with gateway_client(harness) as before, gateway_client(harness, keys=f"2:{'n' * 32},{old}") as after:
        address, _ = await sign_up(before, mail)
        sign_up_code = await mailed_code(mail, address)

        async def code() -> str:
            newest = await mailed_code(mail, address)
            return newest if newest != sign_up_code else ""

        asked = await before.post("/privacy-requests", json={"email": address, "language": "en"})
        proof = {"request_id": asked.json()["id"], "code": await eventually(code)}
        opened = await before.post("/privacy-requests/confirmations", json=proof, headers=once)
        again = await after.post("/privacy-requests/confirmations", json=proof, headers=once)
        assert (opened.status_code, again.status_code) == (201, 201), again.text
        assert again.json() == opened.json()
        other = await after.post("/privacy-requests/confirmations", json=proof | {"code": "00000000"}, headers=once)
        assert [e["field"] for e in problem(other, 422)["errors"]] == ["Idempotency-Key"]


async def test_a_lost_case_token_is_replaced_by_mailed_code(client: httpx.AsyncClient, mail: Path) -> None:
    address, token = await sign_up(client, mail)
    opened = (await client.post("/me/privacy-requests", json={"right": "erasure"}, headers=bearer(token))).json()

    async def closed() -> bool:
        return bool((await client.get(f"/privacy-requests/{opened['token']}")).json()["state"] == "closed")

    await eventually(closed)
    before = await mailed_code(mail, address)
    asked = await client.post("/privacy-requests/tokens", json={"email": address, "language": "en"})
    assert asked.status_code == 202
    assert asked.json().keys() == {"id"}

    async def code() -> str:
        newest = await mailed_code(mail, address)
        return newest if newest != before else ""

    proof, once = {"request_id": asked.json()["id"], "code": await eventually(code)}, fresh_key()
    replaced = await client.post("/privacy-requests/tokens/confirmations", json=proof, headers=once)
    assert replaced.status_code == 201, replaced.text
    assert replaced.json()["id"] == opened["id"]
    again = await client.post("/privacy-requests/tokens/confirmations", json=proof, headers=once)
    assert again.json() == replaced.json()
    problem(await client.get(f"/privacy-requests/{opened['token']}"), 404)
    assert (await client.get(f"/privacy-requests/{replaced.json()['token']}/certificate")).status_code == 200
