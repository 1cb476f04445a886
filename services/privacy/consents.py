"""The consent ledger: every decision is appended with its proof and rules from then on (GDPR Art. 7, 21).

A decision takes its version while the person's row is locked, so versions and commits agree per
person; the replicas in the other services keep the highest.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.clock import today
from shared.contracts import marketing, privacy
from shared.contracts.message import Done
from shared.database import Transaction
from shared.law.retention import proof
from shared.messaging.faults import Rejected
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import KINDS, Purpose

router = ServiceRouter("privacy")

CHANNELS = (Purpose.MARKETING_EMAIL, Purpose.MARKETING_SMS, Purpose.MARKETING_PHONE)
OPEN_TO_CHOICE = (*CHANNELS, Purpose.MARKETING, Purpose.PROFILING, Purpose.ANALYTICS, Purpose.STATISTICS)


@dataclass(frozen=True)
class Decision:
    """What a person decided and how that can be proved; `decided_at` is None for: now."""

    subject_id: UUID
    purpose: str
    given: bool
    text_version: str
    language: str
    surface: str
    method: str
    decided_at: datetime | None = None


def covered(purpose: str, *, given: bool) -> tuple[str, ...]:
    """The purposes a decision rules: an objection to direct marketing ends its channels and its profiling too."""
    if purpose == Purpose.MARKETING and not given:
        return (Purpose.MARKETING, *CHANNELS, Purpose.PROFILING)
    return (purpose,)


def needs_words(decision: Decision) -> bool:
    """A consent is worth nothing without the words that were agreed to; leaving and objecting need none."""
    return decision.given and KINDS[Purpose(decision.purpose)] == "consent"


LOCK_PERSON = """
WITH locked AS MATERIALIZED (SELECT FROM subject WHERE subject_id = $1 AND live FOR NO KEY UPDATE)
SELECT clock_timestamp() FROM locked
"""
# A decision that arrives after a later one is kept as proof and rules nothing. A withdrawal names the
# words that it takes back.
RECORD = """
WITH choice AS (
  SELECT p.purpose, last.text_version, last.language, coalesce(last.decided_at > $8, false) AS overtaken
  FROM unnest($2::text[]) AS p (purpose) LEFT JOIN LATERAL (
    SELECT text_version, language, decided_at FROM consent c WHERE c.subject_id = $1 AND c.purpose = p.purpose
    ORDER BY decided_at DESC, version DESC LIMIT 1) last ON true),
noted AS (INSERT INTO consent (subject_id, purpose, given, text_version, language, surface, method, decided_at, version,
    retain_until, provisions, exemptions)
  SELECT $1, purpose, $3, coalesce(nullif($4, ''), text_version, ''), CASE WHEN $4 = '' THEN coalesce(language, $5)
    ELSE $5 END, $6, $7, $8, nextval('permission_version'), $9::date, $10::text[], $11::text[] FROM choice
  RETURNING purpose, given, version)
