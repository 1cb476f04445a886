"""The log of service mail as it grows old: that a letter left stays for a while, what it told of does not (R-ACT)."""

from datetime import date

from services.identity.data_map import DATA_MAP
from shared.database import Transaction
from shared.law.calendar import midnight
from shared.law.retention import policies
from shared.law.retention.cutoffs import cut_off
from shared.personal_data.holds import unless_held

EMPTY = f"""
WITH old AS MATERIALIZED (SELECT mail_id FROM service_mail
  WHERE created_at < $1 AND (facts <> '{{}}' OR email IS NOT NULL) AND {unless_held(DATA_MAP, "service_mail")}
  LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE service_mail SET facts = '{{}}', email = NULL WHERE mail_id IN (SELECT mail_id FROM old)
"""  # noqa: S608 constants


async def empty(tx: Transaction, day: date, limit: int) -> int:
    """Leave of old letters their kind and their times; answers of how many."""
    return await tx.run(EMPTY, midnight(cut_off(policies.RAW_ACTIVITY, day)), limit)
