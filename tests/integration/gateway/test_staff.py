"""Staff through the gateway: what their roles allow and nothing else, and each act in the audit."""

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import identity
from shared.contracts.actors import ROLES, Role
from tests import harness as harnesses
from tests.gateway import bearer, problem, sign_up
from tests.harness import Harness, eventually
from tests.integration.gateway.test_refusals import OF_MEMBERS, filled
from tests.staff import PASSWORD

ID = uuid4()
ANYTHING = {"subject": "News", "text": "Much has happened."}
PRODUCT = {"name": "SEO Pro", "net": 10_000, "device_limit": 2}
CASE = f"/staff/privacy-requests/{ID}"
LETTER = {
    "right": "access",
    "channel": "letter",
    "received_at": "2026-01-05T12:00:00Z",
    "email": "nobody.known@example.com",
}
REFUSAL = {"refused": [{"ground": "excessive"}], "reasons": "It is the fourth one of this week."}
OSS_QUARTER = {"quarter": "2026-Q4", "rates": [{"quarter": "2026-Q4", "pln_per_eur": "4.2500"}]}
SignIn = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with harnesses.serving(servers, IDENTITY, PRIVACY, LICENSING, MARKETING) as served:
        yield served


@pytest.fixture
async def sign_in(harness: Harness, client: httpx.AsyncClient) -> SignIn:
    """Joins the staff with some roles, the way people do, and signs in; answers the session's header."""

    async def joined(*roles: Role) -> dict[str, str]:
        email = f"{secrets.token_hex(6)}@example.com"
        async with harness.asking() as operator:
            invitation = await operator.request(identity.InviteStaff(email=email, roles=roles))
        chosen = {"token": invitation.token, "password": PASSWORD}
        enrollment = (await client.post("/staff/enrollments", json=chosen)).json()
        assert enrollment["uri"].startswith("otpauth://totp/Lethe:")
        shown = {"token": invitation.token, "code": pyotp.TOTP(enrollment["secret"]).now()}
        codes = (await client.post("/staff/enrollments/confirmations", json=shown)).json()["codes"]
        proof = {"email": email, "password": PASSWORD, "code": codes[0]}
        answer = await client.post("/staff/sessions", json=proof)
        assert answer.status_code == 201, answer.text
        problem(await client.post("/staff/sessions", json=proof), 401)
        return bearer(answer.json()["token"])

    return joined


ACTS: list[tuple[str, str, Any, set[Role], int]] = [
    ("PUT", "/staff/products/seo-pro", PRODUCT, {"administrator"}, 204),
    ("GET", "/staff/products/seo-pro/versions", None, {"administrator", "finance", "support"}, 200),
    ("PUT", f"/staff/licenses/{ID}/suspension", None, {"support", "administrator"}, 404),
    ("DELETE", f"/staff/licenses/{ID}/suspension", None, {"support", "administrator"}, 404),
    ("PUT", f"/staff/licenses/{ID}/revocation", {"reason": "fraud"}, {"administrator"}, 404),
    ("PUT", f"/staff/buyers/{ID}/ban", {"reason": "fraud"}, {"administrator"}, 404),
    ("DELETE", f"/staff/buyers/{ID}/ban", None, {"administrator"}, 404),
    ("GET", f"/staff/licensing/search?order={ID}&purpose=answering", None, {"finance", "support"}, 200),
    ("PUT", f"/staff/orders/{ID}/transfer", None, {"finance"}, 404),
    ("GET", f"/staff/invoices/{ID}/document", None, {"finance", "support"}, 404),
    ("POST", "/staff/exports/vat-register", {"month": "2026-11"}, {"finance"}, 200),
    ("POST", "/staff/exports/ledger", {"first_day": "2026-11-30", "last_day": "2026-11-01"}, {"finance"}, 422),
    ("POST", "/staff/exports/oss-return", OSS_QUARTER, {"finance"}, 200),
    ("GET", "/staff/payment-cases", None, {"finance", "support"}, 200),
    ("PUT", f"/staff/payment-cases/{ID}/resolution", None, {"finance", "support"}, 404),
    ("POST", "/staff/person-links", {"subject_id": str(ID), "other_id": str(uuid4())}, {"support", "officer"}, 404),
    ("GET", "/staff/privacy-requests", None, {"officer", "support"}, 200),
    ("GET", f"/staff/privacy-requests/{ID}?purpose=answering", None, {"officer", "support"}, 404),
    ("PUT", f"/staff/privacy-requests/{ID}/assignee", {"assignee": None}, {"officer", "support"}, 404),
    ("POST", f"/staff/privacy-requests/{ID}/notes", {"text": "Called back."}, {"officer", "support"}, 404),
    ("POST", "/staff/privacy-requests", LETTER, {"officer", "support"}, 404),
    ("PUT", f"{CASE}/identity-question", {"question": "Which invoice was your last one?"}, {"officer"}, 404),
    ("PUT", f"{CASE}/identity-answer", {"answered_on": "2026-01-05"}, {"officer", "support"}, 404),
    ("PUT", f"{CASE}/approval", {"identified_by": "callback"}, {"officer"}, 404),
    ("PUT", f"{CASE}/extension", {"reason": "number", "explanation": "There were four of them."}, {"officer"}, 404),
    ("PUT", f"{CASE}/refusal", REFUSAL, {"officer"}, 404),
    ("PUT", f"/staff/privacy-requests/{ID}/lifting-notice", {"reason": "The address is right now."}, {"officer"}, 404),
    ("PUT", f"/staff/privacy-requests/{ID}/lifting", None, {"officer"}, 404),
    ("POST", "/staff/campaigns", ANYTHING, {"marketer"}, 201),
    ("GET", "/staff/campaigns", None, {"marketer"}, 200),
    ("GET", f"/staff/campaigns/{ID}", None, {"marketer"}, 404),
    ("PUT", f"/staff/campaigns/{ID}/start", None, {"marketer"}, 404),
    ("DELETE", f"/staff/campaigns/{ID}", None, {"marketer"}, 404),
]


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_does_what_is_its_own(client: httpx.AsyncClient, sign_in: SignIn, role: Role) -> None:
    who = await sign_in(role)
    for method, path, body, roles, status in ACTS:
        answer = await client.request(method, path, json=body, headers=who)
        assert answer.status_code == (status if role in roles else 403), (method, path, answer.text)


