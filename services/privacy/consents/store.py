"""The rows of the consent ledger, and the texts that people agreed to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.privacy.consents.rules import Decision
from shared.contracts import privacy
from shared.database import Transaction
from shared.law.retention import Retention

LOCK_PERSON = """
WITH locked AS MATERIALIZED (SELECT FROM subject WHERE subject_id = $1 AND live FOR NO KEY UPDATE)
SELECT clock_timestamp() FROM locked
"""
LAST = """
SELECT DISTINCT ON (purpose) purpose, text_version, language, decided_at FROM consent
WHERE subject_id = $1 AND purpose = ANY ($2) ORDER BY purpose, decided_at DESC, version DESC
"""
APPEND = """
INSERT INTO consent (subject_id, purpose, given, text_version, language, surface, method, decided_at, version,
  retain_until, provisions, exemptions, notice_version)
SELECT $1, purpose, $5, text_version, language, $6, $7, $8, nextval('permission_version'), $9, $10, $11,
  (SELECT max(s.version) FROM notice_seen s WHERE s.subject_id = $1)
FROM unnest($2::text[], $3::text[], $4::text[]) AS entry (purpose, text_version, language)
RETURNING purpose, version
"""
RULE = """
INSERT INTO permission (subject_id, purpose, allowed, version)
SELECT $1, purpose, $4, version FROM unnest($2::text[], $3::bigint[]) AS ruling (purpose, version)
ON CONFLICT (subject_id, purpose) DO UPDATE SET allowed = excluded.allowed, version = excluded.version
WHERE permission.version < excluded.version
RETURNING purpose, version
"""
DATE_EARLIER = """
UPDATE consent SET retain_until = $3, provisions = $4, exemptions = $5
WHERE subject_id = $1 AND purpose = ANY ($2) AND retain_until IS NULL
"""
KNOWN_TEXT = """
SELECT true FROM consent_text WHERE text_version = $1 AND language = $2 AND purpose = $3 AND valid_from <= $4
"""
IS_TEXT = "SELECT true FROM consent_text WHERE text_version = $1 LIMIT 1"
CURRENT = """
SELECT DISTINCT ON (c.purpose) c.purpose, c.given, c.text_version, coalesce(t.words, '') AS words, c.decided_at,
  c.surface
FROM consent c LEFT JOIN consent_text t ON t.text_version = c.text_version AND t.language = c.language
WHERE c.subject_id = $1 ORDER BY c.purpose, c.decided_at DESC, c.version DESC
"""
TEXTS = """
SELECT text_version, language, purpose, words, valid_from FROM consent_text
WHERE language = $1 AND valid_from <= $2 ORDER BY purpose, valid_from DESC, text_version DESC
"""


@dataclass(frozen=True)
class LastDecision:
    """The newest entry of the ledger for one purpose."""

    purpose: str
    text_version: str
    language: str
    decided_at: datetime


@dataclass(frozen=True)
class Entry:
    """What is appended for one purpose."""

    purpose: str
    text_version: str
    language: str


async def lock_person(tx: Transaction, subject_id: UUID) -> datetime | None:
    """Put the decisions of one person in line; the present moment, None for somebody erased or unknown."""
    moment: datetime | None = await tx.value(LOCK_PERSON, subject_id)
    return moment


async def last(tx: Transaction, subject_id: UUID, purposes: Sequence[str]) -> dict[str, LastDecision]:
    """The newest decision for each purpose that has one."""
    return {row["purpose"]: LastDecision(**row) for row in await tx.rows(LAST, subject_id, list(purposes))}


async def append(
    tx: Transaction, decision: Decision, entries: Sequence[Entry], decided_at: datetime, kept: Retention | None
) -> dict[str, int]:
    """Append one entry per purpose; the version that each was given."""
    rows = await tx.rows(
        APPEND,
        decision.subject_id,
        *([e.purpose for e in entries], [e.text_version for e in entries], [e.language for e in entries]),
        *(decision.given, decision.surface, decision.method, decided_at),
        *((kept.until, kept.provisions, kept.exemptions) if kept else (None, None, None)),
    )
    return {row["purpose"]: row["version"] for row in rows}


async def rule(tx: Transaction, decision: Decision, versions: dict[str, int]) -> dict[str, int]:
    """Let a decision rule its purposes; those (with their versions) for which it is the newest."""
    arguments = (list(versions), list(versions.values()), decision.given)
    return {row["purpose"]: row["version"] for row in await tx.rows(RULE, decision.subject_id, *arguments)}


async def date_earlier(tx: Transaction, subject_id: UUID, purposes: Collection[str], kept: Retention) -> None:
    """A withdrawn consent is proof until a day; so are the entries before it."""
    await tx.run(DATE_EARLIER, subject_id, list(purposes), kept.until, kept.provisions, kept.exemptions)


async def knows_text(tx: Transaction, decision: Decision, day: date) -> bool:
    """Whether the words were in force for this purpose."""
    return bool(await tx.value(KNOWN_TEXT, decision.text_version, decision.language, decision.purpose, day))


async def is_text(tx: Transaction, text_version: str) -> bool:
    """Whether these words were ever shown, for whichever purpose."""
    return bool(await tx.value(IS_TEXT, text_version))


async def current(tx: Transaction, subject_id: UUID) -> tuple[privacy.Consent, ...]:
    """A person's current decisions, each with the words agreed to."""
    return tuple(privacy.Consent.model_validate(dict(row)) for row in await tx.rows(CURRENT, subject_id))


async def texts(tx: Transaction, language: str, day: date) -> tuple[privacy.ConsentText, ...]:
    """The words that a form must show."""
    return tuple(privacy.ConsentText.model_validate(dict(row)) for row in await tx.rows(TEXTS, language, day))
