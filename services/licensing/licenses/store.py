"""Licenses in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from uuid import UUID

from services.licensing.licenses import devices
from services.licensing.licenses.expiry_notices import ENDED, Due
from services.licensing.licenses.keys import FreshKey
from services.licensing.licenses.rules import License, StoredState
from services.licensing.orders.rules import Order
from services.licensing.policies import store as policies
from services.licensing.policies.rules import Term
from services.licensing.rows import insert
from shared.contracts.licensing import EndReason
from shared.database import Transaction
from shared.problems import refuse
from shared.purposes import restricted

READ = f"""
SELECT {policies.COLUMNS}, license_id, subject_id, order_id, key_end, sealed_key, state, device_limit, issued_at,
  expires_at, updates_until, trial_until, ended_at, end_reason, ended_from, live
FROM license {policies.SOLD_ON.format(table="license")}
"""  # noqa: S608 constants
BY_KEY = "WHERE key_hash = $1"
BY_ID = "WHERE license_id = $1"
BY_ORDER = "WHERE order_id = $1"
BY_RENEWAL = "WHERE license_id = (SELECT renews FROM purchase WHERE purchase.order_id = $1)"
OF_PERSON = READ + "WHERE subject_id = $1 ORDER BY issued_at DESC, license_id"
LOCK_OF_PERSON = "SELECT license_id FROM license WHERE subject_id = $1 ORDER BY license_id FOR UPDATE"
# Read with its policy once it is locked: whoever waits for a renewal would join the new row to the old version in
# PostgreSQL, and miss the license.
LOCK = "SELECT license_id FROM license {which} FOR UPDATE"
LOCK_REVIEWABLE = (
    READ
    + """
WHERE NOT live AND review_at <= $1 ORDER BY subject_id LIMIT $2 FOR UPDATE OF license SKIP LOCKED
"""
)
RUNNING = """
SELECT license_id FROM license WHERE subject_id = ANY ($1) AND state <> 'ended'
  AND (expires_at IS NULL OR expires_at > now())
"""
HOLDERS = """
SELECT subject_id FROM license WHERE subject_id = ANY ($1) AND state <> 'ended'
  AND (expires_at IS NULL OR expires_at > now())
