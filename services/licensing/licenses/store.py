"""Licenses and their devices in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.licensing.licenses.keys import FreshKey
from services.licensing.licenses.rules import License, StoredState
from services.licensing.rows import insert
from shared.contracts.licensing import EndReason
from shared.database import Transaction
from shared.problems import refuse

READ = """
SELECT license_id, subject_id, order_id, product, key_end, sealed_key, state, device_limit, fingerprint_required,
  issued_at, expires_at, ended_at, end_reason, ended_from, live
FROM license
"""
BY_KEY = READ + "WHERE key_hash = $1"
OF_PERSON = READ + "WHERE subject_id = $1 ORDER BY issued_at DESC, license_id"
LOCK = READ + "WHERE license_id = $1 FOR UPDATE"
LOCK_BY_KEY = READ + "WHERE key_hash = $1 FOR UPDATE"
LOCK_OF_ORDER = READ + "WHERE order_id = $1 FOR UPDATE"
LOCK_REVIEWABLE = (
    READ
    + """
WHERE NOT live AND review_at <= $1 ORDER BY subject_id LIMIT $2 FOR UPDATE SKIP LOCKED
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
CONFIRM_TERMS = "UPDATE purchase_terms SET confirmed_at = $2 WHERE order_id = $1"
SET_STATE = "UPDATE license SET state = $2 WHERE license_id = $1"
SET_KEY = "UPDATE license SET key_hash = $2, key_end = $3, sealed_key = $4 WHERE license_id = $1"
END = """
UPDATE license SET state = 'ended', ended_at = $2, end_reason = $3, ended_from = state WHERE license_id = $1
"""
END_FOR_GOOD = "UPDATE license SET end_reason = $2 WHERE license_id = $1"
RESTORE = """
UPDATE license SET state = $2, ended_at = NULL, end_reason = NULL, ended_from = NULL WHERE license_id = $1
"""
RUN_OUT = """
WITH due AS MATERIALIZED (
  SELECT license_id FROM license WHERE live AND state IN ('active', 'suspended') AND expires_at <= $1
  ORDER BY license_id LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE license SET ended_from = state, state = 'expired' WHERE license_id IN (SELECT license_id FROM due)
RETURNING subject_id, license_id
"""
MARK_EXPIRING = """
WITH due AS MATERIALIZED (
  SELECT license_id FROM license WHERE state = 'active' AND expiry_told_at IS NULL
    AND expires_at BETWEEN $1::timestamptz AND $1 + make_interval(days => $2::integer)
  ORDER BY license_id LIMIT $3 FOR UPDATE SKIP LOCKED)
UPDATE license SET expiry_told_at = $1 WHERE license_id IN (SELECT license_id FROM due)
RETURNING subject_id, license_id, ((expires_at - interval '1 second') AT TIME ZONE 'Europe/Warsaw')::date AS last_day
"""
DEVICES_OF_PERSON = """
SELECT activation_id, license_id, COALESCE(label, '') AS label, activated_at, last_seen_at, leased_until
FROM activation WHERE subject_id = $1 AND freed_at IS NULL ORDER BY activated_at
"""
COUNT_DEVICES = """
SELECT count(*) AS devices, COALESCE(bool_or(device_hash = $2), false) AS here
FROM activation WHERE license_id = $1 AND freed_at IS NULL
"""
# A device of an erased person's running license is kept for the same reason and as long as the license, without a name.
ACTIVATE = """
INSERT INTO activation (subject_id, license_id, device_hash, activated_at, last_seen_at, label, live, review_at,
  provisions, exemptions)
SELECT subject_id, license_id, $2::bytea, $3::timestamptz, $3, CASE WHEN live THEN NULLIF($4, '') END, live, review_at,
  provisions, exemptions
FROM license WHERE license_id = $1
ON CONFLICT (license_id, device_hash) DO UPDATE SET freed_at = NULL, activated_at = excluded.activated_at,
  last_seen_at = excluded.last_seen_at, label = COALESCE(excluded.label, activation.label)
"""
NAME_DEVICE = "UPDATE activation SET label = $3 WHERE license_id = $1 AND device_hash = $2 AND live"
SEEN = """
UPDATE activation SET last_seen_at = $3
WHERE license_id = $1 AND device_hash = $2 AND last_seen_at < $3::timestamptz - interval '1 hour'
"""
LEASE = """
UPDATE activation SET leased_until = greatest(leased_until, $3) WHERE license_id = $1 AND device_hash = $2
"""
COUNT_FILES = """
SELECT count(*) FROM activation WHERE license_id = $1 AND device_hash <> $2 AND leased_until > $3
"""
# A device without a seat is remembered while its file goes on working: seats could be passed on without end.
FREE = """
WITH gone AS (
  DELETE FROM activation WHERE license_id = $1 AND {which} AND (leased_until <= now()) IS NOT FALSE RETURNING 1),
kept AS (
  UPDATE activation SET freed_at = now()
  WHERE license_id = $1 AND {which} AND leased_until > now() AND freed_at IS NULL RETURNING 1)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM kept)
"""
DEACTIVATE = FREE.format(which="device_hash = $2")
FREE_SEAT = FREE.format(which="activation_id = $2")
FREE_ALL_SEATS = FREE.format(which="true")
DROP_FREED = "DELETE FROM activation WHERE freed_at IS NOT NULL AND leased_until <= $1"


