"""The rows of blocks: what a case forbids for each id of its person, and which service has confirmed it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.privacy.subject_links import LINKED
from shared.contracts.participants import PermissionApplied
from shared.contracts.privacy import PermissionChanged
from shared.database import Row, Transaction

LOCK_IDS = f"""
SELECT subject_id FROM subject WHERE live AND subject_id IN (SELECT $1::uuid UNION {LINKED.format(subject_id="$1")})
ORDER BY subject_id FOR NO KEY UPDATE
"""  # noqa: S608 constants
# Who is required and has not announced itself yet is waited for, too.
PARTICIPANTS = """
SELECT array_remove(ARRAY(
  SELECT service FROM participant WHERE left_at IS NULL UNION SELECT unnest($1::text[]) ORDER BY 1), 'privacy')
"""
FORBID = """
WITH ruled AS (INSERT INTO permission (subject_id, purpose, allowed, version)
  SELECT id, purpose, false, nextval('permission_version')
  FROM unnest($2::uuid[]) id CROSS JOIN unnest($4::text[]) purpose ORDER BY id, purpose
  ON CONFLICT (subject_id, purpose) DO UPDATE SET allowed = false, version = excluded.version
  RETURNING subject_id, purpose, version)
INSERT INTO block (case_id, subject_id, purpose, version, asked) SELECT $1, subject_id, purpose, version, $3 FROM ruled
RETURNING subject_id, purpose, false AS allowed, version, cardinality(asked) > 0 AS confirm
"""
STORE = """
INSERT INTO block (case_id, subject_id, purpose, version, asked)
SELECT $1, $2, purpose, version, $5 FROM unnest($3::text[], $4::bigint[]) AS ruled (purpose, version)
"""
END = "UPDATE block SET ended_at = clock_timestamp() WHERE case_id = $1 AND ended_at IS NULL RETURNING purpose"
HOLDS = "SELECT EXISTS (SELECT FROM block WHERE case_id = $1)"
# What the person had decided against in the ledger stays so, and what the person was not told of yet.
LIFT = """
UPDATE permission p SET allowed = true, version = nextval('permission_version')
WHERE subject_id = ANY ($1) AND purpose = ANY ($2) AND NOT allowed AND NOT EXISTS (
  SELECT FROM block b WHERE b.subject_id = p.subject_id AND b.purpose = p.purpose AND b.ended_at IS NULL)
  AND coalesce((SELECT d.given FROM consent d WHERE d.subject_id = p.subject_id AND d.purpose = p.purpose
    ORDER BY d.version DESC LIMIT 1), true)
  AND NOT EXISTS (SELECT FROM notice_told t
    WHERE t.subject_id = p.subject_id AND t.used_from IS NULL AND p.purpose = ANY (t.rulings))
RETURNING subject_id, purpose, allowed, version
"""
# An objection to marketing is a decision of the ledger, which covers linked ids by itself.
UNCOVERED = """
SELECT b.case_id, b.purpose, bool_or(b.asked <> '{}') AS is_confirmed, array_agg(DISTINCT id) AS ids
FROM block b JOIN privacy_case c USING (case_id) CROSS JOIN unnest($1::uuid[]) AS id
WHERE b.subject_id = ANY ($1) AND c.kind <> 'marketing-objection' AND b.ended_at IS NULL AND NOT EXISTS (
  SELECT FROM block o WHERE o.case_id = b.case_id AND o.subject_id = id AND o.purpose = b.purpose)
GROUP BY b.case_id, b.purpose
"""

REPORTED = "unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS r (subject_id, purpose, version, service)"
ARE_KNOWN = "SELECT count(*) = cardinality($1::text[]) FROM participant WHERE service = ANY ($1)"
NEVER_RULED = f"""
SELECT EXISTS (SELECT FROM {REPORTED} LEFT JOIN subject s USING (subject_id)
  LEFT JOIN permission p USING (subject_id, purpose)
  WHERE coalesce(s.live, true) AND coalesce(p.version, 0) < r.version)
