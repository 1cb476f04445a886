"""Double opt-in: an entered address waits apart until its owner confirms it (PKE art. 398, GDPR Art. 7(1))."""

from dataclasses import dataclass
from uuid import UUID

from services.marketing import links, seals, sign_ups, subscribers, suppression
from services.marketing.addresses import current_hash
from services.marketing.consent_texts import ConsentTexts
from services.marketing.sign_ups import Entry
from shared.clock import now
from shared.contracts import identity, marketing
from shared.database import Database, Transaction
from shared.messaging.request_client import RequestClient
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import refuse
from shared.purposes import Purpose
from shared.secrets import Keyring


async def require_consent_text(request: marketing.SubscribeNewsletter, texts: ConsentTexts) -> None:
    """Raises Refused (422) when the text that was shown is not in force."""
    if await texts.words(request.text_version, request.language) is None:
        raise refuse(422, "these words are not in force", field="text_version", message="show a current consent text")


async def enter(
    tx: Transaction, keyring: Keyring, request: marketing.SubscribeNewsletter, resend_after_s: float
) -> None:
    """Take an address; what happens next happens in the mailbox, whoever it belongs to.

    Whoever objected and means it otherwise now is asked once; a stranger who enters the address again sends nothing.
    """
    address_hash = await current_hash(tx, keyring, request.email)
    if not await suppression.may_ask(tx, keyring, request.email):
        return
    sealed = seals.seal_address(keyring, request.email)
    await sign_ups.enter(tx, Entry(address_hash, sealed, request.language, request.text_version), resend_after_s)


@dataclass(frozen=True)
class Confirmation:
    """A sign-up that is being confirmed, and whose address it holds."""

    signup_id: UUID
    email: str
    subject_id: UUID


async def prepare_confirmation(
    request: marketing.ConfirmSubscription, database: Database, client: RequestClient, keyring: Keyring
) -> Confirmation | None:
    """Ask whose address it is; None when it was confirmed before. Raises Refused (404)."""
    signup_id = links.confirmed_sign_up(keyring, request.token)
    if signup_id is None:
        raise refuse(404, "the link is unknown or has expired", message="enter the address again")
    async with database.transaction(Purpose.UPKEEP) as tx:
        sign_up = await sign_ups.find(tx, signup_id)
    if sign_up is None:
        raise refuse(404, "the link is unknown or has expired", message="enter the address again")
    if sign_up.sealed_address is None:
        return None
    email = seals.open_address(keyring, sign_up.sealed_address)
    person = await client.request(identity.RecognizePerson(email=email))
    return Confirmation(signup_id, email, person.subject_id)


async def admit(tx: Transaction, keyring: Keyring, confirmation: Confirmation) -> None:
    """Store the subscriber and tell privacy's ledger; what the ledger answers opens the way for mail."""
    subject_id, email = confirmation.subject_id, confirmation.email
    if await lock_subject(tx, subject_id) is Standing.ERASED:
        raise refuse(409, "this person's data is just being erased", message="confirm again in a moment")
    consent = await sign_ups.confirm(tx, confirmation.signup_id)
    if consent is None:  # confirmed by another click meanwhile
        return
    await subscribers.store(tx, keyring, subject_id, email, consent.language, "double opt-in")
    await suppression.lift(tx, keyring, email)
    tx.publish(
        marketing.Subscribed(
            subject_id=subject_id,
            text_version=consent.text_version,
            language=consent.language,
            decided_at=now(),
        )
    )
