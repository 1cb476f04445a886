"""The pure rules of licensing."""

import base64
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing import vat
from services.licensing.invoices import rules as invoices
from services.licensing.licenses import keys
from services.licensing.licenses import rules as licenses
from services.licensing.orders import rules as orders
from services.licensing.payments import sandbox as sandboxes
from services.licensing.payments.sandbox import Sandbox
from services.licensing.payments.signing import is_fresh, is_genuine, sign
from shared.contracts import identity, licensing
from shared.contracts.licensing import PaymentWebhook, SignedWebhook
from shared.problems import Refused

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
SECRET = b"s" * 32


def buyer(**changed: str) -> identity.Profile:
    given = {
        "email": "anna@example.com",
        "full_name": "Anna Nowak",
        "street": "Długa 1",
        "postal_code": "00-001",
        "city": "Warszawa",
        "country": "PL",
        "phone": "",
        "kind": "person",
        "company": "",
        "nip": "",
        "language": "pl",
    }
    return identity.Profile(**(given | changed))


def order(**changed: Any) -> licensing.PlaceOrder:
    given: dict[str, Any] = {
        "subject_id": uuid4(),
        "product": "auditor-year",
        "ip": "203.0.113.7",
        "terms_version": "2026-01",
        "accepts_terms": True,
        "wants_immediate_delivery": True,
        "knows_withdrawal_lapses": True,
    }
    return licensing.PlaceOrder(**(given | changed))


PRODUCT = {"net": 10_000, "device_limit": 3, "months": 12}


# ── Keys ────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_survives_the_ways_people_type_it() -> None:
    key = keys.new_key()
    assert keys.normalized(f" {key.lower().replace('-', ' ')} ") == key
    assert keys.normalized(key.replace("0", "O").replace("1", "I")) == key


@given(position=st.integers(0, 22), shift=st.integers(1, 31), number=st.integers(0, 32**23 - 1))
def test_a_mistyped_symbol_hardly_ever_makes_a_key(position: int, shift: int, number: int) -> None:
    symbols = "".join(keys.ALPHABET[(number >> (5 * i)) % 32] for i in range(23))
    wrong = list(symbols)
    wrong[position] = keys.ALPHABET[(keys.ALPHABET.index(wrong[position]) + shift) % 32]
    typed = keys.key_of(symbols).replace("-", "")
    mistyped = typed[:3] + "".join(wrong) + typed[-2:]
    # one in 1,024 passes the checksum, and then its hash belongs to nobody
    assert keys.normalized(mistyped) in (None, keys.key_of("".join(wrong)))
    assert keys.key_hash(mistyped) != keys.key_hash(keys.key_of(symbols))


@pytest.mark.parametrize("typed", ["", "LTH", "XYZ-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", "LTH-" + "U" * 25, "ł" * 28])
def test_what_is_no_key_is_seen_without_the_database(typed: str) -> None:
    assert keys.normalized(typed) is None


def test_devices_of_two_keys_have_nothing_in_common() -> None:
    assert keys.device_hash(keys.new_key(), "cpu-1") != keys.device_hash(keys.new_key(), "cpu-1")


# ── VAT and money ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("country", "kind", "treatment", "rate"),
    [
        ("PL", "person", "domestic", 2300),
        ("PL", "company", "domestic", 2300),
        ("DE", "person", "oss", 1900),
        ("DE", "company", "reverse charge", 0),
        ("SK", "person", "oss", 2300),
        ("US", "sole trader", "reverse charge", 0),
    ],
)
def test_where_a_sale_is_taxed(country: str, kind: str, treatment: str, rate: int) -> None:
    tax = vat.tax_of(country, kind, date(2026, 6, 15))
    assert (tax.treatment, tax.rate) == (treatment, rate)


def test_a_rate_holds_from_its_day() -> None:
    assert vat.tax_of("SK", "person", date(2024, 12, 31)).rate == 2000
    assert vat.tax_of("SK", "person", date(2025, 1, 1)).rate == 2300


def test_consumers_where_no_rate_is_known_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        vat.tax_of("US", "person", date(2026, 6, 15))
    assert refused.value.problem.errors[0].field == "country"


@given(net=st.integers(1, 10**9), rate=st.sampled_from([0, 1900, 2000, 2100, 2300]))
def test_vat_is_rounded_to_the_nearest_grosz(net: int, rate: int) -> None:
    assert abs(vat.vat_on(net, rate) * 10_000 - net * rate) <= 5000


@given(data=st.data(), net=st.integers(1, 10**7), rate=st.sampled_from([0, 1900, 2100, 2300]))
def test_the_parts_of_many_refunds_add_up_to_the_invoice(data: st.DataObject, net: int, rate: int) -> None:
    gross = net + vat.vat_on(net, rate)
    bought = {"net": net, "gross": gross, "refunded": 0}
    parts: list[invoices.Part] = []
    while bought["refunded"] < gross:
        amount = data.draw(st.integers(1, gross - bought["refunded"])) if len(parts) < 5 else gross - bought["refunded"]
        parts.append(invoices.part(bought, amount))
        bought["refunded"] += amount
    assert sum(part.net for part in parts) == net
    assert sum(part.vat for part in parts) == gross - net
    assert all(part.net >= 0 and part.gross == part.net + part.vat for part in parts)


def test_numbers_and_dates_of_an_invoice() -> None:
    assert invoices.number("FV", date(2026, 11, 22), 1) == "FV/2026/11/0001"
    assert invoices.terms(date(2026, 11, 22), None).settled_on == date(2026, 11, 22)
    on_account = invoices.terms(date(2026, 11, 22), 14)
    assert (on_account.due_on, on_account.settled_on) == (date(2026, 12, 6), None)