UNION SELECT subject_id FROM purchase WHERE subject_id = ANY ($1) AND state IN ('open', 'invoiced')
ORDER BY subject_id
"""
UNDER_REVIEW = "SELECT license_id FROM license WHERE subject_id = ANY ($1) AND review_at IS NOT NULL"
HOLDER = "SELECT subject_id FROM license WHERE license_id = $1"
HOLDER_OF_KEY = "SELECT subject_id FROM license WHERE key_hash = $1"
SET_TERM = "UPDATE license SET expires_at = $2, updates_until = $3 WHERE license_id = $1"
SET_KEY = "UPDATE license SET key_hash = $2, key_end = $3, sealed_key = $4 WHERE license_id = $1"
END = """
UPDATE license SET state = 'ended', ended_at = $2, end_reason = $3, ended_from = state WHERE license_id = $1
"""
END_FOR_GOOD = "UPDATE license SET end_reason = $2 WHERE license_id = $1"
RESTORE = """
UPDATE license SET state = $2, ended_at = NULL, end_reason = NULL, ended_from = NULL WHERE license_id = $1
"""
LIMIT_DEVICES = "UPDATE license SET device_limit = $2 WHERE order_id = $1 AND state <> 'ended' RETURNING license_id"
RUN_OUT = """
WITH due AS MATERIALIZED (
  SELECT license_id FROM license WHERE live AND state IN ('active', 'suspended') AND expires_at <= $1
  ORDER BY license_id LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE license SET ended_from = state, state = 'expired' WHERE license_id IN (SELECT license_id FROM due)
RETURNING subject_id, license_id
"""
# Who is restricted is told of the end alone, as of any other end of a contract. What is left out for that, or for a
# suspension, is judged anew each day: nothing piles up.
MARK_TOLD = f"""
WITH due AS (
  SELECT * FROM unnest($2::smallint[], $3::timestamptz[], $4::timestamptz[], $5::interval[])
    AS d (step, after, until, lasting)),
told AS MATERIALIZED (
  SELECT license_id, due.step FROM license JOIN due ON expires_at > due.after AND expires_at <= due.until
  WHERE live AND (state = 'active' OR state = 'expired' AND ended_from = 'active')
    AND expires_at - issued_at >= due.lasting
    AND (expiry_told_step IS NULL OR expiry_told_step < due.step OR expiry_told_end < expires_at)
    AND (due.step = {ENDED} OR NOT {restricted("license.subject_id")})
  ORDER BY license_id LIMIT $6 FOR UPDATE OF license SKIP LOCKED)
UPDATE license SET expiry_told_at = $1, expiry_told_step = told.step, expiry_told_end = expires_at
FROM told, product WHERE license.license_id = told.license_id
  AND (product.code, product.edition) = (license.product, license.edition)
RETURNING subject_id, license.license_id, product.name AS product, told.step,
  ((expires_at - interval '1 microsecond') AT TIME ZONE 'Europe/Warsaw')::date AS last_day
"""  # noqa: S608 constants


@dataclass(frozen=True)
class RanOut:
    subject_id: UUID
    license_id: UUID


@dataclass(frozen=True)
class Notice:
    """What a holder is told of the end of a license; `step` in days from its last day on."""

    subject_id: UUID
    license_id: UUID
    product: str
    step: int
    last_day: date


async def add(tx: Transaction, license_: License, key: FreshKey) -> None:
    await insert(
        tx,
        "license",
        license_id=license_.license_id,
        subject_id=license_.subject_id,
        order_id=license_.order_id,
        product=license_.policy.product,
        edition=license_.policy.edition,
        policy_version=license_.policy.version,
        key_hash=key.hash,
        key_end=license_.key_end,
        sealed_key=license_.sealed_key,
        state=license_.state,
        device_limit=license_.device_limit,
        issued_at=license_.issued_at,
        expires_at=license_.expires_at,
        updates_until=license_.updates_until,
        trial_until=license_.trial_until,
    )


async def holder_of_key(tx: Transaction, key_hash: bytes) -> UUID | None:
    subject_id: UUID | None = await tx.value(HOLDER_OF_KEY, key_hash)
    return subject_id


async def by_key(tx: Transaction, key_hash: bytes, *, lock: bool) -> License | None:
    return await (_lock if lock else _read)(tx, BY_KEY, key_hash)


async def _lock(tx: Transaction, which: str, value: object) -> License | None:
    await tx.value(LOCK.format(which=which), value)
    return await _read(tx, which, value)


async def _read(tx: Transaction, which: str, value: object) -> License | None:
    row = await tx.row(READ + which, value)
    return License(**policies.split(row)) if row else None


async def holder_of(tx: Transaction, license_id: UUID) -> UUID:
    """Raises Refused (404)."""
    subject_id: UUID | None = await tx.value(HOLDER, license_id)
    if subject_id is None:
        raise refuse(404, "no such license")
    return subject_id


async def lock(tx: Transaction, license_id: UUID, subject_id: UUID) -> License:
    """A person's license, locked. Raises Refused (404)."""
    license_ = await _lock(tx, BY_ID, license_id)
    if license_ is None or license_.subject_id != subject_id:
        raise refuse(404, "no such license")
    return license_


async def lock_of_order(tx: Transaction, order_id: UUID) -> License | None:
    return await _lock(tx, BY_ORDER, order_id)


async def lock_renewed(tx: Transaction, order_id: UUID) -> License | None:
    """The license that an order renews; None where it is no more."""
    return await _lock(tx, BY_RENEWAL, order_id)


async def lock_of_person(tx: Transaction, subject_id: UUID) -> list[License]:
    """Newest first."""
    await tx.rows(LOCK_OF_PERSON, subject_id)
    return await of_person(tx, subject_id)


async def lock_supplied(tx: Transaction, order: Order) -> License | None:
    """The license that an order brought, or renewed; None before that, and where it is no more."""
    return await (lock_of_order if order.renewed_at is None else lock_renewed)(tx, order.order_id)


async def lock_reviewable(tx: Transaction, today: date, limit: int) -> list[License]:
    """Licenses of erased people whose day of review has come."""
    return [License(**policies.split(row)) for row in await tx.rows(LOCK_REVIEWABLE, today, limit)]


async def of_person(tx: Transaction, subject_id: UUID) -> list[License]:
    """Newest first."""
    return [License(**policies.split(row)) for row in await tx.rows(OF_PERSON, subject_id)]


async def running(tx: Transaction, subject_ids: Sequence[UUID]) -> list[UUID]:
    """The licenses whose contract has neither ended nor run out."""
    return [row["license_id"] for row in await tx.rows(RUNNING, subject_ids)]


async def holders(tx: Transaction, subject_ids: Sequence[UUID]) -> list[UUID]:
    """Who has a contract that runs, or an order that waits for its money."""
    return [row["subject_id"] for row in await tx.rows(HOLDERS, subject_ids)]


async def under_review(tx: Transaction, subject_ids: Sequence[UUID]) -> list[UUID]:
    """The licenses that outlived their holder's account."""
    return [row["license_id"] for row in await tx.rows(UNDER_REVIEW, subject_ids)]


async def set_term(tx: Transaction, license_id: UUID, term: Term) -> None:
    await tx.run(SET_TERM, license_id, term.expires_at, term.updates_until)


async def set_key(tx: Transaction, license_id: UUID, key: FreshKey) -> None:
    """Replace a key; its devices were bound to the old one."""
    await devices.free_all_seats(tx, license_id)
    await tx.run(SET_KEY, license_id, key.hash, key.end, key.sealed)


async def end(tx: Transaction, license_id: UUID, at: datetime, reason: EndReason) -> None:
    """End a license; its devices go."""
    await devices.free_all_seats(tx, license_id)
    await tx.run(END, license_id, at, reason)


async def end_for_good(tx: Transaction, license_id: UUID, reason: EndReason) -> None:
    """Something else than its holder ends a license that has ended: there is nothing to take back any more."""
    await tx.run(END_FOR_GOOD, license_id, reason)


async def restore(tx: Transaction, license_id: UUID, state: StoredState) -> None:
    await tx.run(RESTORE, license_id, state)


async def limit_devices(tx: Transaction, order_id: UUID, most: int) -> None:
    """On how many devices the license of an order may be used; those beyond are freed."""
    if license_id := await tx.value(LIMIT_DEVICES, order_id, most):
        await devices.free_beyond(tx, license_id, most)


async def run_out(tx: Transaction, before: datetime, limit: int) -> list[RanOut]:
    """Living people's licenses whose end is past, noted so once; those of the erased end otherwise."""
    return [RanOut(**row) for row in await tx.rows(RUN_OUT, before, limit)]


async def mark_told(tx: Transaction, at: datetime, due: Sequence[Due], limit: int) -> list[Notice]:
    """The notices that are due, marked so that each is sent once for each end of a license."""
    columns = [[getattr(each, field.name) for each in due] for field in fields(Due)]
    return [Notice(**row) for row in await tx.rows(MARK_TOLD, at, *columns, limit)]
