"""Why licenses are suspended: several causes at once, and a license works again when none is left."""

from typing import Literal

from services.licensing.licenses.rules import License
from shared.clock import now
from shared.contracts import licensing
from shared.database import Transaction

Cause = Literal["staff", "dispute", "unpaid", "ban"]

# As a device does, the row stays as long as the license of an erased person.
ADD = """
INSERT INTO suspension (license_id, cause, source, subject_id, reason, since, live, review_at, provisions, exemptions)
SELECT license_id, $2::text, $3::text, subject_id, $4::text, $5::timestamptz, live, review_at, provisions, exemptions
FROM license WHERE license_id = $1
ON CONFLICT DO NOTHING
"""
LIFT = "DELETE FROM suspension WHERE license_id = $1 AND cause = $2 AND source = $3"
# What it will be when its end is taken back changes alike.
FOLLOW = """
WITH suspended AS (SELECT EXISTS (SELECT FROM suspension WHERE license_id = $1) AS it_is)
UPDATE license SET
  state = CASE WHEN it_is AND state = 'active' THEN 'suspended' WHEN NOT it_is AND state = 'suspended' THEN 'active'
    ELSE state END,
  ended_from = CASE WHEN it_is AND ended_from = 'active' THEN 'suspended'
    WHEN NOT it_is AND ended_from = 'suspended' THEN 'active' ELSE ended_from END
FROM suspended WHERE license_id = $1 RETURNING state
"""


async def add(tx: Transaction, license_: License, cause: Cause, reason: str, source: str = "") -> bool:
    """Suspend a license that the caller holds locked; False where it is so already for this cause."""
    added = await tx.run(ADD, license_.license_id, cause, source, reason, now())
    await _follow(tx, license_)
    return bool(added)


async def lift(tx: Transaction, license_: License, cause: Cause, source: str = "") -> bool:
    """Take a cause away; False where there was no such one. The caller holds the license locked."""
    lifted = await tx.run(LIFT, license_.license_id, cause, source)
    await _follow(tx, license_)
    return bool(lifted)


async def _follow(tx: Transaction, license_: License) -> None:
    """Let the stored state be what the causes say, and tell of a change."""
    state = await tx.value(FOLLOW, license_.license_id)
    key = {"subject_id": license_.subject_id, "license_id": license_.license_id}
    if (license_.state, state) == ("active", "suspended"):
        tx.publish(licensing.LicenseSuspended(**key))
    if (license_.state, state) == ("suspended", "active"):
        tx.publish(licensing.LicenseReinstated(**key))
