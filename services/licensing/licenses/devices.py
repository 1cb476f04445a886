"""The devices of licenses in PostgreSQL: who holds a seat, and where a license file still works."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.licensing.data_map import DATA_MAP
from shared.database import Transaction
from shared.personal_data.holds import unless_held
from shared.purposes import restricted

OF_PERSON = """
SELECT activation_id, license_id, COALESCE(label, '') AS label, activated_at, last_seen_at, leased_until
FROM activation WHERE subject_id = $1 AND freed_at IS NULL ORDER BY activated_at
"""
COUNT = """
SELECT count(*) FILTER (WHERE COALESCE(last_seen_at >= $3, true)) AS devices,
  COALESCE(bool_or(device_hash = $2 AND COALESCE(last_seen_at >= $3, true)), false) AS here,
  COALESCE(bool_or(device_hash = $2 AND last_seen_at < $3), false) AS dead
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
RENAME = "UPDATE activation SET label = $3 WHERE license_id = $1 AND device_hash = $2 AND live"
SEEN = """
UPDATE activation SET last_seen_at = $3
WHERE license_id = $1 AND device_hash = $2 AND last_seen_at < $3::timestamptz - $4::interval
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
FREE_DEAD = FREE.format(which="last_seen_at < $2")
FREE_ALL_SEATS = FREE.format(which="true")
# Who used a device last keeps it.
LONGEST_UNUSED = """activation_id IN (SELECT activation_id FROM (
  SELECT activation_id, row_number() OVER (ORDER BY last_seen_at DESC, activation_id) AS place
  FROM activation WHERE license_id = $1 AND freed_at IS NULL) seated WHERE place > $2)"""
FREE_BEYOND = FREE.format(which=LONGEST_UNUSED)
DROP_FREED = f"""
DELETE FROM activation WHERE freed_at IS NOT NULL AND leased_until <= $1 AND {unless_held(DATA_MAP, "activation")}
  AND NOT {restricted("activation.subject_id", *DATA_MAP.table("activation").fields)}
"""  # noqa: S608 constants


@dataclass(frozen=True)
class Device:
    activation_id: UUID
    license_id: UUID
    label: str
    activated_at: datetime
    last_seen_at: datetime
    leased_until: datetime | None


async def of_person(tx: Transaction, subject_id: UUID) -> list[Device]:
    """Oldest activation first."""
    return [Device(**row) for row in await tx.rows(OF_PERSON, subject_id)]


@dataclass(frozen=True)
class Seats:
    """On how many devices a license is active, whether on this one, and whether this one's seat is dead."""

    devices: int
    here: bool
    dead: bool


async def count(tx: Transaction, license_id: UUID, device_hash: bytes, alive_since: datetime | None = None) -> Seats:
    """Seats that were not in use since then are dead, if a moment is given."""
    row = await tx.row(COUNT, license_id, device_hash, alive_since)
    return Seats(**row) if row else Seats(0, here=False, dead=False)


async def activate(tx: Transaction, license_id: UUID, device_hash: bytes, at: datetime, label: str = "") -> None:
    """Bind a device; the caller holds the license locked and has counted."""
    await tx.run(ACTIVATE, license_id, device_hash, at, label)


async def rename(tx: Transaction, license_id: UUID, device_hash: bytes, label: str) -> None:
    """Call a device of a living person otherwise."""
    await tx.run(RENAME, license_id, device_hash, label)


async def note_use(tx: Transaction, license_id: UUID, device_hash: bytes, at: datetime, after: timedelta) -> None:
    """Note that a device was in use, unless that was noted so short a while ago."""
    await tx.run(SEEN, license_id, device_hash, at, after)


async def free_dead(tx: Transaction, license_id: UUID, alive_since: datetime) -> None:
    """Free the seats that were not in use since then; the caller holds the license locked."""
    await tx.value(FREE_DEAD, license_id, alive_since)


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


async def free_all_seats(tx: Transaction, license_id: UUID) -> None:
    """The key of the devices is void, or their license over."""
    await tx.value(FREE_ALL_SEATS, license_id)


async def free_beyond(tx: Transaction, license_id: UUID, most: int) -> None:
    """Leave so many seats taken; the longest unused are freed first."""
    await tx.value(FREE_BEYOND, license_id, most)
