"""When programs gave seats of a license back by its key: moments without a device, for as long as they count."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.licensing.data_map import DATA_MAP
from shared.database import Transaction
from shared.personal_data.holds import unless_held
from shared.purposes import restricted

OF_LICENSE = "SELECT deactivated_at FROM license WHERE license_id = $1"
NOTE = "UPDATE license SET deactivated_at = deactivated_at || $2::timestamptz WHERE license_id = $1"
DROP_OLD = f"""
UPDATE license SET deactivated_at = ARRAY(SELECT at FROM unnest(deactivated_at) AS at WHERE at > $1 ORDER BY at)
WHERE deactivated_at <> '{{}}' AND deactivated_at[1] <= $1 AND {unless_held(DATA_MAP, "license")}
  AND NOT {restricted("license.subject_id", *DATA_MAP.table("license").fields)}
"""  # noqa: S608 constants


async def of_license(tx: Transaction, license_id: UUID) -> Sequence[datetime]:
    """Oldest first."""
    moments: Sequence[datetime] = await tx.value(OF_LICENSE, license_id)
    return moments


async def note(tx: Transaction, license_id: UUID, at: datetime) -> None:
    """The caller holds the license locked."""
    await tx.run(NOTE, license_id, at)


async def drop_old(tx: Transaction, before: datetime) -> None:
    """Forget the moments that count no more."""
    await tx.run(DROP_OLD, before)
