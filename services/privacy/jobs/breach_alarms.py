"""Officers are written to before the 72 hours of a breach end (GDPR Art. 33(1)), and an alert is raised."""

from services.privacy import metrics
from services.privacy.breaches import alarm_mail, alarm_store
from services.privacy.breaches.alarm_store import DueAlarm
from services.privacy.breaches.rules import alarm_stage
from services.privacy.loops import BREACH_ALARMS
from services.privacy.register.model import Register
from services.privacy.settings import PrivacySettings
from shared.clock import now
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.purposes import Purpose

INTERVAL_S = 60.0


async def alarm_of_breaches(database: Database, mailer: Mailer, register: Register, settings: PrivacySettings) -> bool:
    await _begin(database)
    to = settings.officers_mailbox or register.controller.email

    async def compose(due: DueAlarm) -> Letter:
        text = alarm_mail.text(due, settings.public_url)
        return Letter(f"breach-{due.breach_id}-{due.hours}", to, alarm_mail.subject(due, now()), text)

    async def ended(tx: Transaction, due: DueAlarm, _ending: Ending) -> None:
        await alarm_store.ended(tx, due)

    queue = MailQueue(BREACH_ALARMS, Purpose.RIGHTS, alarm_store.lease, compose, ended, alarm_store.postpone)
    return await deliver_due(database, mailer, queue)


async def _begin(database: Database) -> None:
    """Note which alarms are due, and count the breaches that they are of."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        at, running = now(), await alarm_store.running(tx)
        stages = [(each.breach_id, hours) for each in running if (hours := alarm_stage(each.aware_at, at))]
        await alarm_store.begin(tx, stages)
    metrics.breaches_nearly_due.set(len(stages))
