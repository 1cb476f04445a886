"""The codes of sign-ups, one per mailbox: mailed at least once; a repeated mail has the same Message-ID and code."""

from functools import partial

from services.identity import pending_addresses as store
from services.identity.pending_addresses import CODE, CodeMail
from services.identity.service_mail import templates
from services.identity.settings import IdentitySettings
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.purposes import Purpose
from shared.secrets import Keyring

LONGEST_WAIT_S = 600.0


async def mail_codes(database: Database, mailer: Mailer, keyring: Keyring, settings: IdentitySettings) -> bool:
    queue = MailQueue(
        name="sign-up codes",
        purpose=Purpose.CONTRACT,
        lease=partial(store.lease_code_mails, valid_s=settings.code_valid_s),
        compose=partial(_compose, keyring),
        ended=_note,
        postpone=store.postpone_code_mail,
        first_wait_s=settings.mail_retry_s,
        longest_wait_s=LONGEST_WAIT_S,
    )
    return await deliver_due(database, mailer, queue)


async def _compose(keyring: Keyring, mail: CodeMail) -> Letter:
    subject, text = templates.CODE[mail.language]
    code = keyring.code(CODE, mail.nonce.bytes)
    return Letter(f"code-{mail.nonce}", mail.email, subject, text.format(code=code))


async def _note(tx: Transaction, mail: CodeMail, ending: Ending) -> None:
    if ending is Ending.SENT:
        await store.mark_code_mailed(tx, mail)
    else:
        await store.drop(tx, mail)
