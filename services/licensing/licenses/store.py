"""The rows of licenses and their devices."""

from datetime import datetime
from uuid import UUID

from shared.database import Row, Transaction
from shared.problems import refuse

BY_KEY = "SELECT subject_id FROM license WHERE key_hash = $1"
LOCK_BY_KEY = "SELECT * FROM license WHERE key_hash = $1 FOR UPDATE"
LOCK = "SELECT * FROM license WHERE license_id = $1 FOR UPDATE"
LOCK_OF_ORDER = "SELECT * FROM license WHERE order_id = $1 FOR UPDATE"
READ_BY_KEY = "SELECT * FROM license WHERE key_hash = $1"
WHOSE = "SELECT subject_id FROM license WHERE license_id = $1"
SET_STATE = "UPDATE license SET state = $2 WHERE license_id = $1"
SET_KEY = "UPDATE license SET key_hash = $2, key_end = $3, sealed_key = $4 WHERE license_id = $1"
OF_PERSON = """
SELECT l.license_id, l.order_id, l.product, l.key_end, l.state, l.device_limit, l.issued_at, l.expires_at,
  COALESCE((SELECT jsonb_agg(jsonb_build_object('activation_id', a.activation_id, 'activated_at', a.activated_at,
    'last_seen_at', a.last_seen_at) ORDER BY a.activated_at) FROM activation a WHERE a.license_id = l.license_id),
    '[]') AS devices
FROM license l WHERE l.subject_id = $1 ORDER BY l.issued_at DESC, l.license_id
"""
DEVICES = """
SELECT count(*) AS devices, COALESCE(bool_or(device_hash = $2), false) AS here FROM activation WHERE license_id = $1
"""
# A device of an erased person's running license is kept for the same reason and as long as the license.
ACTIVATE = """
INSERT INTO activation (subject_id, license_id, device_hash, activated_at, last_seen_at, live, review_at, provisions,
  exemptions)
SELECT subject_id, license_id, $2::bytea, $3::timestamptz, $3, live, review_at, provisions, exemptions
FROM license WHERE license_id = $1
"""
SEEN = """
UPDATE activation SET last_seen_at = $3
WHERE license_id = $1 AND device_hash = $2 AND last_seen_at < $3::timestamptz - interval '1 hour'
"""
DEACTIVATE = "DELETE FROM activation WHERE license_id = $1 AND device_hash = $2"
FREE = "DELETE FROM activation WHERE license_id = $1 AND activation_id = $2"
FREE_ALL = "DELETE FROM activation WHERE license_id = $1"


async def holder_of_key(tx: Transaction, key_hash: bytes) -> UUID | None:
    """Whose license has this key."""
    found: UUID | None = await tx.value(BY_KEY, key_hash)
    return found


async def by_key(tx: Transaction, key_hash: bytes, *, lock: bool) -> Row | None:
    """The license with this key."""
    return await tx.row(LOCK_BY_KEY if lock else READ_BY_KEY, key_hash)


async def whose(tx: Transaction, license_id: UUID) -> UUID:
    """The holder of a license. Raises Refused (404)."""
    found: UUID | None = await tx.value(WHOSE, license_id)
    if found is None:
        raise refuse(404, "no such license")
    return found


async def lock(tx: Transaction, license_id: UUID, subject_id: UUID) -> Row:
    """A person's license, locked. Raises Refused (404)."""
    row = await tx.row(LOCK, license_id)
    if row is None or row["subject_id"] != subject_id:
        raise refuse(404, "no such license")
    return row


async def lock_of_order(tx: Transaction, order_id: UUID) -> Row | None:
    """The license that an order brought, locked."""
    return await tx.row(LOCK_OF_ORDER, order_id)


async def of_person(tx: Transaction, subject_id: UUID) -> list[Row]:
    """A person's licenses with their devices."""
    return await tx.rows(OF_PERSON, subject_id)


async def set_state(tx: Transaction, license_id: UUID, state: str) -> None:
    """Suspend or reinstate."""
    await tx.run(SET_STATE, license_id, state)


async def set_key(tx: Transaction, license_id: UUID, key_hash: bytes, key_end: str, sealed: bytes) -> None:
    """Replace a key; its devices were bound to the old one."""
    await tx.run(FREE_ALL, license_id)
    await tx.run(SET_KEY, license_id, key_hash, key_end, sealed)


async def devices(tx: Transaction, license_id: UUID, device_hash: bytes) -> tuple[int, bool]:
    """On how many devices a license is active, and whether on this one."""
    row = await tx.row(DEVICES, license_id, device_hash)
    return (row["devices"], row["here"]) if row else (0, False)


async def activate(tx: Transaction, license_id: UUID, device_hash: bytes, at: datetime) -> None:
    """Bind a device; the caller holds the license locked and has counted."""
    await tx.run(ACTIVATE, license_id, device_hash, at)


async def seen(tx: Transaction, license_id: UUID, device_hash: bytes, at: datetime) -> None:
    """Note that a device was in use, once an hour at most."""
    await tx.run(SEEN, license_id, device_hash, at)


async def deactivate(tx: Transaction, license_id: UUID, device_hash: bytes) -> int:
    """Free the seat of a device."""
    return await tx.run(DEACTIVATE, license_id, device_hash)


async def free(tx: Transaction, license_id: UUID, activation_id: UUID) -> int:
    """Free a seat."""
    return await tx.run(FREE, license_id, activation_id)
