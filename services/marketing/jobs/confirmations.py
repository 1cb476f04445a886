"""The mails that ask to confirm a newsletter subscription: at least once, with a stable Message-ID."""

from functools import partial

from services.marketing import links, seals, sign_ups
from services.marketing.consent_texts import ConsentTexts
from services.marketing.mail_templates import confirmation
from services.marketing.settings import MarketingSettings
from services.marketing.sign_ups import ConfirmationMail
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.purposes import Purpose
from shared.secrets import Keyring

LONGEST_WAIT_S = 600.0


async def send_confirmations(
    database: Database, mailer: Mailer, keyring: Keyring, texts: ConsentTexts, settings: MarketingSettings
) -> bool:
    queue = MailQueue(
        name="confirmations",
        purpose=Purpose.UPKEEP,
        lease=sign_ups.lease_mails,
        compose=partial(_compose, keyring, texts, settings),
        ended=_note,
        postpone=sign_ups.postpone_mail,
        longest_wait_s=LONGEST_WAIT_S,
    )
    return await deliver_due(database, mailer, queue)


async def _compose(
    keyring: Keyring, texts: ConsentTexts, settings: MarketingSettings, mail: ConfirmationMail
) -> Letter:
    """Raises Refused while privacy does not answer and the consent text is new here."""
    link = f"{settings.public_url}/newsletter/confirmations?token={links.confirmation_token(keyring, mail.signup_id)}"
    words = await texts.words(mail.text_version, mail.language) or ""
    subject, text = confirmation(mail.language, words, link, settings.controller)
    email = seals.open_address(keyring, mail.sealed_address)
    return Letter(f"signup-{mail.signup_id}-{mail.mails}", email, subject, text)


async def _note(tx: Transaction, mail: ConfirmationMail, _ending: Ending) -> None:
    await sign_ups.mark_mailed(tx, mail)
