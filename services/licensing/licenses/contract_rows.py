"""The rows of a running contract (license, devices, suspensions, terms, order) after the erasure of its holder.

They are kept for the contract and for its reason together, and they are let go together. What tax law keeps of
the order stays, and what was agreed to while claims run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.licensing.data_map import DATA_MAP
from services.licensing.grounds import RUNNING_CONTRACT
from shared.database import Transaction
from shared.personal_data.holds import unless_held

# Until the contract's end, at most until $2, when somebody looks again. Repeating it moves the day.
KEEP = """
WITH contract AS (
  UPDATE license SET review_at = least((expires_at AT TIME ZONE 'Europe/Warsaw')::date, $2::date),
    provisions = ARRAY[$3::text], exemptions = ARRAY[$4::text]
  WHERE license_id = ANY ($1) RETURNING license_id, order_id, review_at),
devices AS (UPDATE activation SET review_at = contract.review_at, provisions = ARRAY[$3], exemptions = ARRAY[$4]
  FROM contract WHERE activation.license_id = contract.license_id),
suspensions AS (UPDATE suspension SET review_at = contract.review_at, provisions = ARRAY[$3], exemptions = ARRAY[$4]
  FROM contract WHERE suspension.license_id = contract.license_id),
terms AS (UPDATE purchase_terms SET review_at = contract.review_at,
    provisions = array_append(array_remove(purchase_terms.provisions, $3), $3),
    exemptions = array_append(array_remove(purchase_terms.exemptions, $4), $4)
  FROM contract WHERE purchase_terms.order_id = contract.order_id)
UPDATE purchase SET review_at = contract.review_at,
  provisions = array_append(array_remove(purchase.provisions, $3), $3),
  exemptions = array_append(array_remove(purchase.exemptions, $4), $4)
FROM contract WHERE purchase.order_id = contract.order_id
"""
# Overdue since $2: the purge of an erasure and the retention run take them.
RELEASE = """
WITH contract AS (
  UPDATE license SET review_at = NULL, retain_until = $2 WHERE license_id = ANY ($1) RETURNING license_id, order_id),
devices AS (UPDATE activation SET review_at = NULL, retain_until = $2
  FROM contract WHERE activation.license_id = contract.license_id),
suspensions AS (UPDATE suspension SET review_at = NULL, retain_until = $2
  FROM contract WHERE suspension.license_id = contract.license_id),
terms AS (UPDATE purchase_terms SET review_at = NULL, retain_until = COALESCE(purchase_terms.retain_until, $2),
    provisions = CASE WHEN purchase_terms.retain_until IS NULL THEN purchase_terms.provisions
      ELSE array_remove(purchase_terms.provisions, $3::text) END,
    exemptions = CASE WHEN purchase_terms.retain_until IS NULL THEN purchase_terms.exemptions
      ELSE array_remove(purchase_terms.exemptions, $4::text) END
  FROM contract WHERE purchase_terms.order_id = contract.order_id)
UPDATE purchase SET review_at = NULL, provisions = array_remove(purchase.provisions, $3::text),
  exemptions = array_remove(purchase.exemptions, $4::text)
FROM contract WHERE purchase.order_id = contract.order_id
"""
# What is held is overdue and stays until its release.
DELETE = f"""
WITH contract AS (DELETE FROM license WHERE license_id = $1 AND {unless_held(DATA_MAP, "license")} RETURNING 1),
devices AS (DELETE FROM activation WHERE license_id = $1 AND {unless_held(DATA_MAP, "activation")} RETURNING 1),
suspensions AS (DELETE FROM suspension WHERE license_id = $1 AND {unless_held(DATA_MAP, "suspension")} RETURNING 1),
terms AS (DELETE FROM purchase_terms USING license ended
  WHERE ended.license_id = $1 AND purchase_terms.order_id = ended.order_id
    AND purchase_terms.retain_until <= $2 AND {unless_held(DATA_MAP, "purchase_terms")} RETURNING 1)
SELECT (SELECT count(*) FROM contract) AS license, (SELECT count(*) FROM devices) AS activation,
  (SELECT count(*) FROM suspensions) AS suspension, (SELECT count(*) FROM terms) AS purchase_terms
"""  # noqa: S608 constants


@dataclass(frozen=True)
class Deleted:
    license: int
    activation: int
    suspension: int
    purchase_terms: int


async def keep(tx: Transaction, license_ids: Sequence[UUID], review_on: date | None) -> None:
    if license_ids:  # planning the statement costs more than running it
        await tx.run(KEEP, license_ids, review_on, RUNNING_CONTRACT.provision, RUNNING_CONTRACT.exemption)


async def release(tx: Transaction, license_ids: Sequence[UUID], last_day: date) -> None:
    if license_ids:
        await tx.run(RELEASE, license_ids, last_day, RUNNING_CONTRACT.provision, RUNNING_CONTRACT.exemption)


async def delete(tx: Transaction, license_id: UUID, last_day: date) -> Deleted:
    await release(tx, [license_id], last_day)
    row = await tx.row(DELETE, license_id, last_day)
    return Deleted(**row) if row else Deleted(0, 0, 0, 0)
