"""The rows of who is to be told, and was told, of which new purpose; and the rulings that stand until then."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from services.privacy.blocks import store as blocks
from services.privacy.subject_links import LINKED
from shared.contracts.privacy import PermissionChanged
from shared.database import Transaction
from shared.mail.delivery import LEASE_S

NAMED = """
SELECT version,
  ARRAY(SELECT each ->> 'key' FROM jsonb_array_elements(content::jsonb -> 'pl' -> 'purposes') AS each) AS named
FROM standing_publication WHERE kind = 'notice' AND effective_on <= $1 ORDER BY version DESC LIMIT 1
"""
# People in the order of everybody who rules about them.
UNNOTED = """
SELECT subject_id FROM subject s WHERE live AND subject_id > $1 AND EXISTS (
  SELECT FROM unnest($2::text[]) AS new (purpose) WHERE NOT EXISTS (
    SELECT FROM notice_told t WHERE t.subject_id = s.subject_id AND t.purpose = new.purpose AND t.used_from IS NULL))
ORDER BY subject_id LIMIT $3 FOR NO KEY UPDATE
"""
HOLD_BACK = """
WITH new AS (SELECT purpose, string_to_array(rulings, ' ') AS rulings
  FROM unnest($2::text[], $3::text[]) AS n (purpose, rulings)),
noted AS (
  INSERT INTO notice_told (subject_id, purpose, rulings)
  SELECT s.subject_id, purpose, rulings FROM subject s CROSS JOIN new WHERE s.subject_id = ANY ($1) AND s.live
  ON CONFLICT DO NOTHING RETURNING subject_id, rulings),
ruled AS (SELECT DISTINCT subject_id, ruling FROM noted, unnest(rulings) AS ruling ORDER BY subject_id, ruling)
INSERT INTO permission (subject_id, purpose, allowed, version)
SELECT subject_id, ruling, false, nextval('permission_version') FROM ruled
ON CONFLICT (subject_id, purpose) DO UPDATE SET allowed = false, version = excluded.version
RETURNING subject_id, purpose, allowed, version
"""
# One process at a time: all that is due to one person goes into one mail.
ONE_LEASING = "SELECT pg_advisory_xact_lock(4545)"
DUE = "told_at IS NULL AND used_from IS NULL AND purpose = ANY ($1)"
LEASE = f"""
WITH due AS MATERIALIZED (
  SELECT subject_id FROM notice_told WHERE due_at <= now() AND {DUE} ORDER BY due_at LIMIT $2),
people AS MATERIALIZED (SELECT subject_id FROM due UNION
  SELECT linked.subject_id FROM due CROSS JOIN LATERAL ({LINKED.format(subject_id="due.subject_id")}) AS linked)
UPDATE notice_told t SET attempts = attempts + 1, due_at = now() + make_interval(secs => $3)
FROM people p LEFT JOIN subject_link l USING (subject_id)
WHERE t.subject_id = p.subject_id AND {DUE}
RETURNING coalesce(l.person, t.subject_id) AS person, t.subject_id, t.purpose, t.attempts
"""  # noqa: S608 constants
TOLD = """
UPDATE notice_told SET told_at = clock_timestamp(), version = $3
WHERE subject_id = ANY ($1) AND purpose = ANY ($2) AND told_at IS NULL AND used_from IS NULL
"""
POSTPONE = """
UPDATE notice_told SET due_at = now() + make_interval(secs => $3)
WHERE subject_id = ANY ($1) AND purpose = ANY ($2) AND told_at IS NULL AND used_from IS NULL
"""
TELL_ANEW = """
UPDATE notice_told SET told_at = NULL, version = NULL, due_at = now(), attempts = 0
WHERE version = $1 AND used_from IS NULL
"""
FREE = "used_from IS NULL AND ((told_at IS NOT NULL AND purpose = ANY ($1)) OR purpose <> ALL ($2))"
LOCK_FREE = f"""
SELECT subject_id FROM subject WHERE live AND subject_id IN (
  SELECT DISTINCT subject_id FROM notice_told WHERE {FREE} ORDER BY subject_id LIMIT $3)