"""  # noqa: S608 constants
# In the order of an erasure: people, cases, blocks. Of two last reports at once, the second sees what the first did.
LOCK_PEOPLE = "SELECT FROM subject WHERE subject_id = ANY ($1) ORDER BY subject_id FOR KEY SHARE"
NEWS = "r.service = ANY (b.asked) AND NOT r.service = ANY (b.confirmed)"
LOCK_CASES = f"""
SELECT case_id FROM privacy_case WHERE case_id IN (
  SELECT b.case_id FROM block b JOIN {REPORTED} USING (subject_id, purpose, version) WHERE {NEWS})
ORDER BY case_id FOR NO KEY UPDATE
"""  # noqa: S608 constants
CONFIRM = f"""
UPDATE block b SET confirmed = b.confirmed || news.services FROM (
  SELECT b.case_id, subject_id, purpose, array_agg(DISTINCT r.service) AS services
  FROM block b JOIN {REPORTED} USING (subject_id, purpose, version) WHERE {NEWS}
  GROUP BY b.case_id, subject_id, purpose) news
WHERE b.case_id = news.case_id AND b.subject_id = news.subject_id AND b.purpose = news.purpose
"""  # noqa: S608 constants
COMPLETE = """
UPDATE privacy_case c SET
  state = CASE kind WHEN 'restriction' THEN 'in force' WHEN 'objection' THEN 'under review' ELSE 'closed' END,
  closed_at = CASE WHEN kind = 'marketing-objection' THEN clock_timestamp() END,
  letter = CASE WHEN sealed_address IS NOT NULL THEN 'outcome' END, letter_due_at = clock_timestamp(), letter_tries = 0
WHERE state = 'applying' AND case_id = ANY ($1)
  AND NOT EXISTS (SELECT FROM block b WHERE b.case_id = c.case_id AND NOT b.complete)
"""
UNCONFIRMED = "NOT b.complete AND b.ended_at IS NULL"
# Cases before their blocks, as in the other statements.
LOCK_CASES_OF_DEPARTED = f"""
SELECT case_id FROM privacy_case WHERE case_id IN (
  SELECT b.case_id FROM block b JOIN participant p ON p.service = ANY (b.asked)
  WHERE p.left_at IS NOT NULL AND {UNCONFIRMED})
