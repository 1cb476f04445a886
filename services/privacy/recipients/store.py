"""The rows of what recipients are told (GDPR Art. 19): written with what they are about, in the same transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.privacy.loops import RECIPIENTS, WEBHOOKS
from services.privacy.recipients.rules import Name
from shared.contracts.fields import Language
from shared.contracts.privacy import NoticeAbout, NoticeEnding, OrderedSubject
from shared.database import Transaction
from shared.law.calendar import WARSAW
from shared.law.retention import Retention
from shared.mail.delivery import LEASE_S

NAMES = "unnest({names}::text[], {keys}::text[], {reached}::boolean[]) AS k (name, key, reached)"
# What can be named to nobody, or can't be reached, is due on no day: it is by hand.
WRITE = f"""
INSERT INTO recipient_notice (case_id, subject_id, recipient, about, due_at{{dated}})
SELECT p.case_id, p.subject_id, coalesce(k.key, d.recipient), p.about,
  CASE WHEN bool_or(k.reached AND d.reference <> '') THEN now() ELSE 'infinity' END{{dates}}
FROM (SELECT DISTINCT * FROM ({{people}}) AS pairs) AS p
JOIN disclosure d ON d.subject_id = p.subject_id {{only}}
LEFT JOIN {NAMES.format(names="$1", keys="$2", reached="$3")} ON k.name = d.recipient
GROUP BY p.case_id, p.subject_id, p.about, coalesce(k.key, d.recipient)
ON CONFLICT {{again}}
"""  # noqa: S608 constants
# Dated at once: who is told of an erasure is told of somebody whose row is about to be taken out of live use. Once it
# was, nobody is told again; and a case may have been lost with a database of which its order was replayed.
ERASED = WRITE.format(
    people="""
  SELECT e.case_id, e.subject_id, 'erasure' AS about FROM unnest($4::uuid[], $5::uuid[]) AS e (case_id, subject_id)
  JOIN subject s ON s.subject_id = e.subject_id AND s.live JOIN privacy_case c ON c.case_id = e.case_id
""",
    only="",
    dated=", retain_until, provisions, exemptions",
    dates=", $6::date, $7::text[], $8::text[]",
    again="DO NOTHING",
)
RESTRICTED = WRITE.format(
    people="""
  SELECT b.case_id, b.subject_id, 'restriction' AS about FROM block b JOIN privacy_case c USING (case_id)
  WHERE b.case_id = ANY ($4) AND b.ended_at IS NULL AND c.kind = 'restriction' AND c.state = 'in force'
""",
    only="",
    dated="",
    dates="",
    again="DO NOTHING",
)
CORRECTED = WRITE.format(
    people="SELECT $4::uuid AS case_id, unnest($5::uuid[]) AS subject_id, 'rectification' AS about",
    only="AND $6 = ANY (d.categories)",
    dated="",
    dates="",
    again="DO NOTHING",
)
WERE_TOLD = "t.how IN ('mail', 'webhook', 'letter', 'telephone', 'portal')"
STANDS = f"""CASE WHEN n.lifted THEN c.state IN ('lifted', 'withdrawn') AND EXISTS (
    SELECT FROM recipient_notice t WHERE t.case_id = n.case_id AND t.subject_id = n.subject_id
      AND t.recipient = n.recipient AND NOT t.lifted AND {WERE_TOLD})
  ELSE c.state IN ('corrected', 'closed', 'in force', 'ending') END"""
"""What is told is so, and still is; of an end hears who heard of the restriction."""
# As they were told of it. A mail may be leaving, and an officer at the telephone: this one goes when that has ended.
LIFTED = f"""
INSERT INTO recipient_notice (case_id, subject_id, recipient, about, lifted, due_at)
SELECT case_id, subject_id, recipient, about, true, CASE WHEN due_at = 'infinity' THEN due_at ELSE now() END
FROM recipient_notice t WHERE case_id = $1 AND about = 'restriction' AND NOT lifted
  AND ({WERE_TOLD} OR (how IS NULL AND (tries > 0 OR due_at = 'infinity')))
