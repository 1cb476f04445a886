"""Editions and the versions of their terms on the real servers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import jwt
import pytest

from services.licensing.policies.rules import end_of, expires_at
from shared.clock import now, today
from shared.contracts import licensing
from shared.contracts.licensing import ActivateLicense, PutProduct, ValidateLicense
from shared.purposes import Purpose
from tests.integration.licensing.driver import Driver

TOOL: dict[str, Any] = {"code": "tool", "name": "Tool", "net": 10_000, "device_limit": 2, "months": 1}


async def license_of(driver: Driver, person: UUID) -> licensing.License:
    """A person's newest license."""
    held: licensing.Licenses = await driver.ask(licensing.ListLicenses(subject_id=person))
    return held.licenses[0]


async def versions(driver: Driver, code: str) -> list[tuple[str, int, int | None]]:
    answer = await driver.ask(licensing.ListPolicies(product=code))
    return [(each.edition, each.version, each.months) for each in answer.versions]


async def test_other_terms_are_a_new_version_and_what_was_sold_keeps_its_own(driver: Driver) -> None:
    await driver.ask(PutProduct(**TOOL, entitlements=("export", "audit", "export")))
    person = await driver.person()
    before = await driver.order(person, product="tool")
    await driver.ask(PutProduct(**TOOL | {"net": 12_000, "name": "Tool 2"}, entitlements=("audit", "export")))
    assert await versions(driver, "tool") == [("standard", 1, 1)]  # a price is no term
    await driver.ask(PutProduct(**TOOL | {"months": 6, "device_limit": 5}))
    await driver.ask(PutProduct(**TOOL | {"net": 90_000}, edition="pro", trial_days=14))
    assert await versions(driver, "tool") == [("pro", 1, 1), ("standard", 2, 6), ("standard", 1, 1)]
    payment = await driver.start(person, before)
    await driver.ask(await driver.played(payment.reference, "payment.confirmed"))
    sold = await license_of(driver, person)
    assert (sold.device_limit, sold.entitlements, sold.expires_at) == (2, ("audit", "export"), expires_at(today(), 1))
    offered = [each for each in (await driver.ask(licensing.ListProducts())).products if each.code == "tool"]
    shown = [(each.edition, each.net, each.version, each.months, each.trial_days) for each in offered]
    assert shown == [("pro", 90_000, 1, 1, 14), ("standard", 10_000, 2, 6, None)]
    assert (await driver.ask(licensing.QuoteOrder(product="tool", edition="pro"))).net == 90_000
    (order,) = (await driver.ask(licensing.ListOrders(subject_id=person))).orders
    assert (order.edition, order.policy_version) == ("standard", 1)


async def test_nobody_changes_or_removes_a_version(driver: Driver) -> None:
    for statement in ("UPDATE policy SET months = 99", "DELETE FROM policy"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with driver.resources.database.transaction(Purpose.UPKEEP) as tx:
                await tx.run(statement)


async def test_the_months_of_a_license_begin_with_its_first_device_where_the_terms_say_so(driver: Driver) -> None:
    await driver.ask(PutProduct(**TOOL | {"code": "later"}, starts="first activation"))
    person = await driver.person()
    await driver.buy(person, product="later")
    key = await driver.key(person)
    assert (await driver.ask(ValidateLicense(key=key))).expires_at is None
    end, earlier = expires_at(today(), 1), now() + timedelta(days=3)
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1"))).expires_at == end
    assert (await license_of(driver, person)).expires_at == end
    await driver.rows.execute("UPDATE license SET expires_at = $2 WHERE subject_id = $1", person, earlier)
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-2"))).expires_at == earlier


async def test_a_program_is_told_exactly_what_a_license_is_not_for(driver: Driver) -> None:
    """With perpetual fallback, over: versions from before its end work on, newer ones never did."""
    terms: dict[str, Any] = {"after_end": "no updates", "entitlements": ("audit", "export"), "edition": "pro"}
    await driver.ask(PutProduct(**TOOL | {"code": "kept"}, **terms))
    person, yesterday = await driver.person(), today() - timedelta(days=1)
    await driver.buy(person, product="kept", edition="pro")
    key = await driver.key(person)
    (held,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
    assert (held.state, held.expires_at, held.updates_until) == ("active", None, expires_at(today(), 1))
    fitting = {"product": "kept", "edition": "pro", "entitlements": ["export"]}
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1", **fitting))).valid
    await driver.rows.execute("UPDATE license SET updates_until = $2 WHERE subject_id = $1", person, end_of(yesterday))
    for asked, exact, code, missing in (
        (fitting | {"released_on": yesterday.isoformat()}, "VALID", "VALID", ""),
        (fitting | {"released_on": today().isoformat()}, "VERSION_NOT_COVERED", "EXPIRED", ""),
        (fitting, "VERSION_NOT_COVERED", "EXPIRED", "released_on"),
        (fitting | {"edition": "standard"}, "EDITION_MISMATCH", "PRODUCT_MISMATCH", "released_on"),
        (
            {"entitlements": ["export", "team"], "released_on": yesterday.isoformat()},
            "ENTITLEMENT_MISSING",
            "PRODUCT_MISMATCH",
            "",
        ),
    ):
        for kind in (ValidateLicense, ActivateLicense):
            answer = await driver.ask(kind(key=key, fingerprint="laptop-1", nonce="n", **asked))
            assert (answer.exact_code, answer.code, answer.missing) == (exact, code, missing)
            said = jwt.decode(answer.signed, options={"verify_signature": False})
            assert (said["code"], said["edition"], said["entitlements"]) == (exact, "pro", ["audit", "export"])
        file = await driver.ask(licensing.CheckOutLicense(key=key, fingerprint="laptop-1", **asked))
        assert (file.exact_code, file.code, bool(file.file)) == (exact, code, exact == "VALID")
    assert said["updates_until"] == int(end_of(yesterday).timestamp())
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-9", **fitting))).missing == "released_on"
