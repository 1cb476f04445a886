"""Campaigns and their tallies, which outlive the mailings of people who leave or are erased."""

from uuid import UUID, uuid4

from services.marketing.campaigns.rules import Pause, pause_s
from shared.contracts import marketing
from shared.database import Transaction
from shared.observability import log

CAMPAIGNS = "campaigns"
"""The loop that plans and sends."""

CREATE = """
INSERT INTO campaign (campaign_id, subject, body, language, topic) VALUES ($1, $2, $3, $4, $5)
"""
START = """
UPDATE campaign SET state = 'sending', started_at = coalesce(started_at, now()), reason = '', resumes_at = NULL
WHERE campaign_id = $1 AND state IN ('draft', 'paused')
"""
PAUSE = """
UPDATE campaign SET state = 'paused', reason = $2, pauses = pauses + 1 WHERE campaign_id = $1 AND state = 'sending'
RETURNING pauses
"""
RESUME_LATER = "UPDATE campaign SET resumes_at = now() + make_interval(secs => $2) WHERE campaign_id = $1"
RESUME = """
UPDATE campaign SET state = 'sending', reason = '', resumes_at = NULL WHERE state = 'paused' AND resumes_at <= now()
"""
CANCEL = """
UPDATE campaign SET state = 'cancelled', finished_at = now(), reason = '', resumes_at = NULL
WHERE campaign_id = $1 AND state IN ('draft', 'sending', 'paused')
"""
DROP_QUEUED = """
WITH dropped AS (UPDATE mailing SET state = 'cancelled', settled_at = now()
  WHERE campaign_id = $1 AND state = 'queued' RETURNING state)
UPDATE campaign SET cancelled = cancelled + (SELECT count(*) FROM dropped) WHERE campaign_id = $1
"""
EXISTS = "SELECT true FROM campaign WHERE campaign_id = $1"
READ = """
SELECT c.campaign_id, c.subject, c.language, c.topic, c.created_at, c.started_at, c.finished_at,
  CASE c.state WHEN 'paused' THEN 'sending' WHEN 'cancelled' THEN 'finished' ELSE c.state END AS state,
  c.state = 'paused' AS paused, c.reason, c.resumes_at, c.state = 'cancelled' AS ended_early,
  c.sent, c.cancelled, c.refused, c.unknown, open.queued, open.sending
FROM campaign c CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE m.state = 'queued') AS queued, count(*) FILTER (WHERE m.state = 'sending') AS sending
  FROM mailing m WHERE m.campaign_id = c.campaign_id AND m.state IN ('queued', 'sending')) open
WHERE $1::uuid IS NULL OR c.campaign_id = $1 ORDER BY c.created_at DESC LIMIT $2
"""
UNDER_WAY = "SELECT true FROM campaign WHERE state = 'sending' LIMIT 1"
FINISH = """
UPDATE campaign c SET state = 'finished', finished_at = clock_timestamp() WHERE state = 'sending' AND planned
  AND NOT EXISTS (SELECT FROM mailing m WHERE m.campaign_id = c.campaign_id AND m.state IN ('queued', 'sending'))
RETURNING campaign_id, sent, cancelled, refused, unknown
"""


async def create(tx: Transaction, request: marketing.CreateCampaign) -> UUID:
    campaign_id = uuid4()
    await tx.run(CREATE, campaign_id, request.subject, request.text, request.language, request.topic)
    return campaign_id


async def start(tx: Transaction, campaign_id: UUID) -> bool:
    """Start a draft, or a paused campaign again; False when there is no such campaign."""
    return bool(await tx.run(START, campaign_id) or await tx.value(EXISTS, campaign_id))


async def pause(tx: Transaction, campaign_id: UUID, pause: Pause) -> None:
    """Send no more of a campaign until staff start it again, or until its time has come if it heals by itself."""
    pauses: int | None = await tx.value(PAUSE, campaign_id, pause.reason)
    if pauses is None:  # by another of its mails
        return
    if pause.heals:
        await tx.run(RESUME_LATER, campaign_id, pause_s(pauses))
    log.error("campaign paused", reason=pause.reason)


async def resume_due(tx: Transaction) -> None:
    """Go on with campaigns whose pause is over."""
    await tx.run(RESUME)


async def cancel(tx: Transaction, campaign_id: UUID) -> bool:
    """Send no more of a campaign, ever; False when there is no such campaign."""
    if await tx.run(CANCEL, campaign_id):
        await tx.run(DROP_QUEUED, campaign_id)
        return True
    return bool(await tx.value(EXISTS, campaign_id))


async def find(tx: Transaction, campaign_id: UUID) -> marketing.Campaign | None:
    row = await tx.row(READ, campaign_id, 1)
    return None if row is None else marketing.Campaign.model_validate(dict(row))


async def newest(tx: Transaction, limit: int) -> tuple[marketing.Campaign, ...]:
    return tuple(marketing.Campaign.model_validate(dict(row)) for row in await tx.rows(READ, None, limit))


async def any_under_way(tx: Transaction) -> bool:
    return bool(await tx.value(UNDER_WAY))


async def finish(tx: Transaction) -> None:
    """Finish campaigns that have no mail left to send, and tell everybody."""
    for row in await tx.rows(FINISH):
        tx.publish(marketing.CampaignFinished.model_validate(dict(row)))
