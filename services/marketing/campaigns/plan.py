"""Planning: one mailing for everybody whom PostgreSQL shows for e-mail marketing, page by page."""

from dataclasses import dataclass
from uuid import UUID

from shared.clock import today
from shared.database import Database, Transaction
from shared.law import retention
from shared.purposes import Purpose

PAGE = 5000
FIRST = UUID(int=0)

NEXT = """
SELECT campaign_id, language, topic, planned_to FROM campaign WHERE state = 'sending' AND NOT planned
ORDER BY started_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
SUBSCRIBED = """
SELECT subject_id FROM subscriber WHERE state = 'subscribed' AND subject_id > $1 ORDER BY subject_id LIMIT $2
"""
INTERESTED = "SELECT subject_id FROM interest WHERE topic = $3 AND subject_id > $1 ORDER BY subject_id LIMIT $2"
# The people are locked in order, as an erasure does, and only those still live get a row. Suppression is compared
# by the stored hash; an entry under another key is found when the mail's turn comes, and cancels it.
PLAN = """
WITH audience AS MATERIALIZED (
  SELECT who.subject_id FROM subject who JOIN subscriber s ON s.subject_id = who.subject_id
  WHERE who.subject_id = ANY ($2) AND who.live AND s.state = 'subscribed' AND ($3 = '' OR s.language = $3)
    AND NOT EXISTS (SELECT FROM suppression x WHERE x.address_hash = s.address_hash)
  ORDER BY who.subject_id FOR KEY SHARE OF who)
INSERT INTO mailing (campaign_id, subject_id, keep_until) SELECT $1, subject_id, $4 FROM audience ORDER BY subject_id
ON CONFLICT DO NOTHING
"""
ADVANCE = "UPDATE campaign SET planned_to = $2, planned = $3 WHERE campaign_id = $1"


@dataclass(frozen=True)
class Unplanned:
    """A started campaign and the last person it was planned for."""

    campaign_id: UUID
    language: str
    topic: str
    planned_to: UUID | None


async def plan_page(database: Database) -> bool:
    """Plan the next page of a started campaign; answers whether there was one."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        row = await tx.row(NEXT)
        if row is None:
            return False
        campaign = Unplanned(**row)
        people = await _page(tx, campaign)
        await tx.declare(Purpose.MARKETING_EMAIL)
        await tx.run(PLAN, campaign.campaign_id, people, campaign.language, retention.marketing(today()).until)
        planned_to = people[-1] if people else campaign.planned_to
        await tx.run(ADVANCE, campaign.campaign_id, planned_to, len(people) < PAGE)
    return True


async def _page(tx: Transaction, campaign: Unplanned) -> list[UUID]:
    """The next ids to consider: who was profiled with the topic and let it be, or everybody who allows e-mail."""
    after = campaign.planned_to or FIRST
    if campaign.topic:
        await tx.declare(Purpose.PROFILING)
        rows = await tx.rows(INTERESTED, after, PAGE, campaign.topic)
    else:
        await tx.declare(Purpose.MARKETING_EMAIL)
        rows = await tx.rows(SUBSCRIBED, after, PAGE)
    return [row["subject_id"] for row in rows]
