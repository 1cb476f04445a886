"""Mailings: one row for each mail of a campaign, marked `sending` and committed before its dialogue begins."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.marketing.campaigns.rules import Ended
from shared.contracts.fields import Language
from shared.database import Transaction

ABANDONED = "interval '2 minutes'"  # longer than any dialogue; a live one holds its row locked as well

# First the campaign under way that has waited longest, then its mail: what a paused one has waiting is not read.
CLAIM = """
WITH next AS MATERIALIZED (
  SELECT campaign_id FROM campaign c WHERE state = 'sending' ORDER BY
    (SELECT min(due_at) FROM mailing m WHERE m.campaign_id = c.campaign_id AND m.state = 'queued') LIMIT 1),
due AS MATERIALIZED (SELECT campaign_id, subject_id FROM mailing
  WHERE campaign_id = (SELECT campaign_id FROM next) AND state = 'queued' AND due_at <= clock_timestamp()
  ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE mailing m SET state = 'sending', claimed_at = clock_timestamp(), attempts = m.attempts + 1 FROM due
WHERE m.campaign_id = due.campaign_id AND m.subject_id = due.subject_id
RETURNING m.campaign_id, m.subject_id, m.attempts
"""
READ = """
SELECT s.email, s.address_hash, s.language, s.since, CASE WHEN s.asked_on IS NOT NULL THEN s.keep_until END AS ends_on,
  c.subject, c.body
FROM mailing m JOIN subscriber s ON s.subject_id = m.subject_id JOIN campaign c ON c.campaign_id = m.campaign_id
WHERE m.campaign_id = $1 AND m.subject_id = $2 AND m.state = 'sending' AND s.state = 'subscribed'
FOR UPDATE OF m
"""
END = """
WITH ended AS (UPDATE mailing SET state = $3, settled_at = clock_timestamp()
  WHERE campaign_id = $1 AND subject_id = $2 AND state = 'sending' RETURNING state)
UPDATE campaign SET sent = sent + ($3 = 'sent')::int, cancelled = cancelled + ($3 = 'cancelled')::int,
  refused = refused + ($3 = 'refused')::int, unknown = unknown + ($3 = 'unknown')::int,
  pauses = CASE WHEN $3 = 'sent' THEN 0 ELSE pauses END
WHERE campaign_id = $1 AND EXISTS (SELECT FROM ended)
"""
# The campaign is locked, so that it is not cancelled meanwhile: a mail queued in a cancelled one would wait for ever.
POSTPONE = """
WITH sender AS MATERIALIZED (
  SELECT state = 'cancelled' AS cancelled FROM campaign WHERE campaign_id = $1 FOR NO KEY UPDATE),
postponed AS (UPDATE mailing SET state = CASE WHEN sender.cancelled THEN 'cancelled' ELSE 'queued' END,
    settled_at = CASE WHEN sender.cancelled THEN clock_timestamp() END,
    due_at = clock_timestamp() + make_interval(secs => $3), attempts = CASE WHEN $4 THEN attempts ELSE attempts - 1 END
  FROM sender WHERE campaign_id = $1 AND subject_id = $2 AND state = 'sending' RETURNING state)
UPDATE campaign SET cancelled = cancelled + 1
WHERE campaign_id = $1 AND EXISTS (SELECT FROM postponed WHERE postponed.state = 'cancelled')
"""
ABANDON = f"""
WITH lost AS MATERIALIZED (SELECT campaign_id, subject_id FROM mailing
  WHERE state = 'sending' AND claimed_at < clock_timestamp() - {ABANDONED} FOR UPDATE SKIP LOCKED),
unknown AS (UPDATE mailing m SET state = 'unknown', settled_at = clock_timestamp() FROM lost
  WHERE m.campaign_id = lost.campaign_id AND m.subject_id = lost.subject_id
  RETURNING m.campaign_id, m.subject_id, m.claimed_at),
tally AS (UPDATE campaign c SET unknown = c.unknown + n.lost
  FROM (SELECT campaign_id, count(*) AS lost FROM unknown GROUP BY campaign_id) n WHERE n.campaign_id = c.campaign_id)
SELECT campaign_id, subject_id, claimed_at FROM unknown
"""  # noqa: S608 constants


@dataclass(frozen=True)
class Mailing:
    """A claimed mail; `attempts` counts this one."""

    campaign_id: UUID
    subject_id: UUID
    attempts: int


@dataclass(frozen=True)
class Draft:
    """What a mail is written from: the day of the consent, and the last day of a reader who is asked to stay."""

    email: str
    address_hash: bytes
    language: Language
    since: datetime
    ends_on: date | None
    subject: str
    body: str


@dataclass(frozen=True)
class Abandoned:
    """A mail of which a crash left undecided whether it was sent."""

    campaign_id: UUID
    subject_id: UUID
    claimed_at: datetime


async def claim(tx: Transaction) -> Mailing | None:
    """Mark the next mail that is due as `sending`."""
    row = await tx.row(CLAIM)
    return None if row is None else Mailing(**row)


async def draft(tx: Transaction, mailing: Mailing) -> Draft | None:
    """What to write, and a lock on the mailing; None when the person is no subscriber or not visible."""
    row = await tx.row(READ, mailing.campaign_id, mailing.subject_id)
    return None if row is None else Draft(**row)


async def end(tx: Transaction, mailing: Mailing, ended: Ended) -> None:
    await tx.run(END, mailing.campaign_id, mailing.subject_id, ended)


async def postpone(tx: Transaction, mailing: Mailing, wait_s: float, *, counts: bool) -> None:
    """Queue a mail again; the attempt is taken back unless it `counts`."""
    await tx.run(POSTPONE, mailing.campaign_id, mailing.subject_id, wait_s, counts)


async def abandon(tx: Transaction) -> list[Abandoned]:
    """Give up what a crash left undecided: it is not sent again."""
    return [Abandoned(**row) for row in await tx.rows(ABANDON)]
