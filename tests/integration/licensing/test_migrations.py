"""Licensing's newer schema on a database that holds data."""

import contextlib
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID, uuid4

import asyncpg

from deploy.databases import SERVICES_FOLDER
from shared import migrations
from shared.clock import now
from tests.integration.licensing.driver import Driver

MIGRATIONS = SERVICES_FOLDER / "licensing" / "migrations"
PURCHASE = """
INSERT INTO purchase (order_id, subject_id, product, quantity, device_limit, pay_by, state, country, vat_treatment,
  vat_rate, net, vat, gross, placed_at)
VALUES ($1, $2, 'auditor-year', 1, 3, 'card', $3, 'PL', 'domestic', 2300, 100, 23, 123, now())
"""
PAYMENT = """
INSERT INTO payment (payment_id, subject_id, order_id, provider, reference, amount, state, started_at)
VALUES ($1, $2, $3, 'x', $4, 123, $5, now())
"""


@contextlib.asynccontextmanager
async def older_database(driver: Driver, revision: str) -> AsyncIterator[tuple[asyncpg.Connection, str]]:
    """A database of an earlier version: a connection that sees every row, and the owner's URL."""
    async with driver.harness.superuser("licensing") as superuser:
        await superuser.execute("CREATE DATABASE older_licensing OWNER licensing_owner")
        url = driver.harness.databases["licensing"].owner.rpartition("/")[0] + "/older_licensing"
        try:
            for newest in (revision, "kit_0004"):
                migrations.upgrade(MIGRATIONS, url, to=newest)
            older = await asyncpg.connect(url, timeout=60)
            await older.execute("SET lethe.purpose = 'legal-duty'")
            yield older, url
            await older.close()
        finally:
            await superuser.execute("DROP DATABASE older_licensing WITH (FORCE)")


async def ordered(database: asyncpg.Connection, state: str, payment: str) -> tuple[UUID, str]:
    """An order with a payment: the order's id, the payment's reference."""
    person, order_id = uuid4(), uuid4()
    await database.execute("INSERT INTO subject VALUES ($1)", person)
    await database.execute(PURCHASE, order_id, person, state)
    await database.execute(PAYMENT, uuid4(), person, order_id, f"pay_{order_id.hex}", payment)
    return order_id, f"pay_{order_id.hex}"


async def test_orders_whose_buyer_nobody_froze_are_cancelled(driver: Driver) -> None:
    async with older_database(driver, "licensing_0002") as (older, url):
        orders = [await ordered(older, *states) for states in (("open", "started"), ("open", "failed"))]
        paid, confirmed = await ordered(older, "paid", "confirmed")
        migrations.upgrade(MIGRATIONS, url)
        for order_id, reference in orders:
            assert await older.fetchval("SELECT state FROM purchase WHERE order_id = $1", order_id) == "cancelled"
            assert await older.fetchval("SELECT state FROM payment WHERE order_id = $1", order_id) == "void"
            assert await older.fetchval("SELECT amount FROM void_payment WHERE reference = $1", reference) == 123
        assert await older.fetchval("SELECT state FROM purchase WHERE order_id = $1", paid) == "paid"
        assert not await older.fetchval("SELECT true FROM void_payment WHERE reference = $1", confirmed)


IP = "203.0.113.7"
ORIGIN = """
INSERT INTO purchase_origin (order_id, subject_id, ip, billing_country, observed_at, purge_after, retain_until,
  provisions, exemptions)
SELECT order_id, subject_id, $6::inet, $2, '2026-01-01 23:30Z', $3, $4, $5, $5 FROM purchase WHERE order_id = $1
"""


async def test_addresses_that_were_evidence_become_traces_of_90_days(driver: Driver) -> None:
    """The country stays as evidence; the address of somebody who was erased goes at once."""
    until, day = date(2036, 12, 31), date(2026, 3, 1)
    async with older_database(driver, "licensing_0008") as (older, url):
        (proof, _), (erased, _), (trace, _), (untold, _) = [await ordered(older, "paid", "confirmed") for _ in range(4)]
        await older.execute(ORIGIN, proof, "DE", None, until, ["art. 130d"], IP)
        await older.execute(ORIGIN, erased, "FR", None, until, ["art. 130d"], IP)
        await older.execute(ORIGIN, trace, "PL", day, None, None, IP)
        await older.execute(ORIGIN, untold, "PL", day, None, None, None)
        for table in ("purchase", "payment"):
            kept = f"UPDATE {table} SET retain_until = $1, provisions = $2, exemptions = $2"  # noqa: S608
            await older.execute(kept, until, ["art. 112"])
        gone = (
            "UPDATE subject SET live = false WHERE subject_id = (SELECT subject_id FROM purchase WHERE order_id = $1)"
        )
        await older.execute(gone, erased)
        migrations.upgrade(MIGRATIONS, url)
        evidence = await older.fetch("SELECT * FROM tax_evidence ORDER BY country")
        assert [(row["order_id"], row["country"], row["live"], row["retain_until"]) for row in evidence] == [
            (proof, "DE", True, until),
            (erased, "FR", False, until),
        ]
        traces = await older.fetch(
            "SELECT order_id, purge_after, retain_until FROM purchase_origin ORDER BY purge_after"
        )
        assert [tuple(row) for row in traces] == [(trace, day, None), (proof, date(2026, 4, 2), None)]


