"""Visitors' choices about their devices, as sites and browsers ask for them: no account, no cookie, no script."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import NAMESPACE_URL, uuid1, uuid4, uuid5

import httpx
import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.privacy.app import SERVICE as PRIVACY
from shared.clock import today
from shared.law.calendar import months_after
from tests import harness as harnesses
from tests.gateway import gateway_client, problem
from tests.harness import Harness
from tests.staff import CHEAP_HASH

GPC = {"Sec-GPC": "1"}
SITE = {"Origin": "https://shop.example"}
ALLOWED_ORIGIN = "access-control-allow-origin"
EVERYTHING = {"statistics": True, "marketing": True}
NOTHING = {"statistics": False, "marketing": False}
A_DAY = timedelta(days=1)
TEMPLATED = re.compile(r"\{[^}]*\}")


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with harnesses.serving(servers, PRIVACY, IDENTITY, **CHEAP_HASH) as served:
        yield served


@pytest.fixture
def visitor() -> str:
    return f"/cookie-choices/{uuid4()}"


async def told(client: httpx.AsyncClient, visitor: str, **headers: str) -> dict[str, Any]:
    answer = await client.get(visitor, headers=headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def allows(answer: dict[str, Any]) -> dict[str, bool]:
    return {key: answer[key] for key in EVERYTHING}


class Page(HTMLParser):
    """What a page loads, runs and sends."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.buttons: list[dict[str, str | None]] = []
        self.ticked: list[str | None] = []
        self.elsewhere: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append(tag)
        self.elsewhere += [v for n, v in attrs if v and (n.startswith("on") or "//" in v)]
        if tag == "button":
            self.buttons.append(attributes)
        if "checked" in attributes:
            self.ticked.append(attributes["name"])


async def test_example_20_who_rejects_is_left_alone_and_asked_again_after_six_months(
    harness: Harness, client: httpx.AsyncClient, visitor: str
) -> None:
    shown = await client.get(f"{visitor}/banner")
    page = Page(shown.text)
    assert {"script", "img", "iframe", "link", "object"}.isdisjoint(page.tags)
    assert page.elsewhere == []
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert [sorted(button) for button in page.buttons] == [["name", "value"]] * 3, "no button stands out"
    assert (page.tags.count("form"), page.ticked) == (1, []), "one layer, nothing ticked beforehand"
    browser = {"User-Agent": "V-9's browser"}
    clicked = await client.post(f"{visitor}/banner", data={"choice": "refuse"}, headers=browser)
    assert clicked.status_code == 200, clicked.text
    assert "set-cookie" not in shown.headers.keys() | clicked.headers.keys()
    again = months_after(today(), 6) + A_DAY
    expected = NOTHING | {"because": "refused", "ask": False, "ask_again_on": again.isoformat()}
    assert await told(client, visitor) == expected
    async with harness.superuser("privacy") as rows:
        kept = await rows.fetchrow("SELECT * FROM cookie_choice WHERE visitor_id = $1", visitor[-36:])
        assert kept is not None
        known = {"visitor_id", "allowed", "notice_version", "made_at", "retain_until"}
        assert set(kept.keys()) == known, "nothing by which the visitor could be told from others"
        assert (kept["allowed"], kept["retain_until"]) == ([], again - A_DAY)
        await rows.execute(
            "UPDATE cookie_choice SET retain_until = $2 WHERE visitor_id = $1", visitor[-36:], today() - A_DAY
        )
    assert (await told(client, visitor))["because"] == "ask again"
    assert (await told(client, visitor))["ask"] is True


async def test_example_20_no_route_sets_a_cookie(client: httpx.AsyncClient) -> None:
    """Every route as it answers at least once: what it does for nobody in particular, and its refusals."""
    document = (await client.get("/openapi.json")).json()
    paths = [(method, TEMPLATED.sub(str(uuid4()), path)) for path, item in document["paths"].items() for method in item]
    answers = await asyncio.gather(*(client.request(method, path) for method, path in paths))
    assert len(answers) > 100
    assert [str(answer.url) for answer in answers if "set-cookie" in answer.headers] == []


