"""Service mail: sent at least once, with a stable Message-ID; each mail sent is a disclosure."""

from functools import partial
from uuid import UUID

from services.identity import password_resets
from services.identity.accounts import store as accounts
from services.identity.email_changes.store import undo_token
from services.identity.password_resets import reset_token
from services.identity.service_mail import store, templates
from services.identity.service_mail.store import ServiceMail
from services.identity.settings import IdentitySettings
from shared.clock import now
from shared.contracts import identity, participants
from shared.database import Database, Transaction
from shared.mail.delivery import Ending, Letter, MailQueue, deliver_due
from shared.mail.mailer import Mailer
from shared.personal_data.data_map import Category
from shared.purposes import ProcessingPurpose, Purpose
from shared.secrets import Keyring

RESET = "password-reset"
LONGEST_WAIT_S = 600.0
LAST_ATTEMPT = 1010  # 7 days of ten minutes each


async def send_service_mail(database: Database, mailer: Mailer, keyring: Keyring, settings: IdentitySettings) -> bool:
    queue = MailQueue(
        name="service mail",
        purpose=Purpose.UPKEEP,
        lease=partial(_lease, keyring, settings.reset_valid_s),
        compose=partial(_compose, keyring, settings.public_url),
        ended=partial(_note, settings.mail_provider, mailer),
        postpone=store.postpone,
        first_wait_s=settings.mail_retry_s,
        longest_wait_s=LONGEST_WAIT_S,
        last_attempt=LAST_ATTEMPT,
    )
    return await deliver_due(database, mailer, queue)


async def _lease(keyring: Keyring, reset_valid_s: float, tx: Transaction, limit: int) -> list[ServiceMail]:
    due = await store.lease(tx, limit)
    resets = sorted(mail.mail_id for mail in due if mail.template == RESET)
    await password_resets.begin_validity(tx, [reset_token(keyring, mail_id) for mail_id in resets], reset_valid_s)
    return due


async def _compose(keyring: Keyring, public_url: str, mail: ServiceMail) -> Letter:
    facts = dict(mail.facts)
    if mail.template == RESET:
        facts["token"] = reset_token(keyring, mail.mail_id)
    if change_id := facts.pop("change_id", None):
        facts["link"] = f"{public_url}/email-changes/{undo_token(keyring, UUID(change_id))}"
    if invoice_id := facts.pop("invoice_id", None):
        facts["invoice_link"] = f"{public_url}/invoices/{UUID(invoice_id)}/document"
    subject, text = templates.compose(mail.template, mail.language, mail.full_name, facts)
    return Letter(_key(mail), mail.email, subject, text)


def _key(mail: ServiceMail) -> str:
    """The mail's own name, by which the mail provider knows it."""
    return f"service-{mail.mail_id}"


async def _note(mail_provider: str, mailer: Mailer, tx: Transaction, mail: ServiceMail, ending: Ending) -> None:
    """Note the outcome; that the provider saw name and address is published also of somebody erased meanwhile."""
    if ending is not Ending.SENT:
        await store.mark_refused(tx, mail)
        if ending is Ending.REFUSED:
            await accounts.mark_refusing(tx, mail.subject_id, mail.email)
        return
    await store.mark_sent(tx, mail)
    _tell(tx, mail)
    tx.publish(
        participants.Disclosed(
            subject_id=mail.subject_id,
            recipient=mail_provider,
            purpose=ProcessingPurpose.SERVICE_MAIL,
            categories=(Category.NAME, Category.EMAIL),
            disclosed_at=now(),
            reference=mailer.message_id(_key(mail)),
        )
    )


def _tell(tx: Transaction, mail: ServiceMail) -> None:
    """Tell whoever asked for a letter on which something hangs that the mail server has taken it."""
    about = mail.facts.get(templates.TOLD.get(mail.template, ""))
    if about is None:
        return
    which = {"subject_id": mail.subject_id, "template": mail.template}
    tx.publish(identity.ServiceMailHandedOver(**which, about=UUID(about), handed_over_at=now()))
