"""Recipients of whom we hear late: a disclosure came to the log after what its recipient is to be told (GDPR Art. 19).

Its recipient holds what was erased, is restricted, or is wrong. What was handed over afterwards is what the law keeps,
what is allowed in spite of a restriction, or right.
"""

from collections.abc import Sequence
from uuid import UUID

from services.privacy.recipients.rules import Name
from services.privacy.recipients.store import WERE_TOLD, WRITE, columns, wake
from services.privacy.subject_links import LINKED
from shared.database import Transaction
from shared.law.retention import Retention

# Whoever decides a case just now has not seen these disclosures, and we would not see its decision: one waits for the
# other. People were locked before.
LOCK_OPEN = f"""
SELECT c.case_id FROM privacy_case c
WHERE c.closed_at IS NULL AND c.state IN ('applying', 'under review', 'correcting')
  AND c.subject_id IN (SELECT id FROM disclosure d CROSS JOIN LATERAL (
    SELECT d.subject_id AS id UNION {LINKED.format(subject_id="d.subject_id")}) AS same
  WHERE d.disclosure_id = ANY ($1))
ORDER BY c.case_id FOR SHARE
"""  # noqa: S608 constants
# Without an erased id no order is looked through: no index leads to the people of one.
PEOPLE = f"""
  WITH people AS (SELECT DISTINCT subject_id, live FROM disclosure WHERE disclosure_id = ANY ($4)),
  own AS (SELECT case_id, subject_id, closed_at FROM privacy_case JOIN people USING (subject_id)
    WHERE kind = 'erasure' AND state = 'closed' AND NOT people.live),
  linked AS (SELECT subject_id FROM people WHERE NOT live EXCEPT SELECT subject_id FROM own)
  SELECT case_id, subject_id, 'erasure' AS about, closed_at AS until, '' AS category FROM own
  UNION SELECT c.case_id, linked.subject_id, 'erasure', c.closed_at, ''
  FROM linked JOIN erasure_order o ON linked.subject_id = ANY (o.subjects)
  JOIN unnest(o.subjects, o.cases) AS named (subject_id, case_id) USING (subject_id)
  JOIN privacy_case c ON c.case_id = named.case_id AND c.state = 'closed'
  WHERE EXISTS (SELECT FROM linked)
  UNION SELECT c.case_id, b.subject_id, 'restriction',
    (SELECT min(e.at) FROM case_event e WHERE e.case_id = c.case_id AND e.after = 'in force'), ''
  FROM people JOIN block b USING (subject_id) JOIN privacy_case c USING (case_id)
  WHERE b.ended_at IS NULL AND c.kind = 'restriction' AND c.state IN ('in force', 'ending')
  UNION SELECT c.case_id, people.subject_id, 'rectification', c.closed_at, c.about
  FROM people CROSS JOIN LATERAL (
    SELECT people.subject_id AS id UNION {LINKED.format(subject_id="people.subject_id")}) AS same
  JOIN privacy_case c ON c.subject_id = same.id AND c.kind = 'rectification' AND c.state = 'corrected'
  WHERE people.live
"""  # noqa: S608 constants
# Who was told already was not told of this one: its number stands in no letter yet. A notice of its own, as a webhook's
# receiver has seen the other.
LATE = WRITE.format(
    people=PEOPLE,
    only="""AND d.disclosure_id = ANY ($4) AND d.disclosed_at <= p.until
  AND (p.category = '' OR p.category = ANY (d.categories))""",
    dated=", live, retain_until, provisions, exemptions",
    dates=""", bool_and(d.live), CASE WHEN NOT bool_and(d.live) THEN $5::date END,
  CASE WHEN NOT bool_and(d.live) THEN $6::text[] END, CASE WHEN NOT bool_and(d.live) THEN $7::text[] END""",
    again=f"""(case_id, subject_id, recipient, lifted) DO UPDATE
SET notice_id = excluded.notice_id, written_at = excluded.written_at, due_at = excluded.due_at, how = NULL,
  settled_at = NULL, reason = '', by = NULL, fault = '', tries = 0
WHERE recipient_notice.{WERE_TOLD.removeprefix("t.")}""",
)


async def tell_of(tx: Transaction, disclosures: Sequence[UUID], names: Sequence[Name], kept: Retention) -> None:
    """Have everybody told who was given, before it was decided, what an erasure, restriction or correction concerns."""
    await tx.rows(LOCK_OPEN, list(disclosures))
    reason = (kept.until, kept.provisions, kept.exemptions)
    if await tx.run(LATE, *columns(names), list(disclosures), *reason):
        wake(tx)