async def test_what_is_allowed_is_told_to_any_site_until_it_is_taken_back(
    client: httpx.AsyncClient, visitor: str
) -> None:
    assert await told(client, visitor) == NOTHING | {"because": "not asked", "ask": True, "ask_again_on": None}
    chosen = await client.put(visitor, json={"statistics": True})
    assert chosen.status_code == 200, chosen.text
    again = (months_after(today(), 12) + A_DAY).isoformat()
    expected = {"statistics": True, "marketing": False, "because": "chosen", "ask": False, "ask_again_on": again}
    assert chosen.json() == await told(client, visitor.upper().replace("COOKIE-CHOICES", "cookie-choices")) == expected
    await client.put(visitor, json={})
    assert allows(await told(client, visitor)) == NOTHING


async def test_of_several_choices_at_once_one_counts_and_no_other_is_kept(
    harness: Harness, client: httpx.AsyncClient, visitor: str
) -> None:
    bodies = [EVERYTHING if number % 2 else NOTHING for number in range(20)]
    answers = await asyncio.gather(*(client.put(visitor, json=body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert allows(await told(client, visitor)) in (EVERYTHING, NOTHING)
    await client.put(visitor, json={"marketing": True})
    assert allows(await told(client, visitor)) == {"statistics": False, "marketing": True}
    async with harness.superuser("privacy") as rows:
        assert await rows.fetchval("SELECT count(*) FROM cookie_choice WHERE visitor_id = $1", visitor[-36:]) == 1


async def test_the_signal_of_a_browser_is_honored_on_every_request(client: httpx.AsyncClient, visitor: str) -> None:
    await client.put(visitor, json=EVERYTHING)
    signaled = await told(client, visitor, **GPC)
    assert (allows(signaled), signaled["because"]) == (NOTHING, "global privacy control")
    assert allows(await told(client, visitor, **{"Sec-GPC": "0"})) == EVERYTHING
    kept = (await client.put(visitor, json=EVERYTHING, headers=GPC)).json()
    assert (allows(kept), kept["because"]) == (NOTHING, "global privacy control")
    assert kept["ask_again_on"] == (months_after(today(), 6) + A_DAY).isoformat()
    assert (await told(client, visitor))["because"] == "refused", "it was stored as one"
    await client.post(f"{visitor}/banner", data={"choice": "allow"}, headers=GPC)
    assert allows(await told(client, visitor)) == NOTHING
    shown = await client.get(f"{visitor}/banner", headers=GPC)
    assert Page(shown.text).buttons == [], "what would not count is not offered"
    assert "Global Privacy Control" in shown.text


NOT_RANDOM = (uuid1(), uuid5(NAMESPACE_URL, "x"), "00000000-0000-0000-0000-000000000000", "V-9", "%20")


@pytest.mark.parametrize("visitor_id", NOT_RANDOM, ids=["v1", "v5", "nil", "text", "blank"])
async def test_an_id_that_is_not_random_is_refused(client: httpx.AsyncClient, visitor_id: object) -> None:
    for answer in (
        await client.get(f"/cookie-choices/{visitor_id}"),
        await client.put(f"/cookie-choices/{visitor_id}", json=EVERYTHING),
        await client.get(f"/cookie-choices/{visitor_id}/banner"),
        await client.post(f"/cookie-choices/{visitor_id}/banner", data={"choice": "allow"}),
    ):
        refused(answer, "visitor_id")


def refused(answer: httpx.Response, field: str) -> None:
    assert [error["field"] for error in problem(answer, 422)["errors"]] == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"statistic": True}, "statistic"),
        ({"statistics": True, "visitor_id": str(uuid4())}, "visitor_id"),
        ({"statistics": True, "opts_out": False}, "opts_out"),
        ({"statistics": "yes"}, "statistics"),
        ({"marketing": 1}, "marketing"),
        ({"marketing": None}, "marketing"),
    ],
)
async def test_a_choice_that_is_not_clear_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, visitor: str, body: dict[str, Any], field: str
) -> None:
    refused(await client.put(visitor, json=body), field)
    assert (await told(client, visitor))["because"] == "not asked"