@dataclass(frozen=True)
class Device:
    activation_id: UUID
    license_id: UUID
    label: str
    activated_at: datetime
    last_seen_at: datetime
    leased_until: datetime | None


@dataclass(frozen=True)
class RanOut:
    subject_id: UUID
    license_id: UUID


@dataclass(frozen=True)
class Expiring:
    subject_id: UUID
    license_id: UUID
    last_day: date


async def add(tx: Transaction, license_: License, key: FreshKey) -> None:
    """Store a new license, and that the buyer's declarations were confirmed with it."""
    await insert(
        tx,
        "license",
        license_id=license_.license_id,
        subject_id=license_.subject_id,
        order_id=license_.order_id,
        product=license_.product,
        key_hash=key.hash,
        key_end=license_.key_end,
        sealed_key=license_.sealed_key,
        state=license_.state,
        device_limit=license_.device_limit,
        fingerprint_required=license_.fingerprint_required,
        issued_at=license_.issued_at,
        expires_at=license_.expires_at,
    )
    await tx.run(CONFIRM_TERMS, license_.order_id, license_.issued_at)


async def holder_of_key(tx: Transaction, key_hash: bytes) -> UUID | None:
    subject_id: UUID | None = await tx.value(HOLDER_OF_KEY, key_hash)
    return subject_id


async def by_key(tx: Transaction, key_hash: bytes, *, lock: bool) -> License | None:
    row = await tx.row(LOCK_BY_KEY if lock else BY_KEY, key_hash)
    return License(**row) if row else None


async def holder_of(tx: Transaction, license_id: UUID) -> UUID:
    """Raises Refused (404)."""
    subject_id: UUID | None = await tx.value(HOLDER, license_id)
    if subject_id is None:
        raise refuse(404, "no such license")
    return subject_id


async def lock(tx: Transaction, license_id: UUID, subject_id: UUID) -> License:
    """A person's license, locked. Raises Refused (404)."""
    row = await tx.row(LOCK, license_id)
    if row is None or row["subject_id"] != subject_id:
        raise refuse(404, "no such license")
    return License(**row)


async def lock_of_order(tx: Transaction, order_id: UUID) -> License | None:
    row = await tx.row(LOCK_OF_ORDER, order_id)
    return License(**row) if row else None


async def lock_reviewable(tx: Transaction, today: date, limit: int) -> list[License]:
    """Licenses of erased people whose day of review has come."""
    return [License(**row) for row in await tx.rows(LOCK_REVIEWABLE, today, limit)]


async def of_person(tx: Transaction, subject_id: UUID) -> list[License]:
    """Newest first."""
    return [License(**row) for row in await tx.rows(OF_PERSON, subject_id)]


async def running(tx: Transaction, subject_ids: Sequence[UUID]) -> list[UUID]:
    """The licenses whose contract has neither ended nor run out."""
    return [row["license_id"] for row in await tx.rows(RUNNING, subject_ids)]


