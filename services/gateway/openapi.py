"""The OpenAPI document: what FastAPI knows of the routes, and what linters and their readers miss there."""

from functools import cache, partial
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.gateway import problems

ABOUT = """\
People act from a session (`Authorization: Bearer ...`, by `POST /sessions`), or without an account by a case's token.
Programs show a license key. What creates something takes an `Idempotency-Key`: the same request with the same key is
done once.

A refusal is a problem (RFC 9457) that names the field. 429 says in `Retry-After` when to come back, and so does 503."""
METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))
TAGS = {
    "accounts": "Signing up, confirming the address, forgotten passwords.",
    "sessions": "Signing in, proving again that it is you, signing out.",
    "profile": "What the vendor knows about you, and changing it.",
    "orders": "The catalogue, orders, payments and invoices.",
    "licenses": "Your licenses and the devices that use them.",
    "license keys": "For programs: is this key valid here, take a seat, give it back.",
    "webhooks": "For the payment provider.",
    "payment sandbox": "A page that plays the payment provider; only where a setting asks for it.",
    "newsletter": "Subscribing by a confirmed address, leaving by one click.",
    "privacy notice": "The notice in force, and its earlier versions.",
    "evidence": "What certificates are checked with: the signed head of an append-only log, and its public keys.",
    "consents": "What you agreed to, by which words, and changing your mind.",
    "cookie choices": "What visitors let websites store on their devices: for any site, without an account.",
    "my privacy requests": "Your rights, from your session.",
    "privacy requests": "Your rights without an account: by a mailed code, then by the token of the case.",
    "staff": "For the vendor's staff: joining, signing in with a second factor, signing out.",
    "staff: sales": "Products, suspensions, bans, transfers, refunds, disputed money, and what somebody bought.",
    "staff: invoices": "Anybody's invoice as a document, and the books for the bookkeeper.",
    "staff: KSeF": "Invoices on their way to the national system of e-invoices, and what it has of them.",
    "staff: webhooks": "Systems of the vendor's that are told what happens to sales and licenses.",
    "staff: people": "Two ids that are one person.",
    "staff: reviews": "Deciding objections and contested decisions.",
    "staff: privacy requests": "The desk: the requests of people, their clocks, what is decided about them.",
    "staff: restrictions": "Announcing that a restriction will be lifted, and lifting it.",
    "staff: recipients": "Telling recipients by hand what became of data that they got, answering who asks.",
    "staff: notices": "The privacy notice: what a draft changes, approving, publishing and withdrawing it.",
    "staff: legal holds": "Keeping data in spite of its date: placing, reviewing, releasing a hold.",
    "staff: authorities": "Requests of authorities for data: recording, deciding, when people are told.",
    "staff: breaches": "Personal data breaches: recording, judging, reporting in time, telling people.",
    "staff: consents": "Proving what somebody agreed to.",
    "staff: campaigns": "Mail to those who consented.",
}


def document(app: FastAPI, public_url: str) -> dict[str, Any]:
    """The document of all routes; an operation that needs no session says so."""
    whole = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=ABOUT,
        contact={"name": "Privacy officer", "url": public_url.rstrip("/") + "/privacy-notice"},
        routes=app.routes,
        tags=[{"name": name, "description": about} for name, about in TAGS.items()],
        servers=[{"url": public_url.rstrip("/")}],
    )
    problems.describe(whole)
    for path in whole["paths"].values():
        for method in METHODS & path.keys():
            path[method].setdefault("security", [])
    return whole


def install(app: FastAPI, public_url: str) -> None:
    """Serve this document; it is made once."""
    app.openapi = cache(partial(document, app, public_url))  # type: ignore[method-assign]
