"""Sending: at most once, and only to people who allow it at that very moment.

A mailing is marked `sending` and committed before the SMTP dialogue begins. During the dialogue one
transaction holds the person's permission: whoever withdraws waits for it, and after the withdrawal
nothing leaves. What a crash or a broken connection leaves undecided is reported as unknown and not
sent again. Claiming sees everybody; whom PostgreSQL hides by then is cancelled when the turn comes.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.marketing.campaigns.planning import plan
from services.marketing.campaigns.rules import after_failure, retry_after_s
from services.marketing.keys import Keys
from services.marketing.pace import Pace
from services.marketing.settings import MarketingSettings
from services.marketing.words import LIST, unsubscribe_headers, with_footer
from shared.clock import now
from shared.contracts import marketing, participants
from shared.database import Database, Row, Transaction
from shared.mail.mailer import Mailer, MailFailed
from shared.personal_data.permissions import hold_permission
from shared.personal_data.subjects import Standing, lock_subject
from shared.purposes import ProcessingPurpose, Purpose

ABANDONED = "interval '2 minutes'"  # longer than any dialogue; a live one holds its row locked as well
CATEGORIES = ("D5", "D12")

UNDER_WAY = "SELECT true FROM campaign WHERE state = 'sending' LIMIT 1"
CLAIM = """
UPDATE mailing m SET state = 'sending', claimed_at = clock_timestamp(), attempts = m.attempts + 1
FROM (SELECT campaign_id, subject_id FROM mailing WHERE state = 'queued' AND due_at <= clock_timestamp()
      ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) due
WHERE m.campaign_id = due.campaign_id AND m.subject_id = due.subject_id
RETURNING m.campaign_id, m.subject_id, m.attempts
"""
READ = """
SELECT s.email, s.language, s.since, c.subject, c.body
FROM mailing m JOIN subscriber s ON s.subject_id = m.subject_id JOIN campaign c ON c.campaign_id = m.campaign_id
WHERE m.campaign_id = $1 AND m.subject_id = $2 AND m.state = 'sending' AND s.state = 'subscribed'
  AND NOT EXISTS (SELECT FROM suppression x WHERE x.address_hash = s.address_hash)
FOR UPDATE OF m
"""
SETTLE = """
WITH settled AS (UPDATE mailing SET state = $3, settled_at = clock_timestamp()
  WHERE campaign_id = $1 AND subject_id = $2 AND state = 'sending' RETURNING state)
UPDATE campaign SET sent = sent + ($3 = 'sent')::int, cancelled = cancelled + ($3 = 'cancelled')::int,
  refused = refused + ($3 = 'refused')::int, unknown = unknown + ($3 = 'unknown')::int
WHERE campaign_id = $1 AND EXISTS (SELECT FROM settled)
"""
POSTPONE = """
UPDATE mailing SET state = 'queued', due_at = clock_timestamp() + make_interval(secs => $3),
  attempts = CASE WHEN $4 THEN attempts ELSE attempts - 1 END
WHERE campaign_id = $1 AND subject_id = $2 AND state = 'sending'
"""
UNREACHABLE = """
UPDATE subscriber SET state = 'unreachable', email = NULL, keep_until = NULL
WHERE subject_id = $1 AND state = 'subscribed'
"""
ABANDON = f"""
WITH lost AS (SELECT campaign_id, subject_id FROM mailing
  WHERE state = 'sending' AND claimed_at < clock_timestamp() - {ABANDONED} FOR UPDATE SKIP LOCKED),
unknown AS (UPDATE mailing m SET state = 'unknown', settled_at = clock_timestamp() FROM lost
  WHERE m.campaign_id = lost.campaign_id AND m.subject_id = lost.subject_id
  RETURNING m.campaign_id, m.subject_id, m.claimed_at),
tally AS (UPDATE campaign c SET unknown = c.unknown + n.lost
  FROM (SELECT campaign_id, count(*) AS lost FROM unknown GROUP BY campaign_id) n WHERE n.campaign_id = c.campaign_id)
SELECT subject_id, claimed_at FROM unknown
"""  # noqa: S608 constants
FINISH = """
UPDATE campaign c SET state = 'finished', finished_at = clock_timestamp() WHERE state = 'sending' AND planned
  AND NOT EXISTS (SELECT FROM mailing m WHERE m.campaign_id = c.campaign_id AND m.state IN ('queued', 'sending'))
