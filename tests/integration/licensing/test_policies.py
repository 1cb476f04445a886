"""Editions and the versions of their terms on the real servers."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import jwt
import pytest
from dateutil.relativedelta import relativedelta

from services.licensing.jobs import due_dates
from services.licensing.licenses import store as licenses
from services.licensing.licenses import trial_marks as marks
from services.licensing.licenses import trial_store as trials
from services.licensing.policies.rules import end_of, expires_at
from shared.clock import now, today
from shared.contracts import licensing
from shared.contracts.licensing import ActivateLicense, DeactivateLicense, PutProduct, ValidateLicense
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests.harness import eventually
from tests.integration.licensing.driver import Driver, all_of, order_of

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
    await driver.buy(person, product="kept", edition="pro", renews=held.license_id)
    facts = await eventually(lambda: driver.accounts.fetchval(RENEWED, person))
    assert json.loads(facts)["updates_until"] == (yesterday + relativedelta(months=1)).isoformat()
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1", **fitting))).valid


KEYRING = Keyring("licensing", f"2:{'n' * 32},1:{'o' * 32}")
BLOCKED = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
TRIED: dict[str, Any] = {"code": "tried", "name": "Tried", "net": 10_000, "device_limit": 2, "months": 1}
RENEWED = "SELECT facts FROM service_mail WHERE subject_id = $1 AND template = 'license-renewed'"
LETTERS = "SELECT count(*) >= $3 FROM service_mail WHERE subject_id = $1 AND template = $2"
CALLED = "UPDATE account SET email = $2 WHERE subject_id = $1"


async def named(driver: Driver, email: str) -> UUID:
    """Somebody with a certain address."""
    person = await driver.person()
    await driver.accounts.execute(
        "UPDATE account SET email = NULL WHERE email = $1 AND subject_id <> $2", email, person
    )
    await driver.accounts.execute(CALLED, person, email)
    return person


async def test_a_product_is_tried_once_by_a_person_and_on_a_device(driver: Driver) -> None:
    await driver.ask(PutProduct(**TRIED, trial_days=14))
    await driver.ask(PutProduct(**TRIED | {"code": "tried-too"}, trial_days=14))
    await driver.ask(PutProduct(**TRIED | {"code": "untried"}))
    host = f"{uuid4().hex}.example"
    person = await named(driver, f"anna+1@{host}")
    trial = licensing.StartTrial(subject_id=person, product="tried")
    tries = [driver.status(trial) for _ in range(5)]
    assert Counter(await all_of(*tries)) == {200: 1, 409: 4}
    held = await license_of(driver, person)
    end = end_of(today() + timedelta(days=14))
    assert (held.trial, held.order_id.int, held.device_limit, held.expires_at) == (True, 0, 2, end)
    key = (await driver.ask(licensing.RevealLicense(subject_id=person, license_id=held.license_id))).key
    for _ in range(2):  # the same device again
        assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1"))).valid
        await driver.ask(DeactivateLicense(key=key, fingerprint="laptop-1"))
    assert await driver.status(licensing.StartTrial(subject_id=person, product="untried")) == 422
    assert await driver.status(licensing.StartTrial(subject_id=person, product="tried-too")) == 200
    alias = await named(driver, f"Anna+2@{host}")
    assert await driver.status(licensing.StartTrial(subject_id=alias, product="tried")) == 409
    await driver.accounts.execute(CALLED, person, f"other@{host}")
    assert await driver.status(trial) == 409  # another address, the same account
    other = await driver.person()
    assert await driver.status(licensing.StartTrial(subject_id=other, product="tried")) == 200
    theirs = await license_of(driver, other)
    their_key = (await driver.ask(licensing.RevealLicense(subject_id=other, license_id=theirs.license_id))).key
    answer = await driver.ask(ActivateLicense(key=their_key, fingerprint="laptop-1"))
    assert (answer.valid, answer.exact_code, answer.code, answer.devices) == (
        False,
        "TRIAL_USED",
        "TOO_MANY_DEVICES",
        0,
    )
    assert (await driver.ask(ActivateLicense(key=their_key, fingerprint="laptop-2"))).valid


async def test_a_mark_counts_whichever_key_made_it(driver: Driver) -> None:
    email, one, other = f"{uuid4().hex}@example.com", uuid4(), uuid4()
    older = Keyring("licensing", f"1:{'o' * 32}")
    async with driver.resources.database.transaction(Purpose.CONTRACT) as tx:
        assert await trials.take(tx, marks.of_address(older, "tool", email, one), today())
        assert not await trials.take(tx, marks.of_address(KEYRING, "tool", email, other), today())
        assert await trials.take(tx, marks.of_address(KEYRING, "tool", email, one), today())


async def test_of_two_trials_at_once_one_is_the_first(driver: Driver) -> None:
    email, database = f"{uuid4().hex}@example.com", driver.resources.database

    async def other() -> bool:
        async with database.transaction(Purpose.CONTRACT) as tx:
            return await trials.take(tx, marks.of_address(KEYRING, "tool", email, uuid4()), today())

    async with database.transaction(Purpose.CONTRACT) as tx:
        assert await trials.take(tx, marks.of_address(KEYRING, "tool", email, uuid4()), today())
        waiting = asyncio.create_task(other())
        await eventually(lambda: driver.rows.fetchval(BLOCKED))
    assert not await waiting


async def test_what_is_remembered_of_a_trial_outlives_its_person_for_a_year(driver: Driver) -> None:
    await driver.ask(PutProduct(**TRIED | {"code": "briefly"}, trial_days=3))
    person, email = await driver.person(), f"jan.k@{uuid4().hex}.example"
    await driver.accounts.execute(CALLED, person, email)
    await driver.ask(licensing.StartTrial(subject_id=person, product="briefly"))
    await driver.erase(person, terminate=True)
    assert await driver.counts(person) == {}
    again = await named(driver, email)
    trial = licensing.StartTrial(subject_id=again, product="briefly")
    assert await driver.status(trial) == 409
    await driver.rows.execute("UPDATE trial_mark SET keep_until = $1", today())
    await due_dates.step(driver.resources.database)
    assert await driver.status(trial) == 409
    await driver.rows.execute("UPDATE trial_mark SET keep_until = $1", today() - timedelta(days=1))
    await due_dates.step(driver.resources.database)
    assert not await driver.rows.fetchval("SELECT count(*) FROM trial_mark")
    assert await driver.status(trial) == 200


KEPT = "SELECT license_id, key_hash, expires_at, device_limit FROM license WHERE subject_id = $1"
ENDS = "UPDATE license SET expires_at = $2 WHERE subject_id = $1"


async def renewable(driver: Driver, code: str, **terms: Any) -> tuple[UUID, UUID, str, licensing.Payment]:
    """Somebody with a license for a month and a device on it: person, license, key, payment."""
    await driver.ask(PutProduct(**TOOL | {"code": code}, **terms))
    person = await driver.person()
    payment = await driver.buy(person, product=code)
    key = await driver.key(person)
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1"))).valid
    return person, (await license_of(driver, person)).license_id, key, payment


async def refund(driver: Driver, payment: licensing.Payment) -> None:
    await driver.ask(await driver.played(payment.reference, "refund.made", payment.amount))


async def test_a_renewal_moves_the_end_and_its_refund_moves_it_back(driver: Driver) -> None:
    person, license_id, key, _ = await renewable(driver, "renewed")
    first, renewals = await driver.rows.fetchrow(KEPT, person), {"product": "renewed", "renews": license_id}
    assert first is not None
    one = await driver.buy(person, **renewals)
    await driver.ask(PutProduct(**TOOL | {"code": "renewed", "months": 6, "device_limit": 5}, entitlements=("team",)))
    two = await driver.order(person, **renewals)
    paid = await driver.start(person, two)
    webhook = await driver.played(paid.reference, "payment.confirmed")
    await all_of(*(driver.ask(webhook) for _ in range(3)))
    last_day = today() + relativedelta(months=1)
    held = await license_of(driver, person)
    assert (held.license_id, held.expires_at) == (license_id, expires_at(last_day + relativedelta(months=1), 6))
    assert (held.device_limit, held.entitlements, len(held.devices)) == (5, ("team",), 1)
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))).valid
    assert await driver.count("license", person) == 1
    assert await driver.count("invoice", person) == 3
    await eventually(lambda: driver.accounts.fetchval(LETTERS, person, "license-renewed", 2))
    await refund(driver, one)  # the first of two: the second counts from where the first did
    held = await license_of(driver, person)
    assert (held.expires_at, held.device_limit) == (expires_at(last_day, 6), 5)
    done = await driver.ask(licensing.WithdrawOrder(subject_id=person, order_id=two))
    assert done.amount == paid.amount
    back = await driver.rows.fetchrow(KEPT, person)
    assert back is not None
    assert tuple(back) == tuple(first)
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))).valid
    assert not await driver.accounts.fetchval(LETTERS, person, "contract-ended", 1)
    three = await driver.buy(person, product="renewed", renews=license_id, quantity=1)
    await driver.ask(licensing.EndLicense(subject_id=person, license_id=license_id))
    await refund(driver, three)
    await driver.ask(licensing.RestoreLicense(subject_id=person, license_id=license_id))
    assert await driver.rows.fetchrow(KEPT, person) == first


async def test_a_disputed_renewal_lets_the_license_rest_and_lost_it_is_taken_back(driver: Driver) -> None:
    """The order of a renewal has no license of its own."""
    person, license_id, key, _ = await renewable(driver, "disputed")
    first = await driver.rows.fetchval("SELECT expires_at FROM license WHERE license_id = $1", license_id)
    renewal = await driver.buy(person, product="disputed", renews=license_id)
    await driver.ask(await driver.played(renewal.reference, "dispute.opened"))
    assert (await driver.ask(ValidateLicense(key=key))).code == "SUSPENDED"
    await driver.ask(await driver.played(renewal.reference, "dispute.lost"))
    after = await driver.ask(ValidateLicense(key=key))
    assert (after.code, after.expires_at) == ("VALID", first)


async def test_who_waits_for_a_renewal_sees_its_terms(driver: Driver) -> None:
    person, license_id, key, _ = await renewable(driver, "awaited")
    await driver.ask(PutProduct(**TOOL | {"code": "awaited", "device_limit": 9}))
    async with driver.resources.database.transaction(Purpose.CONTRACT) as tx:
        await licenses.lock(tx, license_id, person)
        await tx.run("UPDATE license SET policy_version = 2, device_limit = 9 WHERE license_id = $1", license_id)
        waiting = asyncio.create_task(driver.ask(ActivateLicense(key=key, fingerprint="laptop-2")))
        await eventually(lambda: driver.rows.fetchval(BLOCKED))
    answer = await waiting
    assert (answer.code, answer.devices, answer.device_limit) == ("VALID", 2, 9)


async def test_who_renews_what_ran_out_goes_on_with_the_same_key(driver: Driver) -> None:
    person, license_id, key, bought = await renewable(driver, "late", renews_from="now if expired")
    await driver.rows.execute(ENDS, person, now() - timedelta(days=3))
    await due_dates.step(driver.resources.database)
    assert (await driver.ask(ValidateLicense(key=key))).code == "EXPIRED"
    stranger = await driver.person()
    assert await driver.status(order_of(stranger, product="late", renews=license_id)) == 404
    renewal = await driver.buy(person, product="late", renews=license_id)
    assert (await license_of(driver, person)).expires_at == expires_at(today(), 1)
    answer = await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))
    assert (answer.code, answer.devices) == ("VALID", 1)
    await refund(driver, renewal)
    await due_dates.step(driver.resources.database)
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))).code == "EXPIRED"
    paid_late = await driver.order(person, product="late", renews=license_id)
    await refund(driver, bought)
    assert (await driver.ask(ValidateLicense(key=key))).code == "ENDED"
    assert await driver.status(order_of(person, product="late", renews=license_id)) == 409
    payment = await driver.start(person, paid_late)
    await driver.ask(await driver.played(payment.reference, "payment.confirmed"))
    assert await driver.count("license", person, "state = 'active'") == 1  # another one: nobody pays for nothing


async def test_a_trial_that_is_bought_keeps_key_and_devices(driver: Driver) -> None:
    await driver.ask(PutProduct(**TRIED | {"code": "liked"}, trial_days=14))
    person = await driver.person(kind="company")
    started = await driver.ask(licensing.StartTrial(subject_id=person, product="liked"))
    key = (await driver.ask(licensing.RevealLicense(subject_id=person, license_id=started.id))).key
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-7"))).valid
    trial = await driver.rows.fetchrow(KEPT, person)
    order_id = await driver.order(person, product="liked", renews=started.id, quantity=3, pay_by="transfer")
    assert (await license_of(driver, person)).trial
    for _ in range(2):
        await driver.ask(licensing.RecordTransfer(order_id=order_id))
    held = await license_of(driver, person)
    assert (held.trial, held.license_id, held.order_id, held.device_limit) == (False, started.id, order_id, 6)
    assert held.expires_at == expires_at(today() + timedelta(days=14), 1)
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-7"))).valid
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-8"))).valid
    (order,) = (await driver.ask(licensing.ListOrders(subject_id=person))).orders
    refunded = await driver.ask(licensing.RefundOrder(order_id=order_id, amount=order.gross))
    assert (await license_of(driver, person)).trial
    assert await driver.rows.fetchrow(KEPT, person) == trial
    await driver.ask(licensing.UndoRefund(refund_id=refunded.id))
    assert await license_of(driver, person) == held.model_copy(
        update={"devices": (await license_of(driver, person)).devices}
    )


async def test_a_renewal_goes_back_after_the_erasure_too(driver: Driver) -> None:
    person, license_id, key, _ = await renewable(driver, "outlived")
    renewal = await driver.buy(person, product="outlived", renews=license_id)
    await driver.erase(person, terminate=False)
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))).expires_at == expires_at(
        today() + relativedelta(months=1), 1
    )
    await driver.rows.execute(
        "UPDATE license SET review_at = $2 WHERE subject_id = $1", person, today() + timedelta(365)
    )
    await refund(driver, renewal)
    end = expires_at(today(), 1)
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))).expires_at == end
    assert await driver.count("license", person, f"review_at <= '{end}'::timestamptz + interval '1 day'") == 1
    assert await driver.live_rows(person) == 0


SILENT = "UPDATE activation SET last_seen_at = now() - $2::interval WHERE subject_id = $1"


async def test_a_seat_that_is_not_renewed_is_free_for_another_device(driver: Driver) -> None:
    person, _, key, _ = await renewable(driver, "floating", heartbeat_minutes=20)
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-2"))).devices == 2
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-3"))).code == "TOO_MANY_DEVICES"
    await driver.rows.execute(SILENT, person, timedelta(minutes=19))
    for request in (ValidateLicense(key=key, fingerprint="laptop-1"), ActivateLicense(key=key, fingerprint="laptop-2")):
        assert (await driver.ask(request)).valid
    assert await driver.count("activation", person, "last_seen_at > now() - interval '5 minutes'") == 2
    await driver.rows.execute(SILENT, person, timedelta(minutes=21))
    answer = await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))
    assert (answer.exact_code, answer.code, answer.devices) == ("HEARTBEAT_DEAD", "NOT_ACTIVATED", 0)
    crowd = [ActivateLicense(key=key, fingerprint=f"device-{n:03}") for n in range(12)]
    codes = Counter(answer.code for answer in await all_of(*map(driver.ask, crowd)))
    assert codes == {"VALID": 2, "TOO_MANY_DEVICES": 10}
    assert await driver.count("activation", person) == 2
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))).exact_code == "NOT_ACTIVATED"


async def test_devices_beyond_the_limit_are_let_in_and_told(driver: Driver) -> None:
    person, license_id, key, _ = await renewable(driver, "beyond", overage="1.5x")
    answers = [await driver.ask(ActivateLicense(key=key, fingerprint=f"device-{n:03}")) for n in range(3)]
    assert [(each.code, each.devices, each.overage) for each in answers] == [
        ("VALID", 2, False),
        ("VALID", 3, True),
        ("TOO_MANY_DEVICES", 3, True),
    ]
    await driver.buy(person, product="beyond", renews=license_id)
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="device-001"))).overage
