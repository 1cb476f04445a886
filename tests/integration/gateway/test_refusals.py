"""Whatever is sent, the gateway answers with a problem that names the field and repeats no value."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from services.gateway.app import build
from services.gateway.routes.staff_recipients import PROOF_BYTES
from services.gateway.settings import GatewaySettings
from services.privacy.app import SERVICE as PRIVACY
from shared.messaging.request_client import RequestClient
from tests.gateway import bearer, gateway_client, problem
from tests.harness import PATIENCE_S, Harness

SECRET = "Zażółć-gęślą-jaźń-9f3a"
NOBODY = "n" * 43
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
async def client(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway with privacy behind it; identity, licensing and marketing are absent."""
    async with harness.serve(PRIVACY), gateway_client(harness) as http_client:
        yield http_client


def operations() -> list[tuple[str, str, bool, bool]]:
    """Every documented operation: method, path, whether it takes JSON, whether it needs a session."""
    document = build(GatewaySettings(amqp_url="amqp://127.0.0.1"), RequestClient("amqp://127.0.0.1", "test")).openapi()
    return [
        (
            method.upper(),
            path,
            "application/json" in operation.get("requestBody", {}).get("content", {}) and "webhooks" not in path,
            bool(operation.get("security")),
        )
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


ALL = operations()
WITH_BODY = [(method, path) for method, path, body, _ in ALL if body]
OF_MEMBERS = [(method, path) for method, path, _, session in ALL if session]


KNOWN = {"token": NOBODY, "purpose": "direct-marketing", "channel": "email"}
"""What stands for a part of a path that is no id."""


def filled(path: str) -> str:
    """The path with plausible values."""
    return re.sub(r"\{(\w+)\}", lambda part: KNOWN.get(part[1]) or str(uuid4()), path)


def test_every_route_of_the_design_is_there() -> None:
    known = {(method, path) for method, path, _, _ in ALL}
    for line in DESIGN.split("\n"):
        methods, _, path = line.strip().partition(" ")
        for method in methods.split(","):
            assert (method, path) in known, line


DESIGN = """POST /accounts
POST /email-verifications
POST /sessions
DELETE /sessions/current
GET,PATCH /me
POST /me/reauthentication
GET /me/sessions
GET /me/activity
GET /products
GET /terms
POST /quotes
POST,GET /orders
POST /orders/{order_id}/confirmation
POST /orders/{order_id}/withdrawal
POST /orders/{order_id}/withdrawal/confirm
POST /staff/orders/{order_id}/refunds
PUT /staff/orders/{order_id}/seats
PUT /staff/licenses/{license_id}/revocation
PUT,DELETE /staff/buyers/{person_id}/ban
GET /staff/licensing/search
GET /staff/refunds
DELETE /staff/refunds/{refund_id}
PUT /staff/refunds/{refund_id}/transfer
POST /orders/{order_id}/payments
DELETE /orders/{order_id}
GET /licenses
DELETE /licenses/{license_id}
POST /licenses/{license_id}/restoration
POST /licenses/validate
POST /licenses/activate
POST /licenses/deactivate
POST /licenses/files
POST /licenses/{license_id}/offline-files
GET /.well-known/lethe-keys
GET /invoices
GET /invoices/{invoice_id}
GET /invoices/{invoice_id}/document
GET /staff/invoices/{invoice_id}/document
POST /staff/exports/vat-register
POST /staff/exports/oss-return
POST /staff/exports/ledger
POST /webhooks/payments
POST /webhooks/stripe
POST /newsletter/subscriptions
POST /newsletter/confirmations
GET,POST /newsletter/unsubscribe/{token}
GET /consents
PUT /consents/{purpose}/{channel}
POST,GET /me/privacy-requests
GET,DELETE /me/privacy-requests/{case_id}
POST /privacy-requests
POST /privacy-requests/confirmations
POST /privacy-requests/tokens
POST /privacy-requests/tokens/confirmations
GET,DELETE /privacy-requests/{token}
GET /privacy-requests/{token}/certificate
POST /password-resets
POST /password-resets/{token}
POST /me/email
POST /me/email/confirmations
GET,POST /email-changes/{token}"""

MALFORMED = {
    "no JSON": (b'{"email": ', 400),
    "not UTF-8": (b'{"email": "\xff"}', 400),
    "UTF-16": ('{"email": "a"}'.encode("utf-16"), 400),
    "a key twice": (b'{"email": "a@example.com", "email": "b@example.com"}', 400),
    "NaN": (b'{"email": NaN}', 400),
    "very deep": (b"[" * 30_000, 400),
    "a number of 5000 digits": (b'{"email": ' + b"9" * 5000 + b"}", 400),
    "a list": (b"[]", 422),
    "null": (b"null", 422),
    "a string": (b'"text"', 422),
    "nothing": (b"", 422),
    "too large": (b" " * 70_000, 413),
    "far too large": (b" " * 3_000_000, 413),
}


@pytest.mark.parametrize(("method", "path"), WITH_BODY, ids=[" ".join(each) for each in WITH_BODY])
async def test_malformed_bodies(client: httpx.AsyncClient, method: str, path: str) -> None:
    refused_first = 503 if (method, path) in OF_MEMBERS else 0  # identity, which is absent, is asked before
    scans = {"too large": (b" " * (PROOF_BYTES + 1), 413)} if path.endswith("/proof") else {}
    for case, (body, status) in (MALFORMED | scans).items():
        answer = await client.request(method, filled(path), content=body, headers=JSON | bearer(NOBODY))
        wanted = refused_first if refused_first and status == 422 else status
        assert problem(answer, wanted), case


@pytest.mark.parametrize(("method", "path"), WITH_BODY, ids=[" ".join(each) for each in WITH_BODY])
async def test_other_media_types_are_refused(client: httpx.AsyncClient, method: str, path: str) -> None:
    for kind in (b"text/plain", b"application/xml", b"application/jsonx", b"", "ąę".encode(), b"a/b/c;;="):
        headers = {b"Content-Type": kind} if kind else {}
        answer = await client.request(method, filled(path), content=b"{}", headers=headers)
        problem(answer, 415)


@pytest.mark.parametrize(("method", "path"), OF_MEMBERS, ids=[" ".join(each) for each in OF_MEMBERS])
async def test_members_only(client: httpx.AsyncClient, method: str, path: str) -> None:
    body = b"{}" if (method, path) in WITH_BODY else None
    for shown in (b"", b"Basic abc", b"Bearer", b"Bearer short", b"Bearer " + b"x" * 5000, f"Bearer {SECRET}".encode()):
        headers = {b"Content-Type": b"application/json"} | ({b"Authorization": shown} if shown else {})
        answer = await client.request(method, filled(path), content=body, headers=headers)
        problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_an_absent_service_is_a_problem_at_once(client: httpx.AsyncClient) -> None:
    for path in ("/products", "/me", f"/newsletter/unsubscribe/{NOBODY}"):
        answer = await client.get(path, headers=bearer(NOBODY))
        problem(answer, 503)
        assert int(answer.headers["retry-after"]) > 0


FIELDS: list[tuple[str, dict[str, Any], str]] = [
    ("/accounts", {"email": f"{SECRET}@", "password": "long enough", "full_name": "A"}, "email"),
    ("/accounts", {"email": "a@example.com", "password": "long enough", "full_name": f"{SECRET}\0"}, "full_name"),
    ("/accounts", {"email": "a@example.com", "password": f"\0{SECRET}", "full_name": "A"}, "password"),
    ("/accounts", {"email": "a@example.com", "password": "\ud800" * 9, "full_name": "A"}, "password"),
    ("/accounts", {"email": "a@example.com", "password": "x" * 201, "full_name": "A"}, "password"),
    ("/accounts", {"email": "a@example.com", "password": 12345678, "full_name": "A"}, "password"),
    ("/accounts", {"email": "a@example.com", "password": "long enough", "full_name": "A", "role": SECRET}, "role"),
    (
        "/accounts",
        {"email": "a@example.com", "password": "long enough", "full_name": "A", "country": SECRET},
        "country",
    ),
    ("/email-verifications", {"email": "a@example.com", "code": SECRET}, "code"),
    ("/sessions", {"email": "a@example.com", "password": SECRET, "ip": "127.0.0.1"}, "ip"),
    ("/licenses/validate", {"key": ""}, "key"),
    ("/licenses/validate", {"key": "K", "nonce": f"{SECRET} "}, "nonce"),
    ("/licenses/validate", {"key": "K", "nonce": "n" * 65}, "nonce"),
    ("/licenses/files", {"key": "K", "fingerprint": "f" * 9, "nonce": SECRET}, "nonce"),
    ("/licenses/activate", {"key": "K", "fingerprint": "f" * 9, "label": f"{SECRET}\u202e"}, "label"),
    ("/licenses/activate", {"key": "K", "fingerprint": "f" * 9, "label": "l" * 61}, "label"),
    ("/licenses/files", {"key": "K", "fingerprint": "f" * 7}, "fingerprint"),
    ("/licenses/activate", {"key": "K", "fingerprint": f"{SECRET}\0aaaaaaaaaaa"}, "fingerprint"),
    ("/privacy-requests", {"email": SECRET}, "email"),
    ("/privacy-requests", {"email": "a@example.com", "terminate_contract": SECRET}, "terminate_contract"),
    ("/privacy-requests", {"email": "a@example.com", "terminate_contract": 1}, "terminate_contract"),
    ("/privacy-requests", {"email": "a@example.com", "language": SECRET}, "language"),
    ("/privacy-requests", {"email": "a@example.com", "terminate_contrat": True}, "terminate_contrat"),
    ("/privacy-requests/tokens", {"email": SECRET}, "email"),
    ("/privacy-requests/tokens", {"email": "a@example.com", "terminate_contract": True}, "terminate_contract"),
    ("/privacy-requests/tokens/confirmations", {"request_id": str(uuid4()), "code": "1"}, "code"),
    ("/privacy-requests/confirmations", {"request_id": SECRET, "code": "12345678"}, "request_id"),
    ("/privacy-requests/confirmations", {"request_id": str(uuid4()), "code": "1"}, "code"),
    ("/privacy-requests/confirmations", {"request_id": str(uuid4()), "code": "12345678", "token": "t" * 40}, "token"),
    ("/newsletter/subscriptions", {"email": "a@example.com", "text_version": "\0"}, "text_version"),
]


@pytest.mark.parametrize(("path", "body", "field"), FIELDS)
async def test_a_bad_field_is_named_without_its_value(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await client.post(path, content=json.dumps(body), headers=JSON)
    refusal = problem(answer, 422)
    assert [error["field"] for error in refusal["errors"]] == [field]
    assert refusal["errors"][0]["message"]
    assert SECRET not in answer.text
    assert "9f3a" not in answer.text


async def test_names_that_a_client_makes_up_are_cleaned(client: httpx.AsyncClient) -> None:
    body = {"email": "a@example.com", "<script>ż\0": 1, "x" * 500: 2}
    refusal = problem(await client.post("/privacy-requests", content=json.dumps(body), headers=JSON), 422)
    assert {error["field"] for error in refusal["errors"]} == {"?script???", "x" * 60}
    half = {"email": "a@example.com", "\ud800": 1}
    problem(await client.post("/privacy-requests", content=json.dumps(half), headers=JSON), 422)


async def test_paths_and_methods_that_do_not_exist(client: httpx.AsyncClient) -> None:
    for path in ("/", "/nope", "/me/", "/orders/../me/x", "/%00", "/%ff", "/a%2Fb", "/openapi.json/x", "/docs"):
        problem(await client.get(path), 404)
    answer = await client.put("/me/privacy-requests")
    problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, POST"
    answer = await client.post("/privacy-requests/" + NOBODY)
    problem(answer, 405)
    assert answer.headers["allow"] == "DELETE, GET, HEAD"


async def test_tokens_and_ids_that_nobody_has(client: httpx.AsyncClient) -> None:
    problem(await client.get(f"/privacy-requests/{NOBODY}"), 404)
    problem(await client.delete(f"/privacy-requests/{NOBODY}"), 404)
    problem(await client.get(f"/privacy-requests/{NOBODY}/certificate"), 404)
    for wrong in ("short", "x" * 201, "%00" * 20, "ż" * 20, "a" * 19 + "%0a", "a" * 30 + "%00"):
        problem(await client.get(f"/privacy-requests/{wrong}"), 404)
    for wrong in ("1", "%00", "00000000-0000-0000-0000-00000000000g", "9" * 400):
        problem(await client.get(f"/invoices/{wrong}", headers=bearer(NOBODY)), 404)
    body = {"request_id": str(uuid4()), "code": "12345678"}
    refusal = problem(await client.post("/privacy-requests/confirmations", json=body), 422)
    assert refusal["errors"][0]["field"] == "code"


async def test_the_same_key_does_it_once(client: httpx.AsyncClient) -> None:
    key, body = {"Idempotency-Key": str(uuid4())}, {"email": "once@example.com"}
    first = await client.post("/privacy-requests", json=body, headers=key)
    again = await client.post("/privacy-requests", json=body, headers=key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    other = await client.post("/privacy-requests", json={"email": "other@example.com"}, headers=key)
    assert problem(other, 422)["errors"][0]["field"] == "Idempotency-Key"
    unlike = await client.post("/privacy-requests", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert unlike.json() != first.json()
    for bad in (b"k" * 201, b"k k", "ż".encode()):
        wrong = await client.post("/privacy-requests", json=body, headers={b"Idempotency-Key": bad})
        problem(wrong, 422)


async def test_webhooks(client: httpx.AsyncClient) -> None:
    signed = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    refusal = problem(await client.post("/webhooks/payments", content=b"{}"), 422)
    assert {error["field"] for error in refusal["errors"]} == set(signed)
    problem(await client.post("/webhooks/payments", content=b"\xff", headers=signed), 400)
    problem(await client.post("/webhooks/payments", content=b"\0", headers=signed), 422)
    problem(await client.post("/webhooks/payments", content=b"x" * 70_000, headers=signed), 503)
    problem(await client.post("/webhooks/payments", content=b"x" * 300_000, headers=signed), 413)
    problem(await client.post("/webhooks/payments", content=b"{}", headers=signed), 503)
    refusal = problem(await client.post("/webhooks/stripe", content=b"{}"), 422)
    assert [error["field"] for error in refusal["errors"]] == ["stripe-signature"]
    of_stripe = {"stripe-signature": "t=1,v1=x"}
    problem(await client.post("/webhooks/stripe", content=b"x" * 70_000, headers=of_stripe), 503)
    problem(await client.post("/webhooks/stripe", content=b"x" * 300_000, headers=of_stripe), 413)


async def test_a_body_that_never_ends(harness: Harness) -> None:
    async with gateway_client(harness, body_timeout_s=0.2) as client:
        host, port = urlsplit(str(client.base_url)).hostname, urlsplit(str(client.base_url)).port
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"POST /accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        answer = await asyncio.wait_for(reader.readuntil(b"}"), PATIENCE_S)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in answer


async def test_every_answer_carries_the_safe_headers(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/nope", "/me", "/openapi.json", f"/privacy-requests/{NOBODY}"):
        answer = await client.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


async def test_the_access_log_knows_neither_tokens_nor_addresses(client: httpx.AsyncClient) -> None:
    structlog.reset_defaults()
    token, agent = "LogTokenLogTokenLogTokenLogToken", "agent-of-somebody"
    with capture_logs() as lines:
        await client.get(f"/privacy-requests/{token}?email=somebody@example.com", headers={"User-Agent": agent})
        await client.get("/me", headers=bearer(token))
        await client.post("/privacy-requests", json={"email": "somebody@example.com"})
        await client.get(f"/nope/{token}")
    text = json.dumps(lines)
    assert [line["route"] for line in lines if line["event"] == "request"] == [
        "/privacy-requests/{token}",
        "/me",
        "/privacy-requests",
        "unmatched",
    ]
    for personal in (token, agent, "127.0.0.1", "somebody"):
        assert personal not in text


async def test_not_ready_without_the_broker(harness: Harness) -> None:
    async with gateway_client(harness, amqp_url="amqp://guest:guest@127.0.0.1:1/none") as client:
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 503
        problem(await client.get("/products"), 503)