RETURNING campaign_id, sent, cancelled, refused, unknown
"""


@dataclass(frozen=True)
class Sender:
    """What a mailing needs to leave."""

    database: Database
    mailer: Mailer
    keys: Keys
    settings: MarketingSettings
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pace", Pace(self.settings.mails_per_second))

    async def work(self) -> bool:
        """Plan a page, then send some mails at a time; answers whether more is waiting.

        Raises MailFailed when the mail server is away, so that the loop backs off.
        """
        if await plan(self.database):
            return True
        async with self.database.transaction(Purpose.UPKEEP) as tx:
            if not await tx.value(UNDER_WAY):
                return False
        workers = (self._next() for _ in range(self.settings.send_concurrency))
        sent = await asyncio.gather(*workers, return_exceptions=True)
        if failed := [each for each in sent if isinstance(each, BaseException)]:
            raise failed[0]
        if any(sent):
            return True
        await self._tidy()
        return False

    async def _next(self) -> bool:
        await self.pace.turn()
        async with self.database.transaction(Purpose.UPKEEP) as tx:
            mailing = await tx.row(CLAIM)
        if mailing is None:
            return False
        failure = await self._deliver(mailing)
        if failure is not None and failure.outcome == "not sent" and failure.code is None:
            raise failure
        return True

    async def _deliver(self, mailing: Row) -> MailFailed | None:
        """Send one claimed mail under the person's permission and write down how it ended."""
        subject_id = mailing["subject_id"]
        async with self.database.transaction(Purpose.MARKETING_EMAIL) as tx:
            if await lock_subject(tx, subject_id) is Standing.ERASED:
                return None
            held = await hold_permission(tx, subject_id, Purpose.MARKETING_EMAIL)
            found = await tx.row(READ, mailing["campaign_id"], subject_id) if held else None
            failure = await self._dialogue(mailing, found) if found else None
            await tx.declare(Purpose.UPKEEP)
            if failure is None:
                await self._settle(tx, mailing, "sent" if found else "cancelled")
            else:
                await self._settle_failure(tx, mailing, failure)
        return failure

    async def _dialogue(self, mailing: Row, found: Row) -> MailFailed | None:
        token = self.keys.leaving_token(mailing["subject_id"], LIST)
        link = f"{self.settings.public_url}/newsletter/unsubscribe/{token}"
        since = found["since"].date()
        text = with_footer(found["body"], found["language"], since, link, self.settings.controller)
        try:
            await self.mailer.send(
                found["email"],
                found["subject"],
                text,
                message_id=self.mailer.message_id(f"{mailing['campaign_id']}.{mailing['subject_id']}"),
                headers=unsubscribe_headers(link, self.settings.unsubscribe_mailbox, token),
            )
        except MailFailed as failure:
            return failure
        return None

    async def _settle(self, tx: Transaction, mailing: Row, state: str) -> None:
        await tx.run(SETTLE, mailing["campaign_id"], mailing["subject_id"], state)
        if state in ("sent", "unknown"):
            tx.publish(self._disclosed(mailing["subject_id"], now()))

    async def _settle_failure(self, tx: Transaction, mailing: Row, failure: MailFailed) -> None:
        after = after_failure(failure.outcome, failure.code, mailing["attempts"])
        if after.state == "queued":
            wait = retry_after_s(mailing["attempts"]) if after.counts else 0.0
            await tx.run(POSTPONE, mailing["campaign_id"], mailing["subject_id"], wait, after.counts)
            return
        await self._settle(tx, mailing, after.state)
        if after.no_such_mailbox:
            await tx.run(UNREACHABLE, mailing["subject_id"])

    def _disclosed(self, subject_id: UUID, at: datetime) -> participants.Disclosed:
        return participants.Disclosed(
            subject_id=subject_id,
            recipient=self.settings.recipient,
            purpose=ProcessingPurpose.COMMERCIAL_MESSAGES,
            categories=CATEGORIES,
            disclosed_at=at,
        )

    async def _tidy(self) -> None:
        """Give up what a crash left undecided, and close campaigns that have no mail left to send."""
        async with self.database.transaction(Purpose.UPKEEP) as tx:
            for lost in await tx.rows(ABANDON):
                tx.publish(self._disclosed(lost["subject_id"], lost["claimed_at"]))
        async with self.database.transaction(Purpose.UPKEEP) as tx:
            for row in await tx.rows(FINISH):
                tx.publish(marketing.CampaignFinished.model_validate(dict(row)))
