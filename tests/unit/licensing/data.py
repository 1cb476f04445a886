"""People, orders and rows for the rules of licensing."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from services.licensing.catalogue import Product
from services.licensing.licenses.rules import License
from services.licensing.orders.rules import Facts, Order
from services.licensing.policies.rules import Policy
from services.licensing.terms.editions import Edition
from services.licensing.vat.rules import TaxPolicy
from shared.contracts import identity, licensing

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TERMS = Edition("2026-01", date(2026, 1, 1), "0" * 64, "Regulamin", "Terms")
POLICY = Policy(
    product="auditor-year",
    edition="standard",
    version=1,
    months=12,
    starts="issue",
    after_end="block",
    renews_from="expiry",
    devices=3,
    fingerprint_required=False,
    max_deactivations=None,
    entitlements=(),
    trial_days=None,
    heartbeat_minutes=None,
    overage="none",
)
PRODUCT = Product("Site Auditor, one year", net=10_000, policy=POLICY)


def buyer(**changed: str) -> identity.Profile:
    profile = {
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
    return identity.Profile(**(profile | changed))


def facts(**changed: str) -> Facts:
    """What an order is judged by: its buyer, whom nobody located."""
    return Facts(buyer(**changed), TaxPolicy())


def request(**changed: Any) -> licensing.PlaceOrder:
    """A consumer's order with all declarations."""
    fields: dict[str, Any] = {
        "subject_id": uuid4(),
        "product": "auditor-year",
        "ip": "203.0.113.7",
        "terms_version": "2026-01",
        "accepts_terms": True,
        "wants_immediate_delivery": True,
        "knows_withdrawal_lapses": True,
    }
    return licensing.PlaceOrder(**(fields | changed))


def order(**changed: Any) -> Order:
    """A stored order, open."""
    columns: dict[str, Any] = {
        "order_id": uuid4(),
        "subject_id": uuid4(),
        "policy": POLICY,
        "quantity": 1,
        "pay_by": "card",
        "state": "open",
        "vat_treatment": "domestic",
        "vat_rate": 2300,
        "net": 10_000,
        "vat": 2_300,
        "gross": 12_300,
        "refunded": 0,
        "placed_at": NOON,
        "paid_at": None,
        "live": True,
        "renews": None,
        "renewed_at": None,
        "bank_account": "",
    }
    return Order(**(columns | changed))


def license_of(**changed: Any) -> License:
    """A stored license without an end, active; on other terms, if said so."""
    columns: dict[str, Any] = {
        "license_id": uuid4(),
        "subject_id": uuid4(),
        "order_id": uuid4(),
        "policy": POLICY,
        "key_end": "ABCDE",
        "sealed_key": None,
        "state": "active",
        "device_limit": 3,
        "issued_at": NOON,
        "expires_at": None,
        "updates_until": None,
        "trial_until": None,
        "ended_at": None,
        "end_reason": None,
        "ended_from": None,
        "live": True,
    }
    terms = {name: changed.pop(name) for name in list(changed) if hasattr(POLICY, name)}
    return License(**(columns | {"policy": replace(POLICY, **terms)} | changed))
