"""A stand-in for Stripe: answers as its API is documented to, signs its webhooks, and has bad moods when told to.

Bodies are form-encoded, the key is a bearer token. A POST that is repeated under its idempotency key is answered alike;
with other parameters it is an error of the type `idempotency_error`.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.clock import now
from shared.contracts.licensing import PaymentWebhook

KEY = "sk_test_stand_in"
SECRET = "whsec_stand_in"
API_VERSION = "2026-10-28.endive"
A_DAY = 86_400

ERRORS: dict[str, tuple[int, dict[str, str]]] = {
    "declined": (402, {"type": "card_error", "code": "card_declined", "message": "jan.kowalski@example.com: declined"}),
    "busy": (429, {"type": "rate_limit", "code": "rate_limit", "message": "Too many requests"}),
    "broken": (500, {"type": "api_error", "message": "Something went wrong"}),
}


@dataclass(frozen=True)
class Call:
    """A request as it arrived."""

    method: str
    path: str
    params: dict[str, str]
    idempotency_key: str


@dataclass
class StandIn:
    """An account at Stripe. `moods` are taken in turn, one for each call: `declined`, `busy`, `broken`, `silent`."""

    url: str = ""
    moods: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    remembered: dict[str, tuple[Call, int, dict[str, Any]]] = field(default_factory=dict)

    def session_of(self, reference: str) -> dict[str, Any]:
        return next(each for each in self.sessions.values() if each["client_reference_id"] == reference)

    def pay(self, reference: str, amount: int | None = None) -> dict[str, Any]:
        """Somebody pays on the page of a session: answers the session, which names its PaymentIntent."""
        session = self.session_of(reference)
        paid = session["amount_total"] if amount is None else amount
        intent: dict[str, Any] = {
            "id": f"pi_{uuid4().hex}",
            "object": "payment_intent",
            "amount": paid,
            "amount_received": paid,
            "currency": "pln",
            "metadata": {"reference": reference},
            "status": "succeeded",
        }
        self.intents[intent["id"]] = intent
        session |= {
            "payment_intent": intent["id"],
            "payment_status": "paid",
            "status": "complete",
            "amount_total": paid,
        }
        return session

    def refund(self, intent: str, amount: int, metadata: dict[str, str] | None = None) -> dict[str, Any]:
        """Money goes back, by a call or by hand in the dashboard."""
        made: dict[str, Any] = {
            "id": f"re_{uuid4().hex}",
            "object": "refund",
            "amount": amount,
            "charge": f"ch_{intent[3:]}",
            "created": int(now().timestamp()),
            "currency": "pln",
            "metadata": metadata or {},
            "payment_intent": intent,
            "reason": None,
            "status": "succeeded",
        }
        self.refunds[made["id"]] = made
        return made

    def dispute(self, intent: str, amount: int, status: str, name: str = "") -> dict[str, Any]:
        """The payer's bank takes it back."""
        return {
            "id": name or f"du_{uuid4().hex}",
            "object": "dispute",
            "amount": amount,
            "charge": f"ch_{intent[3:]}",
            "created": int(now().timestamp()),
            "currency": "pln",
            "evidence_details": {"due_by": 1_798_113_600, "has_evidence": False, "past_due": False},
            "is_charge_refundable": False,
            "metadata": {},
            "payment_intent": intent,
            "reason": "fraudulent",
            "status": status,
        }


