"""Renewals in PostgreSQL: orders that say which license they renew, and how it stood before."""

from datetime import datetime
from uuid import UUID

import asyncpg

from services.licensing.licenses import devices
from services.licensing.licenses.rules import License, most_devices
from services.licensing.policies import store as policies
from services.licensing.renewals.rules import Renewal, Standing
from shared.database import Transaction

OF_LICENSE = f"""
SELECT {policies.COLUMNS}, order_id, renewed_at, before_end, before_edition, before_version,
  state <> 'refunded' AS stands
FROM purchase {policies.SOLD_ON.format(table="purchase")}
WHERE renews = $1 AND renewed_at IS NOT NULL ORDER BY renewed_at, order_id
"""  # noqa: S608 constants
NOTE = """
UPDATE purchase SET renewed_at = $2, before_end = $3, before_edition = $4, before_version = $5 WHERE order_id = $1
"""
# A license that ran out is what it was before; of a trial that is bought the order is the one that bought it.
SET = """
UPDATE license SET expires_at = $2, updates_until = $3, edition = $4, policy_version = $5, device_limit = $6,
  order_id = COALESCE(order_id, $7), state = CASE WHEN state = 'expired' THEN ended_from ELSE state END,
  ended_from = CASE WHEN state = 'expired' THEN NULL ELSE ended_from END
WHERE license_id = $1
"""


async def of_license(tx: Transaction, license_: License) -> list[Renewal]:
    """Oldest first, with those whose money went back."""
    return [_renewal(row, license_) for row in await tx.rows(OF_LICENSE, license_.license_id)]


def _renewal(row: asyncpg.Record, license_: License) -> Renewal:
    columns = policies.split(row)
    end, edition, version = (columns.pop(f"before_{name}") for name in ("end", "edition", "version"))
    trial = license_.trial_until is not None and end == license_.trial_until
    return Renewal(before=Standing(end, trial, edition, version), **columns)


async def note(tx: Transaction, order_id: UUID, license_: License, at: datetime) -> None:
    """How the license stood that an order renews."""
    before = license_.term.end, license_.policy.edition, license_.policy.version
    await tx.run(NOTE, order_id, at, *before)


async def set_standing(tx: Transaction, license_: License, order_id: UUID) -> None:
    """Store until when a license lasts, on which terms and how many devices; `order_id` is that of the renewal."""
    term, policy = (license_.expires_at, license_.updates_until), (license_.policy.edition, license_.policy.version)
    await tx.run(SET, license_.license_id, *term, *policy, license_.device_limit, order_id)
    if (most := most_devices(license_)) is not None:
        await devices.free_beyond(tx, license_.license_id, most)