ORDER BY subject_id FOR NO KEY UPDATE
"""  # noqa: S608 constants
USE = f"""
WITH used AS (
  UPDATE notice_told SET used_from = clock_timestamp() WHERE subject_id = ANY ($3) AND {FREE} RETURNING rulings)
SELECT DISTINCT ruling FROM used, unnest(rulings) AS ruling ORDER BY ruling
"""  # noqa: S608 constants


@dataclass(frozen=True)
class Named:
    """The purposes of the notice that holds on a day."""

    version: int
    purposes: frozenset[str]


@dataclass(frozen=True)
class DueTelling:
    """What one person is to be told, by all ids."""

    person: UUID
    ids: tuple[UUID, ...]
    purposes: tuple[str, ...]
    attempts: int


async def named(tx: Transaction, day: object) -> Named | None:
    """What the notice in force names; None before there is one."""
    row = await tx.row(NAMED, day)
    return Named(row["version"], frozenset(row["named"])) if row else None


async def unnoted(tx: Transaction, after: UUID, purposes: Collection[str], limit: int) -> list[UUID]:
    """Living people after an id of whom nobody has noted yet that they are to be told; they are locked."""
    return [row["subject_id"] for row in await tx.rows(UNNOTED, after, sorted(purposes), limit)]


async def hold_back(
    tx: Transaction, people: Sequence[UUID], new: Mapping[str, Sequence[str]]
) -> list[PermissionChanged]:
    """Rule against new purposes until people are told; what is to be published."""
    arguments = (list(people), list(new), [" ".join(rulings) for rulings in new.values()])
    return [PermissionChanged.model_validate(dict(row)) for row in await tx.rows(HOLD_BACK, *arguments)]


async def lease(tx: Transaction, purposes: Collection[str], limit: int) -> list[DueTelling]:
    """The people who are to be told now, each with everything that is due, for LEASE_S."""
    await tx.value(ONE_LEASING)
    rows = sorted(await tx.rows(LEASE, sorted(purposes), limit, LEASE_S), key=lambda row: str(row["person"]))
    due = []
    for person, group in groupby(rows, key=lambda row: row["person"]):
        of_one = list(group)
        ids, told = ({row[name] for row in of_one} for name in ("subject_id", "purpose"))
        due.append(DueTelling(person, tuple(sorted(ids)), tuple(sorted(told)), max(r["attempts"] for r in of_one)))
    return due


async def told(tx: Transaction, telling: DueTelling, version: int) -> None:
    await tx.run(TOLD, list(telling.ids), list(telling.purposes), version)


async def postpone(tx: Transaction, telling: DueTelling, wait_s: float) -> None:
    await tx.run(POSTPONE, list(telling.ids), list(telling.purposes), wait_s)


async def tell_anew(tx: Transaction, version: int) -> None:
    """What a version told that will never hold is told no more."""
    await tx.run(TELL_ANEW, version)


async def lock_free(tx: Transaction, named: Collection[str], at_work: Collection[str], limit: int) -> list[UUID]:
    """People of whom something new may be used: told, and named by the notice in force. They are locked.

    What is no purpose of the register any more needs no telling.
    """
    return [row["subject_id"] for row in await tx.rows(LOCK_FREE, sorted(named), sorted(at_work), limit)]


async def use(
    tx: Transaction, named: Collection[str], at_work: Collection[str], people: Sequence[UUID]
) -> list[PermissionChanged]:
    """End what was ruled against such uses; what is to be published."""
    rulings = [row["ruling"] for row in await tx.rows(USE, sorted(named), sorted(at_work), list(people))]
    return await blocks.lift(tx, people, rulings)
