"""One mail a day to the officers: how cases stand to their last day, what may miss it, who is silent."""

from collections.abc import Sequence

from services.privacy.desk import digest, digest_store
from services.privacy.desk.digest_store import DueDigest
from services.privacy.loops import DIGEST
from services.privacy.register.model import Register
from services.privacy.settings import PrivacySettings
from shared.clock import today
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.purposes import Purpose

INTERVAL_S = 60.0


async def send_digest(database: Database, mailer: Mailer, register: Register, settings: PrivacySettings) -> bool:

    async def lease(tx: Transaction, limit: int) -> Sequence[DueDigest]:
        return await digest_store.lease(tx, limit, today())

    async def compose(due: DueDigest) -> Letter:
        async with database.transaction(Purpose.RIGHTS) as tx:
            counts = await digest_store.counts(tx, due.day)
            near, silent = await digest_store.forecast(tx, due.day), await digest_store.silent(tx)
        text = digest.text(counts, near, silent, settings.public_url)
        to = settings.officers_mailbox or register.controller.email
        return Letter(f"digest-{due.day}", to, digest.subject(due.day, counts), text)

    async def ended(tx: Transaction, due: DueDigest, _ending: Ending) -> None:
        await digest_store.ended(tx, due)

    async with database.transaction(Purpose.RIGHTS) as tx:
        await digest_store.begin_day(tx, today())
    queue = MailQueue(DIGEST, Purpose.RIGHTS, lease, compose, ended, digest_store.postpone)
    return await deliver_due(database, mailer, queue)