async def holders(tx: Transaction, subject_ids: Sequence[UUID]) -> list[UUID]:
    """Who has a contract that runs, or an order that waits for its money."""
    return [row["subject_id"] for row in await tx.rows(HOLDERS, subject_ids)]


async def under_review(tx: Transaction, subject_ids: Sequence[UUID]) -> list[UUID]:
    """The licenses that outlived their holder's account."""
    return [row["license_id"] for row in await tx.rows(UNDER_REVIEW, subject_ids)]


async def set_state(tx: Transaction, license_id: UUID, state: StoredState) -> None:
    await tx.run(SET_STATE, license_id, state)


async def set_key(tx: Transaction, license_id: UUID, key: FreshKey) -> None:
    """Replace a key; its devices were bound to the old one."""
    await tx.value(FREE_ALL_SEATS, license_id)
    await tx.run(SET_KEY, license_id, key.hash, key.end, key.sealed)


async def end(tx: Transaction, license_id: UUID, at: datetime, reason: EndReason) -> None:
    """End a license; its devices go."""
    await tx.value(FREE_ALL_SEATS, license_id)
    await tx.run(END, license_id, at, reason)


async def end_for_good(tx: Transaction, license_id: UUID, reason: EndReason) -> None:
    """Something else than its holder ends a license that has ended: there is nothing to take back any more."""
    await tx.run(END_FOR_GOOD, license_id, reason)


async def restore(tx: Transaction, license_id: UUID, state: StoredState) -> None:
    await tx.run(RESTORE, license_id, state)


async def run_out(tx: Transaction, before: datetime, limit: int) -> list[RanOut]:
    """Living people's licenses whose end is past, noted so once; those of the erased end otherwise."""
    return [RanOut(**row) for row in await tx.rows(RUN_OUT, before, limit)]


async def mark_expiring(tx: Transaction, at: datetime, days: int, limit: int) -> list[Expiring]:
    """Licenses that end within some days, marked so that their holders are told once."""
    return [Expiring(**row) for row in await tx.rows(MARK_EXPIRING, at, days, limit)]


async def devices_of_person(tx: Transaction, subject_id: UUID) -> list[Device]:
    """Oldest activation first."""
    return [Device(**row) for row in await tx.rows(DEVICES_OF_PERSON, subject_id)]


async def count_devices(tx: Transaction, license_id: UUID, device_hash: bytes) -> tuple[int, bool]:
    """On how many devices a license is active, and whether on this one."""
    row = await tx.row(COUNT_DEVICES, license_id, device_hash)
    return (row["devices"], row["here"]) if row else (0, False)


async def activate(tx: Transaction, license_id: UUID, device_hash: bytes, at: datetime, label: str = "") -> None:
    """Bind a device; the caller holds the license locked and has counted."""
    await tx.run(ACTIVATE, license_id, device_hash, at, label)


async def name_device(tx: Transaction, license_id: UUID, device_hash: bytes, label: str) -> None:
    """Call a device of a living person otherwise."""
    await tx.run(NAME_DEVICE, license_id, device_hash, label)


async def note_use(tx: Transaction, license_id: UUID, device_hash: bytes, at: datetime) -> None:
    """Note that a device was in use, once an hour at most."""
    await tx.run(SEEN, license_id, device_hash, at)


async def deactivate(tx: Transaction, license_id: UUID, device_hash: bytes) -> None:
    await tx.value(DEACTIVATE, license_id, device_hash)


async def count_files(tx: Transaction, license_id: UUID, device_hash: bytes, at: datetime) -> int:
    """How many other devices a license file works on, those that hold no seat any more among them."""
    return int(await tx.value(COUNT_FILES, license_id, device_hash, at))


async def lease(tx: Transaction, license_id: UUID, device_hash: bytes, until: datetime) -> None:
    """Note until when a file works on a device."""
    await tx.run(LEASE, license_id, device_hash, until)


async def drop_freed(tx: Transaction, at: datetime) -> None:
    """Forget devices without a seat whose file is over."""
    await tx.run(DROP_FREED, at)


async def free_seat(tx: Transaction, license_id: UUID, activation_id: UUID) -> bool:
    """False for an unknown device."""
    return bool(await tx.value(FREE_SEAT, license_id, activation_id))