ON CONFLICT DO NOTHING
"""  # noqa: S608 constants
# The person's own letter goes first, unless it can't leave for a day.
IS_DUE = f"""n.settled_at IS NULL AND n.due_at <= now() AND {STANDS}
  AND (c.letter IS NULL OR n.written_at < now() - interval '1 day')"""
TAKE = """
UPDATE recipient_notice n SET tries = tries + 1, due_at = now() + make_interval(secs => $2)
FROM due WHERE n.notice_id = due.notice_id
RETURNING n.notice_id, n.recipient, n.about, n.lifted, n.written_at, n.tries AS attempts
"""
LEASE = f"""
WITH due AS MATERIALIZED (
  SELECT n.notice_id FROM recipient_notice n JOIN privacy_case c USING (case_id)
  WHERE n.recipient <> ALL ($3) AND {IS_DUE}
  ORDER BY n.due_at LIMIT $1 FOR UPDATE OF n SKIP LOCKED)
{TAKE}
"""  # noqa: S608 constants
# So many of each: a recipient with a thousand notices holds up nobody else's.
LEASE_POSTS = f"""
WITH waiting AS (
  SELECT n.notice_id, row_number() OVER (PARTITION BY n.recipient ORDER BY n.due_at, n.notice_id) AS place
  FROM recipient_notice n JOIN privacy_case c USING (case_id) WHERE n.recipient = ANY ($3) AND {IS_DUE}),
due AS MATERIALIZED (
  SELECT n.notice_id FROM recipient_notice n JOIN waiting w USING (notice_id)
  WHERE w.place <= $1 AND n.settled_at IS NULL AND n.due_at <= now() FOR UPDATE OF n SKIP LOCKED)
{TAKE}
"""  # noqa: S608 constants
REFERENCES = f"""
SELECT n.notice_id, d.reference, (d.disclosed_at AT TIME ZONE '{WARSAW}')::date AS day, d.categories
FROM recipient_notice n JOIN disclosure d USING (subject_id)
LEFT JOIN {NAMES.format(names="$1", keys="$2", reached="$3")} ON k.name = d.recipient
WHERE n.notice_id = ANY ($4) AND coalesce(k.key, d.recipient) = n.recipient
ORDER BY d.disclosed_at, d.disclosure_id
"""  # noqa: S608 constants
# Each of them: an officer may have told it meanwhile.
TOLD = """
UPDATE recipient_notice SET how = 'mail', settled_at = clock_timestamp()
WHERE notice_id = ANY ($1) AND settled_at IS NULL
"""
ACKNOWLEDGED = """
UPDATE recipient_notice SET how = 'webhook', fault = '', settled_at = clock_timestamp()
WHERE notice_id = $1 AND settled_at IS NULL
"""
BY_HAND = """
UPDATE recipient_notice SET due_at = 'infinity', fault = $2 WHERE notice_id = ANY ($1) AND settled_at IS NULL
"""
FAILED = """
UPDATE recipient_notice SET fault = $2, due_at = now() + make_interval(secs => $3)
WHERE notice_id = $1 AND settled_at IS NULL
"""
REST = """
UPDATE recipient_notice SET due_at = now() + make_interval(secs => $2)
WHERE recipient = $1 AND settled_at IS NULL AND due_at < now() + make_interval(secs => $2)
"""
POSTPONE = "UPDATE recipient_notice SET due_at = now() + make_interval(secs => $2) WHERE notice_id = ANY ($1)"
# Several ids of one person: somebody is told when it was said of the last one.
OF_CASES = f"""
SELECT n.case_id, n.recipient, n.about, n.lifted, c.language, min(n.reason) AS reason,
  CASE WHEN bool_and(n.settled_at IS NOT NULL) THEN max(n.settled_at) END AS settled_at,
  CASE WHEN bool_and(n.settled_at IS NOT NULL) THEN min(n.how) END AS how
FROM recipient_notice n JOIN privacy_case c USING (case_id) WHERE n.case_id = ANY ($1) AND {STANDS}
GROUP BY n.case_id, n.recipient, n.about, n.lifted, c.language ORDER BY n.recipient
"""  # noqa: S608 constants


@dataclass(frozen=True)
class Notice:
    """A recipient who is to be told of one person's case."""

    notice_id: UUID
    recipient: str
    about: NoticeAbout
    lifted: bool
    written_at: datetime
    attempts: int