ORDER BY case_id FOR NO KEY UPDATE
"""  # noqa: S608 constants
DROP_DEPARTED = f"""
UPDATE block b
SET asked = ARRAY(SELECT unnest(b.asked) EXCEPT SELECT service FROM participant WHERE left_at IS NOT NULL)
WHERE b.case_id = ANY ($1) AND {UNCONFIRMED}
"""  # noqa: S608 constants
# After the first reminder the waits double up to an hour.
REMIND = f"""
WITH silent AS MATERIALIZED (
  SELECT b.case_id, b.subject_id, b.purpose FROM block b
  WHERE {UNCONFIRMED}
    AND b.asked_at < now() - least(make_interval(secs => $1 * 2 ^ least(b.reminders, 12)), interval '1 hour')
  ORDER BY b.asked_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
UPDATE block b SET reminders = least(b.reminders, 30000) + 1, asked_at = clock_timestamp() FROM silent s
WHERE b.case_id = s.case_id AND b.subject_id = s.subject_id AND b.purpose = s.purpose
RETURNING b.subject_id, b.purpose, b.version, ARRAY(SELECT unnest(b.asked) EXCEPT SELECT unnest(b.confirmed)) AS silent
"""  # noqa: S608 constants
REMINDED_AT_ONCE = 200


@dataclass(frozen=True)
class Applied:
    """What several reports say, one entry per ruling and service in every list."""

    subjects: list[UUID]
    purposes: list[str]
    versions: list[int]
    services: list[str]

    @classmethod
    def of(cls, reports: Sequence[PermissionApplied]) -> "Applied":
        entries = [
            (*entry, report.service)
            for report in reports
            for entry in zip(report.subjects, report.purposes, report.versions, strict=True)
        ]
        subjects, purposes, versions, services = map(list, zip(*entries, strict=True))
        return cls(subjects, purposes, versions, services)

    @property
    def columns(self) -> tuple[list[UUID], list[str], list[int], list[str]]:
        return self.subjects, self.purposes, self.versions, self.services


@dataclass(frozen=True)
class Unconfirmed:
    """A ruling, and who has not said that it acts by it."""

    subject_id: UUID
    purpose: str
    version: int
    silent: Sequence[str]

    @property
    def event(self) -> PermissionChanged:
        """The ruling once more: a case forbids and never allows."""
        return PermissionChanged(
            subject_id=self.subject_id, purpose=self.purpose, allowed=False, version=self.version, confirm=True
        )


@dataclass(frozen=True)
class Uncovered:
    """Ids that were linked later to a person about whom a case forbids something, and whether services confirm it."""

    case_id: UUID
    purpose: str
    is_confirmed: bool
    ids: Sequence[UUID]


async def lock_ids(tx: Transaction, subject_id: UUID) -> list[UUID]:
    """All living ids of a person, locked: what is ruled about them has one order."""
    return [row["subject_id"] for row in await tx.rows(LOCK_IDS, subject_id)]


async def participants(tx: Transaction, required: Collection[str]) -> Sequence[str]:
    """Who has to confirm what is ruled from now on."""
    services: Sequence[str] = await tx.value(PARTICIPANTS, list(required))
    return services


async def forbid(
    tx: Transaction, case_id: UUID, ids: Sequence[UUID], asked: Sequence[str], purposes: Sequence[str]
) -> list[PermissionChanged]:
    """Forbid purposes for these ids, whoever forbade them before; what is to be published."""
    return [_changed(row) for row in await tx.rows(FORBID, case_id, list(ids), list(asked), list(purposes))]


async def store(
    tx: Transaction, case_id: UUID, subject_id: UUID, ruled: Mapping[str, int], asked: Sequence[str]
) -> None:
    """Keep what the ledger ruled for one id in the name of a case."""
    await tx.run(STORE, case_id, subject_id, list(ruled), list(ruled.values()), list(asked))


async def end(tx: Transaction, case_id: UUID) -> set[str]:
    """End what a case forbids; the purposes."""
    return {row["purpose"] for row in await tx.rows(END, case_id)}


async def holds(tx: Transaction, case_id: UUID) -> bool:
    """Whether a case has ruled something already."""
    return bool(await tx.value(HOLDS, case_id))


async def lift(tx: Transaction, ids: Sequence[UUID], purposes: Collection[str]) -> list[PermissionChanged]:
    """Allow again what no case forbids any more; what is to be published."""
    return [_changed(row) for row in await tx.rows(LIFT, list(ids), sorted(purposes))]


async def uncovered(tx: Transaction, ids: Sequence[UUID]) -> list[Uncovered]:
    """What the cases of linked ids do not cover yet."""
    return [Uncovered(**row) for row in await tx.rows(UNCOVERED, list(ids))]


async def are_known(tx: Transaction, services: Collection[str]) -> bool:
    return bool(await tx.value(ARE_KNOWN, sorted(services)))


async def never_ruled(tx: Transaction, applied: Applied) -> bool:
    """Whether a report speaks of a version that its living person has not got yet."""
    return bool(await tx.value(NEVER_RULED, *applied.columns))


async def lock_cases(tx: Transaction, applied: Applied) -> list[UUID]:
    """The cases that the reports are news to."""
    await tx.run(LOCK_PEOPLE, applied.subjects)
    return [row["case_id"] for row in await tx.rows(LOCK_CASES, *applied.columns)]


async def confirm(tx: Transaction, applied: Applied) -> None:
    await tx.run(CONFIRM, *applied.columns)


async def complete(tx: Transaction, cases: Collection[UUID]) -> bool:
    """Let those of the cases go on that wait for nobody any more; answers whether there was one."""
    return bool(await tx.run(COMPLETE, list(cases)))


async def drop_departed(tx: Transaction) -> list[UUID]:
    """Wait no more for participants that left; the cases that waited for them."""
    cases = [row["case_id"] for row in await tx.rows(LOCK_CASES_OF_DEPARTED)]
    await tx.run(DROP_DEPARTED, cases)
    return cases


async def remind(tx: Transaction, after_s: float) -> list[Unconfirmed]:
    """What is to be told once more: it was told so long ago and somebody has not confirmed it."""
    return [Unconfirmed(**row) for row in await tx.rows(REMIND, after_s, REMINDED_AT_ONCE)]


def _changed(row: Row) -> PermissionChanged:
    return PermissionChanged.model_validate(dict(row))
