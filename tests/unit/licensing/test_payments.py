"""Webhooks of the payment provider: who may send them, and what they say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook

from services.licensing.payments import sandbox as sandboxes
from services.licensing.payments.sandbox import Sandbox
from services.licensing.settings import LicensingSettings
from shared.clock import now
from shared.contracts.licensing import PaymentWebhook, SignedWebhook
from shared.problems import Refused
from shared.settings import what_is_wrong

SECRET = f"whsec_{'s' * 44}"


def asked(webhook: SignedWebhook, **changed: str) -> PaymentWebhook:
    return PaymentWebhook(**(webhook.model_dump() | changed))


BARE: dict[str, Any] = {"amqp_url": "amqp://x", "keys": f"1:{'o' * 32}"}
SANDBOX = Sandbox("PayGate", SECRET, "http://127.0.0.1")
PAID = {"type": "payment.confirmed", "data": {"reference": "pay_1", "amount": 100, "currency": "PLN"}}


def test_the_published_vector_of_standard_webhooks() -> None:
    """Anyone who follows the standard can sign for us."""
    signed_at = datetime.fromtimestamp(1614265330, UTC)
    webhook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = webhook.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", signed_at, '{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_genuine_webhook_is_read() -> None:
    notification = SANDBOX.read(asked(sandboxes.signed_webhook(PAID, SECRET)))
    assert (notification.kind, notification.reference, notification.amount) == ("payment.confirmed", "pay_1", 100)


@pytest.mark.parametrize(
    "changed",
    [
        {"body": '{"type": "payment.confirmed"}'},
        {"webhook_id": "evt_other"},
        {"timestamp": "1"},
        {"timestamp": "-1"},
        {"signature": ""},
        {"signature": "v1,ł"},
        {"signature": "v1,AAAA v2,BBBB"},
        {"signature": "v1"},
        {"signature": "v1,A"},
        {"signature": "v1,,"},
        {"timestamp": "nan"},
        {"timestamp": "9" * 20},
    ],
)
def test_a_forged_webhook_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        SANDBOX.read(asked(sandboxes.signed_webhook(PAID, SECRET), **changed))
    assert refused.value.problem.status == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_webhook_is_refused(minutes: int) -> None:
    webhook = asked(sandboxes.signed_webhook(PAID, SECRET, at=now() + timedelta(minutes=minutes)))
    with pytest.raises(Refused) as refused:
        SANDBOX.read(webhook)
    assert refused.value.problem.status == 401


def test_one_of_several_signatures_is_enough() -> None:
    webhook = sandboxes.signed_webhook(PAID, SECRET)
    assert SANDBOX.read(asked(webhook, signature=f"v1,AAAA {webhook.signature}")).reference == "pay_1"


def test_the_secret_of_another_is_not_enough() -> None:
    with pytest.raises(Refused) as refused:
        SANDBOX.read(asked(sandboxes.signed_webhook(PAID, f"whsec_{'b' * 44}")))
    assert refused.value.problem.status == 401


@pytest.mark.parametrize(
    "event",
    [{}, PAID | {"type": ""}, PAID | {"type": "refund.made"}, PAID | {"type": "dispute.lost"}, PAID | {"data": {}}],
)
def test_a_genuine_webhook_that_makes_no_sense_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        SANDBOX.read(asked(sandboxes.signed_webhook(event, SECRET)))
    assert refused.value.problem.status == 422


@pytest.mark.parametrize(
    "event", [PAID | {"type": "what"}, {"type": "payment.expired", "data": {"object": []}}, {"type": "dispute.asked"}]
)
def test_a_genuine_webhook_of_an_unknown_type_is_taken(event: dict[str, Any]) -> None:
    assert SANDBOX.read(asked(sandboxes.signed_webhook(event, SECRET))).kind == "unknown"
    with pytest.raises(Refused) as refused:
        SANDBOX.read(asked(sandboxes.signed_webhook(event, f"whsec_{'b' * 44}")))
    assert refused.value.problem.status == 401


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080"])
def test_the_sandbox_is_wired_on_loopback_where_it_is_asked_for(url: str) -> None:
    values: dict[str, Any] = {"amqp_url": "amqp://x", "keys": f"1:{'o' * 32}", "public_url": url}
    assert LicensingSettings(**values, payment_adapter="sandbox").payment_adapter == "sandbox"
    assert settings().payment_adapter == "none"


@pytest.mark.parametrize(
    "url", ["https://shop.example", "http://192.168.1.2:8080", "http://127.0.0.1.shop.example", "https://0.0.0.0", ""]
)
def test_no_public_address_has_a_sandbox(url: str) -> None:
    values: dict[str, Any] = {"amqp_url": "amqp://x", "keys": f"1:{'o' * 32}", "public_url": url}
    assert LicensingSettings(**values).payment_adapter == "none"
    with pytest.raises(ValidationError) as refused:
        LicensingSettings(**values, payment_adapter="sandbox")
    assert "LETHE_PAYMENT_ADAPTER: Value error, the sandbox takes no money" in what_is_wrong("licensing", refused.value)


STRIPE: dict[str, Any] = {
    "amqp_url": "amqp://x",
    "keys": f"1:{'o' * 32}",
    "payment_adapter": "stripe",
    "payment_provider": "Stripe Payments Europe, Limited",
    "stripe_key": "rk_live_1",
    "stripe_webhook_secret": "whsec_1",
}


def test_stripe_is_reached_with_secrets_that_nothing_shows() -> None:
    chosen = LicensingSettings(**STRIPE)
    assert (chosen.stripe.key, chosen.stripe.url) == ("rk_live_1", "https://api.stripe.com")
    assert not {"rk_live_1", "whsec_1"} & set(f"{chosen!r} {chosen.stripe!r}".replace("'", " ").split())
    assert chosen.recipients[0] == "Stripe Payments Europe, Limited", "the register of recipients must know it"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"stripe_key": ""}, "Stripe needs LETHE_LICENSING_STRIPE_KEY"),
        ({"stripe_webhook_secret": ""}, "Stripe needs LETHE_LICENSING_STRIPE_KEY"),
        ({"stripe_url": "https://api.stripe.example"}, "payments are taken by https://api.stripe.com alone"),
        ({"stripe_url": "http://api.stripe.com"}, "payments are taken by https://api.stripe.com alone"),
        ({"payment_provider": "PayGate Sandbox S.A."}, "LETHE_LICENSING_PAYMENT_PROVIDER names Stripe"),
    ],
)
def test_a_half_wired_stripe_does_not_start(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        LicensingSettings(**(STRIPE | wrong))
    assert LicensingSettings(**(STRIPE | {"stripe_url": "http://127.0.0.1:1"})).stripe.url == "http://127.0.0.1:1"


@pytest.mark.parametrize("account", ["PL61109010140000071219812874", "PL61 1090 1014 0000 0712 1981 2874"])
def test_a_bank_account_is_kept_as_one_word(account: str) -> None:
    assert LicensingSettings(**BARE, bank_account=account).bank_account == "PL61109010140000071219812874"
    assert (LicensingSettings(**BARE).bank_account, LicensingSettings(**BARE).credit_limit) == ("", 0)


@pytest.mark.parametrize(
    "account", ["PL61109010140000071219812875", "61109010140000071219812874", "PL6110901014000007121981287", "ask us"]
)
def test_what_is_no_iban_is_refused_at_the_start(account: str) -> None:
    with pytest.raises(ValidationError) as refused:
        LicensingSettings(**BARE, bank_account=account)
    assert "LETHE_BANK_ACCOUNT: Value error, this is no IBAN" in what_is_wrong("licensing", refused.value)


def settings(payment_secret: str = "", keys: str = f"1:{'o' * 32}") -> LicensingSettings:
    return LicensingSettings(amqp_url="amqp://127.0.0.1", keys=keys, payment_secret=payment_secret)


def test_a_payment_secret_is_derived_from_the_keys_unless_it_is_set() -> None:
    assert settings(SECRET).webhook_secret == SECRET
    assert settings().webhook_secret == settings().webhook_secret
    assert settings().webhook_secret != settings(keys=f"1:{'x' * 32}").webhook_secret
    Webhook(settings().webhook_secret)


@pytest.mark.parametrize(
    "secret", ["s" * 44, f"whsec_{'s' * 28}", f"whsec_{'s' * 33}", f"whsec_{'s' * 92}", f"whsec_{'ł' * 44}", "whsec_"]
)
def test_a_payment_secret_in_another_form_is_refused_by_name(secret: str) -> None:
    """The secrets of earlier versions were any text; a value never stands in the message."""
    with pytest.raises(ValidationError) as refused:
        settings(secret)
    (error,) = refused.value.errors()
    assert error["loc"] == ("payment_secret",)
    assert "whsec_<base64 of 24 to 64 bytes>" in error["msg"]
    assert "sss" not in str(refused.value)


async def test_the_sandbox_remembers_what_was_decided() -> None:
    sandbox = sandboxes.Sandbox("PayGate Sandbox S.A.", SECRET, "http://127.0.0.1")
    for kind in ("payment.failed", "payment.confirmed", "dispute.opened"):
        told = sandbox.read(asked(sandbox.post(kind, "pay_9", 100)))
        assert (told.kind, told.reference, told.amount) == (kind, "pay_9", 100)
    assert (told.dispute, told.due_at is not None) == ("dp_9", True)
    decided = await sandbox.status("pay_9")
    assert decided is not None
    assert (decided.kind, decided.amount, decided.currency) == ("payment.confirmed", 100, "PLN")
    assert await sandbox.status("pay_10") is None
