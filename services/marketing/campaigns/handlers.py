"""Staff's side of campaigns: draft, start, watch."""

from uuid import uuid4

from shared.contracts import marketing
from shared.contracts.message import Created, Done
from shared.database import Row, Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("marketing")

CREATE = """
INSERT INTO campaign (campaign_id, subject, body, language, topic) VALUES ($1, $2, $3, $4, $5)
"""
START = """
UPDATE campaign SET state = 'sending', started_at = now() WHERE campaign_id = $1 AND state = 'draft'
"""
EXISTS = "SELECT true FROM campaign WHERE campaign_id = $1"
READ = """
SELECT c.campaign_id, c.subject, c.state, c.language, c.topic, c.created_at, c.started_at, c.finished_at,
  c.sent, c.cancelled, c.refused, c.unknown, open.queued, open.sending
FROM campaign c CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE m.state = 'queued') AS queued, count(*) FILTER (WHERE m.state = 'sending') AS sending
  FROM mailing m WHERE m.campaign_id = c.campaign_id AND m.state IN ('queued', 'sending')) open
WHERE $1::uuid IS NULL OR c.campaign_id = $1 ORDER BY c.created_at DESC LIMIT $2
"""


@router.request(marketing.CreateCampaign, purpose=Purpose.UPKEEP)
async def create(request: marketing.CreateCampaign, tx: Transaction) -> Created:
    """Store a draft."""
    campaign_id = uuid4()
    await tx.run(CREATE, campaign_id, request.subject, request.text, request.language, request.topic)
    return Created(id=campaign_id)


@router.request(marketing.StartCampaign, purpose=Purpose.UPKEEP)
async def start(request: marketing.StartCampaign, tx: Transaction) -> Done:
    """Let the background plan and send a draft."""
    if not await tx.run(START, request.campaign_id) and not await tx.value(EXISTS, request.campaign_id):
        raise refuse(404, "no such campaign")
    tx.wake("campaigns")
    return Done()


@router.request(marketing.ReadCampaign, purpose=Purpose.UPKEEP)
async def read(request: marketing.ReadCampaign, tx: Transaction) -> marketing.Campaign:
    """One campaign and how far it is."""
    row = await tx.row(READ, request.campaign_id, 1)
    if row is None:
        raise refuse(404, "no such campaign")
    return _campaign(row)


@router.request(marketing.ReadCampaigns, purpose=Purpose.UPKEEP)
async def read_newest(request: marketing.ReadCampaigns, tx: Transaction) -> marketing.Campaigns:
    """The newest campaigns."""
    return marketing.Campaigns(campaigns=tuple(_campaign(row) for row in await tx.rows(READ, None, request.limit)))


def _campaign(row: Row) -> marketing.Campaign:
    return marketing.Campaign.model_validate(dict(row))