OF_STAFF = [(method, path) for method, path in OF_MEMBERS if path.startswith("/staff/")]


async def test_a_member_is_no_staff_and_staff_is_no_member(
    client: httpx.AsyncClient, sign_in: SignIn, mail: Path
) -> None:
    _, token = await sign_up(client, mail)
    staff = await sign_in(*ROLES)
    assert (await client.get("/me", headers=bearer(token))).status_code == 200
    for method, path, body, _, _ in ACTS:
        for who in (bearer(token), {}):
            problem(await client.request(method, path, json=body, headers=who), 401)
    for method, path in OF_STAFF:
        problem(await client.request(method, filled(path), json={}, headers=bearer(token)), 401)
    problem(await client.get("/me", headers=staff), 401)


async def test_an_act_is_in_the_audit_with_who_did_it(
    client: httpx.AsyncClient, harness: Harness, sign_in: SignIn
) -> None:
    """Published in the transaction of the act: what was refused is not there."""
    who = await sign_in("marketer")
    campaign = (await client.post("/staff/campaigns", json=ANYTHING, headers=who)).json()["id"]
    assert (await client.delete(f"/staff/campaigns/{campaign}", headers=who)).status_code == 204
    problem(await client.delete(f"/staff/campaigns/{uuid4()}", headers=who), 404)
    async with harness.superuser("identity") as database:
        sql = "SELECT act, about, staff_id FROM audit WHERE act LIKE 'marketing.%' AND about ->> 'campaign_id' = $1"
        (row,) = await eventually(lambda: database.fetch(sql, campaign))
        own = "SELECT act FROM audit WHERE staff_id = $1 ORDER BY entry"
        created = "SELECT true FROM audit WHERE staff_id = $1 AND act = 'marketing.create-campaign'"
        await eventually(lambda: database.fetchval(created, row["staff_id"]))  # it may come after what was done later
        acts = [each["act"] for each in await database.fetch(own, row["staff_id"])]
    assert (row["act"], json.loads(row["about"])) == ("marketing.cancel-campaign", {"campaign_id": campaign})
    assert acts[:3] == ["enrolled", "signed in", "sign-in failed"]
    assert sorted(acts[3:]) == ["marketing.cancel-campaign", "marketing.create-campaign"]


async def test_who_signs_out_is_out(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    who = await sign_in("finance")
    assert (await client.get("/staff/payment-cases", headers=who)).status_code == 200
    assert (await client.delete("/staff/sessions/current", headers=who)).status_code == 204
    problem(await client.get("/staff/payment-cases", headers=who), 401)