async def test_a_body_that_is_too_large_is_refused(client: httpx.AsyncClient, visitor: str) -> None:
    large = await client.put(visitor, json={"statistics": True, "x": "x" * 70_000}, headers=SITE)
    problem(large, 413)
    assert large.headers[ALLOWED_ORIGIN] == "*", "a site reads why"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "choice"),
        ({"choice": "maybe"}, "choice"),
        ({"choice": ["allow", "refuse"]}, "choice"),
        ({"choice": "ticked", "loyalty": "yes"}, "loyalty"),
        ({"choice": "ticked", "statistics": "no"}, "statistics"),
    ],
)
async def test_what_the_banner_can_not_have_sent_is_refused(
    client: httpx.AsyncClient, visitor: str, form: dict[str, Any], field: str
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    refused(await client.post(f"{visitor}/banner", data=form, headers=headers), field)
    assert (await told(client, visitor))["because"] == "not asked"


async def test_the_banner_speaks_both_languages_and_shows_what_was_ticked(
    client: httpx.AsyncClient, visitor: str
) -> None:
    polish = await client.get(f"{visitor}/banner", headers={"Accept-Language": "de, pl;q=0.5, en;q=0.4"})
    english = await client.get(f"{visitor}/banner", headers={"Accept-Language": "en-GB,pl;q=0.8"})
    chosen = await client.get(f"{visitor}/banner?language=pl", headers={"Accept-Language": "en"})
    assert "Odrzuć wszystko" in polish.text
    assert "Refuse all" in english.text
    assert (english.headers["content-language"], chosen.text) == ("en", polish.text)
    clicked = await client.post(f"{visitor}/banner?language=en", data={"choice": "ticked", "marketing": "yes"})
    assert Page(clicked.text).ticked == ["marketing"]
    assert (months_after(today(), 12) + A_DAY).isoformat() in clicked.text
    await client.post(f"{visitor}/banner", data={"choice": "allow"})
    assert allows(await told(client, visitor)) == EVERYTHING
    ignored = await client.post(f"{visitor}/banner", data={"choice": "refuse", "marketing": "yes"})
    assert (ignored.status_code, allows(await told(client, visitor))) == (200, NOTHING)


async def test_pages_of_any_site_may_ask_this_and_nothing_else(client: httpx.AsyncClient, visitor: str) -> None:
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    preflight = await client.options(visitor, headers=SITE | asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-methods"]) == (204, "GET, PUT")
    assert preflight.headers["access-control-allow-headers"] == "Content-Type"
    opened = [preflight, await client.get(visitor, headers=SITE), await client.put(visitor, json={}, headers=SITE)]
    opened.append(await client.get("/cookie-choices/V-9", headers=SITE))
    assert [answer.headers.get(ALLOWED_ORIGIN) for answer in opened] == ["*"] * 4
    closed = [await client.get(f"{visitor}/banner", headers=SITE), await client.get("/privacy-notice", headers=SITE)]
    closed.append(await client.get("/cookie-choices", headers=SITE))
    closed.append(await client.options("/consents", headers=SITE | asked))
    assert [answer.headers.get(ALLOWED_ORIGIN) for answer in closed] == [None] * 4
    assert not [answer for answer in opened + closed if "access-control-allow-credentials" in answer.headers]


async def test_anybody_s_rate_holds_here_too(harness: Harness, visitor: str) -> None:
    async with gateway_client(harness, rate_open="2/hour") as client:
        answers = [await client.put(visitor, json={}, headers=SITE) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers[ALLOWED_ORIGIN] == "*"