OLDER_TERMS = """
INSERT INTO purchase_terms (order_id, subject_id, terms_version, accepted_at, immediate_delivery_at,
  withdrawal_waived_at, confirmed_at)
SELECT order_id, subject_id, '2026-01', now(), $2, $2, now() FROM purchase WHERE order_id = $1
"""
OLDER_LICENSE = """
INSERT INTO license (license_id, subject_id, order_id, product, key_hash, key_end, state, device_limit, issued_at)
SELECT gen_random_uuid(), subject_id, order_id, product, $2, 'ABCDE', 'active', 3, '2026-01-01 00:30+01'
FROM purchase WHERE order_id = $1
"""


async def test_what_no_letter_confirmed_is_not_confirmed(driver: Driver) -> None:
    """The keys of those orders were there to be seen; what was agreed to is kept while claims run."""
    async with older_database(driver, "licensing_0012") as (older, url):
        (consumer, _), (business, _), (undelivered, _) = [await ordered(older, "paid", "confirmed") for _ in range(3)]
        for order_id, said in ((consumer, now()), (business, None), (undelivered, now())):
            await older.execute(OLDER_TERMS, order_id, said)
        for order_id in (consumer, business):
            await older.execute(OLDER_LICENSE, order_id, order_id.bytes)
        migrations.upgrade(MIGRATIONS, url)
        read = """SELECT consumer, confirmed_at IS NULL AS unconfirmed, begun_at = '2026-01-01 00:30+01' AS begun,
          retain_until FROM purchase_terms WHERE order_id = $1"""
        answers = [tuple(await older.fetchrow(read, each) or ()) for each in (consumer, business, undelivered)]
        assert answers == [
            (True, True, True, date(2032, 12, 31)),
            (False, True, True, date(2029, 12, 31)),
            (True, True, None, None),
        ]


async def test_who_was_told_of_the_end_before_is_not_told_again_of_the_same_step(driver: Driver) -> None:
    async with older_database(driver, "licensing_0018") as (older, url):
        told, untold = [(await ordered(older, "paid", "confirmed"))[0] for _ in range(2)]
        for order_id in (told, untold):
            await older.execute(OLDER_LICENSE, order_id, order_id.bytes)
        await older.execute("UPDATE license SET expires_at = now()")
        await older.execute("UPDATE license SET expiry_told_at = now() WHERE order_id = $1", told)
        migrations.upgrade(MIGRATIONS, url)
        read = "SELECT expiry_told_step, expiry_told_end = expires_at FROM license WHERE order_id = $1"
        assert [tuple(await older.fetchrow(read, each) or ()) for each in (told, untold)] == [(-7, True), (None, None)]


async def test_what_was_suspended_has_a_cause_that_staff_can_lift(driver: Driver) -> None:
    async with older_database(driver, "licensing_0019") as (older, url):
        orders = [(await ordered(older, "paid", "confirmed"))[0] for _ in range(3)]
        for order_id in orders:
            await older.execute(OLDER_LICENSE, order_id, order_id.bytes)
        await older.execute("UPDATE license SET state = 'suspended' WHERE order_id = $1", orders[0])
        ended = "UPDATE license SET state = 'expired', ended_from = 'suspended' WHERE order_id = $1"
        await older.execute(ended, orders[1])
        migrations.upgrade(MIGRATIONS, url)
        read = "SELECT cause FROM suspension JOIN license USING (license_id) WHERE order_id = $1"
        assert [await older.fetchval(read, each) for each in orders] == ["staff", "staff", None]


TERMS = """
SELECT p.months, p.devices, p.fingerprint_required, p.max_deactivations, p.version = (SELECT max(version) FROM policy n
  WHERE n.product = p.product) AS is_current, EXISTS (SELECT FROM license l WHERE l.order_id = o.order_id
  AND (l.product, l.edition, l.policy_version) = (o.product, o.edition, o.policy_version)) AS licensed
FROM purchase o JOIN policy p ON (p.product, p.edition, p.version) = (o.product, o.edition, o.policy_version)
WHERE o.order_id = $1
"""


async def test_what_was_sold_keeps_its_terms_as_a_version_of_its_own(driver: Driver) -> None:
    """Three orders on terms that were changed since, one of them without its license yet, and one on those of today."""
    today = (12, 3, False, None)
    async with older_database(driver, "licensing_0019") as (older, url):
        orders = [(await ordered(older, "paid", "confirmed"))[0] for _ in range(4)]
        for order_id, license_of, months, limits in (
            (orders[0], True, 6, (2, True, 4)),
            (orders[1], True, None, (2, False, None)),
            (orders[2], False, 12, (5, False, None)),
            (orders[3], True, 12, (3, False, None)),
        ):
            sized = "UPDATE purchase SET quantity = 2, months = $2, device_limit = 2 * $3::integer WHERE order_id = $1"
            await older.execute(sized, order_id, months, limits[0])
            if license_of:
                await older.execute(OLDER_LICENSE, order_id, order_id.bytes)
                said = "UPDATE license SET fingerprint_required = $2, max_deactivations = $3 WHERE order_id = $1"
                await older.execute(said, order_id, *limits[1:])
        migrations.upgrade(MIGRATIONS, url)
        assert [tuple(await older.fetchrow(TERMS, order_id) or ()) for order_id in orders] == [
            (6, 2, True, 4, False, True),
            (None, 2, False, None, False, True),
            (12, 5, False, None, False, False),
            (*today, True, True),
        ]
        versions = "SELECT count(*) FROM policy WHERE product = $1 AND edition = 'standard'"
        assert [await older.fetchval(versions, each) for each in ("auditor-year", "studio-year")] == [4, 1]