class Quiet(uvicorn.Server):
    """Signals are for the tests."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def webhook(kind: str, about: dict[str, Any], *, secrets: Sequence[str] = (SECRET,), age_s: int = 0) -> PaymentWebhook:
    """What Stripe posts about an object; signed by two secrets while one is being replaced by the other."""
    event = {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "api_version": API_VERSION,
        "created": int(now().timestamp()),
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    body, at = json.dumps(event, indent=2), int(now().timestamp()) - age_s
    signed = [hmac.new(each.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest() for each in secrets]
    header = ",".join([f"t={at}", *(f"v1={each}" for each in signed), "v0=an_older_scheme"])
    return PaymentWebhook(body=body, webhook_id="", timestamp="", signature=header)


@contextlib.asynccontextmanager
async def stand_in() -> AsyncIterator[StandIn]:
    """Listens on a port of its own until the block ends."""
    there = StandIn()
    listening = socket.create_server(("127.0.0.1", 0))
    there.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(_application(there), log_config=None, lifespan="off", timeout_graceful_shutdown=0)
    server = Quiet(config)
    running = asyncio.create_task(server.serve([listening]))
    try:
        yield there
    finally:
        server.should_exit = server.force_exit = True
        await running


def _application(there: StandIn) -> Starlette:
    async def take(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _error(401, {"type": "invalid_request_error", "message": "Invalid API Key provided"})
        params = dict(request.query_params) | {name: str(value) for name, value in (await request.form()).items()}
        call = Call(request.method, request.url.path, params, request.headers.get("idempotency-key", ""))
        there.calls.append(call)
        mood = there.moods.pop(0) if there.moods else ""
        if mood == "busy":  # refused before anything began: not remembered
            return _error(*ERRORS[mood])
        status, answer = _remembered(there, call, mood)
        if mood == "silent":  # it was done, and nobody hears of it
            await request.is_disconnected()
            await asyncio.Event().wait()
        return JSONResponse(answer, status, {"request-id": f"req_{uuid4().hex}"})

    return Starlette(routes=[Route("/v1/{path:path}", take, methods=["GET", "POST"])])


def _remembered(there: StandIn, call: Call, mood: str) -> tuple[int, dict[str, Any]]:
    """The first answer under a key, also where it was an error."""
    if call.method == "GET" or not call.idempotency_key:
        return _answer(there, call, mood)
    if call.idempotency_key in there.remembered:
        before, status, answer = there.remembered[call.idempotency_key]
        if before != call:
            message = "Keys for idempotent requests can only be used with the same parameters"
            return 400, {"error": {"type": "idempotency_error", "message": message}}
        return status, answer
    status, answer = _answer(there, call, mood)
    there.remembered[call.idempotency_key] = (call, status, answer)
    return status, answer


def _answer(there: StandIn, call: Call, mood: str) -> tuple[int, dict[str, Any]]:
    if mood in ERRORS:
        return ERRORS[mood][0], {"error": ERRORS[mood][1]}
    if (call.method, call.path) == ("POST", "/v1/checkout/sessions"):
        return 200, _session(there, call.params)
    if (call.method, call.path) == ("POST", "/v1/refunds"):
        return _refund(there, call.params)
    if call.path == "/v1/refunds":
        mine = [each for each in there.refunds.values() if each["payment_intent"] == call.params["payment_intent"]]
        return 200, {"object": "list", "data": mine, "has_more": False, "url": call.path}
    if call.path == "/v1/payment_intents/search":
        wanted = call.params["query"]
        found = [each for each in there.intents.values() if wanted == _query(each["metadata"].get("reference", ""))]
        return 200, {"object": "search_result", "data": found, "has_more": False, "url": call.path}
    intent = there.intents.get(call.path.rpartition("/")[2])
    return (200, intent) if intent else (404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}})


def _query(reference: str) -> str:
    return f"metadata['reference']:'{reference}'"


def _session(there: StandIn, params: dict[str, str]) -> dict[str, Any]:
    price = "line_items[0][price_data]"
    name = f"cs_test_{uuid4().hex}"
    there.sessions[name] = {
        "id": name,
        "object": "checkout.session",
        "amount_total": int(params[f"{price}[unit_amount]"]),
        "client_reference_id": params["client_reference_id"],
        "currency": params[f"{price}[currency]"],
        "expires_at": int(now().timestamp()) + A_DAY,
        "metadata": {"reference": params["metadata[reference]"]},
        "mode": params["mode"],
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "url": f"https://checkout.stripe.example/c/pay/{name}",
    }
    assert params["payment_intent_data[metadata][reference]"] == params["client_reference_id"]
    return there.sessions[name]


def _refund(there: StandIn, params: dict[str, str]) -> tuple[int, dict[str, Any]]:
    intent, amount = there.intents[params["payment_intent"]], int(params["amount"])
    gone = sum(each["amount"] for each in there.refunds.values() if each["payment_intent"] == intent["id"])
    if gone + amount > intent["amount_received"]:
        message = "Refund amount is greater than unrefunded amount on charge"
        return 400, {"error": {"type": "invalid_request_error", "code": "charge_already_refunded", "message": message}}
    return 200, there.refund(intent["id"], amount, {"refund": params["metadata[refund]"]})


def _error(status: int, error: dict[str, str]) -> JSONResponse:
    return JSONResponse({"error": error}, status)
