"""Signed webhooks to recipients: how they are set up, where they may lead, how long they are tried."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook

from services.privacy import app
from services.privacy.recipients import webhooks
from services.privacy.recipients.webhooks import LAST_TRY
from services.privacy.register.loading import load
from services.privacy.register.model import Register
from services.privacy.register.recipients import Recipient
from services.privacy.settings import PrivacySettings
from shared.lifecycle import CannotStart
from shared.service import running
from shared.settings import what_is_wrong
from shared.webhooks import posting, signing
from shared.webhooks.signing import Target, Tried
from tests.receiver import SECRET, receiver

OTHER = f"whsec_{'q' * 44}"
THERE = "https://recipient.example/webhooks"
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
NEEDED = {"amqp_url": "amqp://x", "postgres_url": "postgresql://x", "ledger": "x", "keys": f"1:{'k' * 40}"}
NEEDED |= {"assertion_keys": ""}


def with_webhook(url: str = THERE) -> Register:
    register = load()
    changed = register.recipients["payments"].model_copy(update={"webhook": url})
    return replace(register, recipients={**register.recipients, "payments": changed})


def settings(**values: Any) -> PrivacySettings:
    return PrivacySettings.model_validate(NEEDED | values)


@pytest.mark.parametrize(
    ("url", "secrets", "sentence"),
    [
        (THERE, "", "payments has a webhook in recipients.toml and no secret in LETHE_PRIVACY_WEBHOOK_SECRETS"),
        (THERE, f"payments:{SECRET},mail:{SECRET}", "mail has a secret in LETHE_PRIVACY_WEBHOOK_SECRETS and no"),
        ("http://127.0.0.1:9/", f"payments:{SECRET}", "payments has a webhook without TLS"),
    ],
)
async def test_privacy_does_not_start_as_it_is_set_up(
    monkeypatch: pytest.MonkeyPatch, url: str, secrets: str, sentence: str
) -> None:
    monkeypatch.setattr(app, "loaded_register", lambda: with_webhook(url))
    with pytest.raises(CannotStart, match=sentence) as refused:
        async with running(app.SERVICE, settings(webhook_secrets=secrets)):
            pass
    assert SECRET not in str(refused.value)


def test_a_secret_may_take_anothers_place() -> None:
    given = settings(webhook_secrets=f"payments:{SECRET}, payments:{OTHER}")
    target = webhooks.targets(with_webhook(), given.secrets_of_recipients, local=False)["payments"]
    fields = signing.headers(target, uuid4(), datetime.now(UTC), b"{}")
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(b"{}", fields)


@pytest.mark.parametrize("secrets", ["payments", SECRET, f"payments={SECRET}", "payments:whsec_short", f":{SECRET}"])
def test_a_secret_that_is_none_names_its_setting_and_not_itself(secrets: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(webhook_secrets=secrets)
    said = what_is_wrong("privacy", refused.value)
    assert said.startswith("privacy: settings are missing or wrong: LETHE_WEBHOOK_SECRETS: ")
    assert "whsec_short" not in said
    assert SECRET not in said


@pytest.mark.parametrize(
    "url",
    [
        "recipient.example",
        "ftp://recipient.example/",
        "https:///webhooks",
        "http://recipient.example/",
        "https://me:secret@recipient.example/",
        "https://recipient.example/#here",
        "https://recipient.example:port/",
    ],
)
def test_a_webhook_that_leads_nowhere_is_no_entry(url: str) -> None:
    entry = load().recipients["payments"].model_dump(exclude_none=True)
    with pytest.raises(ValidationError) as refused:
        Recipient.model_validate(entry | {"webhook": url})
    assert [error["loc"] for error in refused.value.errors()] == [("webhook",)]
    assert Recipient.model_validate(entry | {"webhook": THERE}).webhook == THERE


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("[::1]", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:10.0.0.1]", "localhost", "2130706433", "224.0.0.1"),
    ],
)
async def test_nothing_inside_is_asked(host: str) -> None:
    """Nobody learns what answers there: no connection is made."""
    open_to_all = posting.Sender(30, local=False)
    asked: list[object] = []
    server = await asyncio.start_server(lambda *client: asked.append(client), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    tried = await posting.post(open_to_all, Target(f"https://{host}:{port}/", [SECRET]), uuid4(), b"{}")
    server.close()
    assert (tried.fault, asked) == ("forbidden address", [])
    assert not signing.is_forbidden("8.8.8.8")
    assert not signing.is_forbidden("2606:4700::1111")


async def test_what_was_looked_at_is_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is looked up again may lead elsewhere; and what it was called is what it must show."""
    seen: list[Any] = []

    async def send(_client: Any, request: Any, **_options: Any) -> Any:
        seen.append(request)
        raise httpx.ConnectError("no")

    async def found(_url: Any) -> list[str]:
        return ["93.184.216.34"]

    monkeypatch.setattr(httpx.AsyncClient, "send", send)
    monkeypatch.setattr(posting, "_addresses", found)
    open_to_all = posting.Sender(30, local=False)
    assert (await posting.post(open_to_all, Target(THERE, [SECRET]), uuid4(), b"{}")).fault == "no connection"
    (request,) = seen
    assert (request.url.host, request.headers["host"]) == ("93.184.216.34", "recipient.example")
    assert request.extensions["sni_hostname"] == "recipient.example"


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    async with receiver() as there:
        inside = posting.Sender(30, local=True)
        tried = await posting.post(inside, Target(f"{there.url}/fine", [SECRET]), uuid4(), b"{}")
    assert (tried.fault, len(there.asked)) == ("", 1)


@pytest.mark.parametrize(
    ("said", "rest_s"),
    [
        ("120", 120),
        ("864000", 86_400),
        ("-5", 0),
        ("Sat, 28 Nov 2026 12:10:00 GMT", 600),
        ("Sat, 28 Nov 2026 11:00:00 GMT", 0),
        ("Mon, 07 Dec 2026 12:00:00 GMT", 86_400),
        ("soon", 0),
        ("", 0),
        ("9" * 400, 86_400),
        ("١٢", 12),
        ("1e3", 0),
    ],
)
def test_a_recipient_may_ask_for_a_rest_of_a_day(said: str, rest_s: float) -> None:
    assert signing.answered(429, said, NOW).rest_s == pytest.approx(rest_s)


def test_it_is_tried_for_three_days_and_not_for_ever() -> None:
    failed = Tried("500")
    days = sum(signing.wait_s(failed, tries) for tries in range(1, LAST_TRY)) / 86_400
    assert 2.4 < days < 3.7
    assert [webhooks.is_over(failed, tries) for tries in (LAST_TRY - 1, LAST_TRY)] == [False, True]
    assert webhooks.is_over(Tried("410"), 1)
    assert signing.wait_s(Tried("429", rest_s=7200), 1) == 7200


@pytest.mark.parametrize(
    ("about", "lifted", "kind"),
    [
        ("erasure", False, "recipient.erasure"),
        ("rectification", False, "recipient.rectification"),
        ("restriction", False, "recipient.restriction"),
        ("restriction", True, "recipient.restriction-lifted"),
    ],
)
def test_the_body_says_what_it_is_about(about: Any, lifted: bool, kind: str) -> None:
    written = NOW - timedelta(days=1)
    said = [webhooks.body(about, [], load(), written, lifted=lifted) for _ in range(2)]
    assert f'"type":"{kind}"'.encode() in said[0]
    assert b'"timestamp":"2026-11-27T12:00:00Z"' in said[0]
    assert said[0] == said[1]