@pytest.mark.parametrize(
    ("treatment", "sold", "until"),
    [
        ("domestic", date(2026, 6, 15), date(2032, 12, 31)),
        ("domestic", date(2026, 12, 15), date(2032, 12, 31)),
        ("oss", date(2026, 9, 1), date(2036, 12, 31)),
    ],
)
def test_until_when_the_papers_of_a_sale_are_kept(treatment: str, sold: date, until: date) -> None:
    kept = invoices.kept({"vat_treatment": treatment}, sold)
    assert (kept.until, kept.exemptions) == (until, ("GDPR Art. 17(3)(b)",))


# ── Orders ──────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_priced_for_its_buyer() -> None:
    draft = orders.draft(order(quantity=2), PRODUCT, buyer(country="DE"), NOON)
    assert (draft.net, draft.vat, draft.device_limit, draft.tax.treatment) == (20_000, 3_800, 6, "oss")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"accepts_terms": False}, "accepts_terms"),
        ({"wants_immediate_delivery": False}, "wants_immediate_delivery"),
        ({"knows_withdrawal_lapses": False}, "knows_withdrawal_lapses"),
        ({"pay_by": "transfer"}, "pay_by"),
        ({"ip": "not an address"}, "ip"),
    ],
)
def test_an_order_that_breaks_a_rule_names_the_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        orders.draft(order(**changed), PRODUCT, buyer(), NOON)
    assert refused.value.problem.errors[0].field == field


def test_a_business_needs_no_consumer_declarations() -> None:
    plain = order(wants_immediate_delivery=False, knows_withdrawal_lapses=False, pay_by="transfer")
    assert orders.draft(plain, PRODUCT, buyer(kind="company", company="Firma", nip="9222828810"), NOON).vat == 2300


@given(st.lists(st.sampled_from(["invoiced", "paid", "refunded", "cancelled"]), max_size=6))
def test_an_order_is_never_cancelled_once_it_was_delivered(steps: list[str]) -> None:
    state, delivered = "open", False
    for step in steps:
        try:
            orders.check_step(state, step)
        except Refused:
            continue
        state = step
        delivered = delivered or state in ("invoiced", "paid")
    assert not (delivered and state == "cancelled")
    assert not (state == "refunded" and not delivered)


# ── Licenses ────────────────────────────────────────────────────────────────────────────────────


def test_a_license_expires_at_the_end_of_a_day_in_warsaw() -> None:
    end = licenses.expires_at(date(2026, 1, 31), 1)
    assert end is not None
    assert end.astimezone(UTC) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert licenses.expires_at(date(2026, 1, 31), None) is None


@pytest.mark.parametrize(
    ("changed", "asked", "code"),
    [
        ({}, {}, "VALID"),
        ({"state": "ended"}, {}, "ENDED"),
        ({"state": "suspended"}, {}, "SUSPENDED"),
        ({"expires_at": NOON - timedelta(hours=23)}, {}, "VALID"),
        ({"expires_at": NOON - timedelta(hours=24)}, {}, "EXPIRED"),
        ({}, {"product": "studio-year"}, "PRODUCT_MISMATCH"),
        ({}, {"active_here": False}, "NOT_ACTIVATED"),
        ({}, {"active_here": True}, "VALID"),
        ({"state": "ended", "expires_at": NOON - timedelta(days=9)}, {"active_here": False}, "ENDED"),
    ],
)
def test_the_first_reason_why_a_license_may_not_be_used(
    changed: dict[str, Any], asked: dict[str, Any], code: str
) -> None:
    row = {"state": "active", "expires_at": None, "product": "auditor-year"} | changed
    assert licenses.judge(row, NOON, **asked) == code


# ── Webhooks ────────────────────────────────────────────────────────────────────────────────────


def asked(webhook: SignedWebhook, **changed: str) -> PaymentWebhook:
    return PaymentWebhook(**(webhook.model_dump() | changed))


SANDBOX = Sandbox("PayGate", SECRET, 300, "http://127.0.0.1")
PAID = {"type": "payment.confirmed", "data": {"reference": "pay_1", "amount": 100, "currency": "PLN"}}


def test_the_published_vector_of_standard_webhooks() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_genuine_webhook_is_read() -> None:
    notice = SANDBOX.read(asked(sandboxes.signed_webhook(PAID, SECRET, at=NOON)), NOON)
    assert (notice.kind, notice.reference, notice.amount) == ("payment.confirmed", "pay_1", 100)


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
    ],
)
def test_a_forged_webhook_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        SANDBOX.read(asked(sandboxes.signed_webhook(PAID, SECRET, at=NOON), **changed), NOON)
    assert refused.value.problem.status == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_webhook_is_refused(minutes: int) -> None:
    webhook = asked(sandboxes.signed_webhook(PAID, SECRET, at=NOON + timedelta(minutes=minutes)))
    with pytest.raises(Refused) as refused:
        SANDBOX.read(webhook, NOON)
    assert refused.value.problem.status == 401
    assert is_fresh(webhook.timestamp, NOON, 300) is False


def test_one_of_several_signatures_is_enough() -> None:
    good = sign(SECRET, "id", "1", "{}")
    assert is_genuine(SECRET, "id", "1", "{}", f"v1,AAAA {good}")


@pytest.mark.parametrize("event", [{}, PAID | {"type": "what"}, PAID | {"type": "refund.made"}, PAID | {"data": {}}])
def test_a_genuine_webhook_that_makes_no_sense_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        SANDBOX.read(asked(sandboxes.signed_webhook(event, SECRET, at=NOON)), NOON)
    assert refused.value.problem.status == 422