@dataclass(frozen=True)
class Reference:
    """One disclosure as its recipient knows it."""

    notice_id: UUID
    reference: str
    day: date
    categories: Sequence[str]


@dataclass(frozen=True)
class Told:
    """How it stands with one recipient of a case; without `how` it has not been told yet."""

    case_id: UUID
    recipient: str
    about: NoticeAbout
    lifted: bool
    language: Language
    reason: str
    settled_at: datetime | None
    how: NoticeEnding | None


async def erased(tx: Transaction, people: Sequence[OrderedSubject], names: Sequence[Name], kept: Retention) -> None:
    """Have everybody told who was given data of these people, and keep what was told so long."""
    cases, subjects = [p.case_id for p in people], [p.subject_id for p in people]
    reason = (kept.until, kept.provisions, kept.exemptions)
    await tx.run(ERASED, *columns(names), cases, subjects, *reason)
    wake(tx)


async def restricted(tx: Transaction, cases: Collection[UUID], names: Sequence[Name]) -> None:
    """The same of those cases among these whose restriction is in force."""
    await tx.run(RESTRICTED, *columns(names), list(cases))
    wake(tx)


async def lifted(tx: Transaction, case_id: UUID) -> None:
    """Have everybody told who was told of a restriction that has ended."""
    await tx.run(LIFTED, case_id)
    wake(tx)


async def corrected(tx: Transaction, case_id: UUID, ids: Sequence[UUID], category: str, names: Sequence[Name]) -> None:
    """The same of a correction: whoever was given data of this category."""
    await tx.run(CORRECTED, *columns(names), case_id, list(ids), category)
    wake(tx)


def columns(names: Sequence[Name]) -> tuple[list[str], list[str], list[bool]]:
    """Whose each name is, for a statement."""
    return [each.name for each in names], [each.key for each in names], [each.reached for each in names]


def wake(tx: Transaction) -> None:
    tx.wake(RECIPIENTS)
    tx.wake(WEBHOOKS)


async def lease(tx: Transaction, limit: int, by_webhook: Collection[str]) -> list[Notice]:
    """Take what is due by mail; for LEASE_S it is nobody else's."""
    return [Notice(**row) for row in await tx.rows(LEASE, limit, LEASE_S, list(by_webhook))]


async def lease_posts(tx: Transaction, by_webhook: Collection[str], each: int) -> list[Notice]:
    """The same of what is due by webhook, so many of each recipient."""
    return [Notice(**row) for row in await tx.rows(LEASE_POSTS, each, LEASE_S, list(by_webhook))]


async def references(tx: Transaction, notices: Collection[UUID], names: Sequence[Name]) -> list[Reference]:
    """What recipients know these people by; an empty reference is a disclosure without one."""
    return [Reference(**row) for row in await tx.rows(REFERENCES, *columns(names), list(notices))]


async def mark_told(tx: Transaction, notices: Collection[UUID]) -> None:
    await tx.run(TOLD, list(notices))


async def acknowledged(tx: Transaction, notice_id: UUID) -> None:
    """The recipient's own system has answered that it knows."""
    await tx.run(ACKNOWLEDGED, notice_id)


async def by_hand(tx: Transaction, notices: Collection[UUID], fault: str) -> None:
    """No machine will do; the fault is what somebody sees who takes it up."""
    await tx.run(BY_HAND, list(notices), fault)


async def failed(tx: Transaction, notice_id: UUID, fault: str, wait_s: float) -> None:
    """A try did not tell; the next is after so long."""
    await tx.run(FAILED, notice_id, fault, wait_s)


async def rest(tx: Transaction, recipient: str, rest_s: float) -> None:
    """Ask a recipient about nothing for so long, as it wants."""
    await tx.run(REST, recipient, rest_s)


async def postpone(tx: Transaction, notices: Collection[UUID], wait_s: float) -> None:
    await tx.run(POSTPONE, list(notices), wait_s)


async def of_cases(tx: Transaction, cases: Collection[UUID]) -> list[Told]:
    """Who is or was told in these cases."""
    return [Told(**row) for row in await tx.rows(OF_CASES, list(cases))]