INSERT INTO permission (subject_id, purpose, allowed, version)
SELECT $1, noted.purpose, noted.given, noted.version FROM noted JOIN choice USING (purpose) WHERE NOT overtaken
ON CONFLICT (subject_id, purpose) DO UPDATE SET allowed = excluded.allowed, version = excluded.version
WHERE permission.version < excluded.version
RETURNING purpose, allowed, version
"""
DATE_EARLIER = """
UPDATE consent SET retain_until = $3, provisions = $4, exemptions = $5
WHERE subject_id = $1 AND purpose = ANY ($2) AND retain_until IS NULL
"""
KNOWN_TEXT = """
SELECT true FROM consent_text WHERE text_version = $1 AND language = $2 AND purpose = $3 AND valid_from <= $4
"""


async def record(tx: Transaction, decision: Decision) -> None:
    """Append a decision, let it rule, and tell everybody. Raises Rejected for words that nobody wrote."""
    if needs_words(decision) and not await knows_words(tx, decision):
        raise Rejected("consent text is unknown")
    moment = await tx.value(LOCK_PERSON, decision.subject_id)
    if moment is None:
        return
    # another service's clock may be ahead; its decision must not outrank the ones that follow here
    decided_at = min(decision.decided_at or moment, moment)
    purposes = covered(decision.purpose, given=decision.given)
    kept = None if decision.given else proof(today())
    dated = (kept.until, kept.provisions, kept.exemptions) if kept else (None, None, None)
    ruled = await tx.rows(
        RECORD,
        decision.subject_id,
        list(purposes),
        decision.given,
        decision.text_version,
        decision.language,
        decision.surface,
        decision.method,
        decided_at,
        *dated,
    )
    if kept:
        await tx.run(DATE_EARLIER, decision.subject_id, [row["purpose"] for row in ruled], *dated)
    for row in ruled:
        tx.publish(privacy.PermissionChanged(subject_id=decision.subject_id, **dict(row)))


async def knows_words(tx: Transaction, decision: Decision) -> bool:
    """Whether the words were in force for this purpose."""
    return bool(
        await tx.value(KNOWN_TEXT, decision.text_version, decision.language, decision.purpose, today()),
    )


def check_purpose(purpose: str, allowed: Collection[str] = OPEN_TO_CHOICE) -> None:
    """Raises Refused (422) for a purpose that is not a person's to choose."""
    if purpose not in allowed:
        raise refuse(422, "no such choice", field="purpose", message=f"one of: {', '.join(allowed)}")


@router.request(privacy.ChooseConsent, purpose=Purpose.RIGHTS)
async def choose(request: privacy.ChooseConsent, tx: Transaction) -> Done:
    """Give, withdraw, object: the person's own choice."""
    check_purpose(request.purpose)
    decision = Decision(**request.model_dump())
    if needs_words(decision) and not await knows_words(tx, decision):
        raise refuse(422, "these words are not in force", field="text_version", message="show a current consent text")
    await record(tx, decision)
    return Done()


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


@router.request(privacy.ReadConsents, purpose=Purpose.RIGHTS)
async def read_consents(request: privacy.ReadConsents, tx: Transaction) -> privacy.Consents:
    """A person's current decisions, each with the words agreed to."""
    rows = await tx.rows(CURRENT, request.subject_id)
    return privacy.Consents(consents=tuple(privacy.Consent.model_validate(dict(row)) for row in rows))


@router.request(privacy.ReadConsentTexts, purpose=Purpose.RIGHTS)
async def read_texts(request: privacy.ReadConsentTexts, tx: Transaction) -> privacy.ConsentTexts:
    """The words that a form must show."""
    rows = await tx.rows(TEXTS, request.language, today())
    return privacy.ConsentTexts(texts=tuple(privacy.ConsentText.model_validate(dict(row)) for row in rows))


@router.event(marketing.Subscribed, purpose=Purpose.RIGHTS)
async def note_double_opt_in(event: marketing.Subscribed, tx: Transaction) -> None:
    """A confirmed newsletter is a consent for e-mail."""
    await record(
        tx,
        Decision(
            event.subject_id,
            Purpose.MARKETING_EMAIL,
            given=True,
            text_version=event.text_version,
            language=event.language,
            surface="newsletter",
            method="double opt-in",
            decided_at=event.decided_at,
        ),
    )


@router.event(marketing.Unsubscribed, purpose=Purpose.RIGHTS)
async def note_unsubscribing(event: marketing.Unsubscribed, tx: Transaction) -> None:
    """Leaving the newsletter withdraws the consent for e-mail, or objects to all of direct marketing."""
    await record(
        tx,
        Decision(
            event.subject_id,
            Purpose.MARKETING if event.objects else Purpose.MARKETING_EMAIL,
            given=False,
            text_version="",
            language="pl",
            surface="newsletter",
            method=event.method,
            decided_at=event.decided_at,
        ),
    )
