"""The newsletter: joining by a confirmed address, leaving by one click (RFC 8058)."""

from services.marketing import double_opt_in, links, subscribers
from services.marketing.audience import AUDIENCE
from services.marketing.double_opt_in import Confirmation
from services.marketing.links import Recipient
from services.marketing.mail_templates import LIST
from services.marketing.settings import MarketingSettings
from shared.clock import today
from shared.contracts import identity, marketing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.law import retention
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_subject, require_live
from shared.problems import refuse
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("marketing")


@router.request(marketing.SubscribeNewsletter, purpose=Purpose.UPKEEP, prepare=double_opt_in.require_consent_text)
async def subscribe(
    request: marketing.SubscribeNewsletter, tx: Transaction, keyring: Keyring, settings: MarketingSettings
) -> Done:
    await double_opt_in.enter(tx, keyring, request, settings.resend_after_s)
    return Done()


@router.request(marketing.ConfirmSubscription, purpose=Purpose.UPKEEP, prepare=double_opt_in.prepare_confirmation)
async def confirm(
    _request: marketing.ConfirmSubscription, tx: Transaction, keyring: Keyring, prepared: Confirmation | None
) -> Done:
    if prepared is not None:
        await double_opt_in.admit(tx, keyring, prepared)
    return Done()


@router.request(marketing.Unsubscribe, purpose=Purpose.UPKEEP)
async def unsubscribe(request: marketing.Unsubscribe, tx: Transaction, keyring: Keyring) -> Done:
    recipient = _recipient(keyring, request.token)
    reader = await subscribers.reader(tx, recipient.subject_id, recipient.address_hash)
    person = reader.subject_id if reader else recipient.subject_id
    if await lock_subject(tx, person) is not Standing.ERASED:
        await subscribers.leave(tx, person, "unsubscribe link", objects=request.objects)
    return Done()


@router.request(marketing.ReadUnsubscribe, purpose=Purpose.UPKEEP)
async def read_unsubscribe(
    request: marketing.ReadUnsubscribe, tx: Transaction, keyring: Keyring
) -> marketing.UnsubscribeOffer:
    """What the page of an unsubscribe link shows; changes nothing."""
    recipient = _recipient(keyring, request.token)
    reader = await subscribers.reader(tx, recipient.subject_id, recipient.address_hash)
    if reader is None:
        outdated = await subscribers.was_erased(tx, recipient.subject_id)
        return marketing.UnsubscribeOffer(list_name=LIST, subscribed=False, outdated=outdated)
    return marketing.UnsubscribeOffer(list_name=LIST, subscribed=True, ends_on=reader.ends_on)


@router.request(marketing.RenewByLink, purpose=Purpose.UPKEEP)
async def renew_by_link(request: marketing.RenewByLink, tx: Transaction, keyring: Keyring) -> Done:
    recipient = _recipient(keyring, request.token)
    if reader := await subscribers.reader(tx, recipient.subject_id, recipient.address_hash):
        await subscribers.renew_retention(tx, reader.subject_id, retention.marketing(today()).until)
    return Done()


@router.request(marketing.ReadSubscription, purpose=Purpose.RIGHTS)
async def read_subscription(request: marketing.ReadSubscription, tx: Transaction) -> marketing.Subscription:
    reader = await subscribers.reader(tx, request.subject_id)
    return marketing.Subscription(subscribed=reader is not None, ends_on=reader.ends_on if reader else None)


@router.request(marketing.TellReaderAddress, purpose=Purpose.RIGHTS)
async def tell_reader_address(request: marketing.TellReaderAddress, tx: Transaction) -> marketing.ReaderAddress:
    found = await subscribers.address(tx, request.subject_id)
    if found is None:
        raise refuse(404, "nobody reads the newsletter by this id")
    return found


@router.request(marketing.RenewSubscription, purpose=Purpose.RIGHTS)
async def renew_subscription(request: marketing.RenewSubscription, tx: Transaction) -> Done:
    await require_live(tx, request.subject_id)
    if await subscribers.reader(tx, request.subject_id) is None:
        raise refuse(404, "no newsletter to renew", message="consent to it first")
    await subscribers.renew_retention(tx, request.subject_id, retention.marketing(today()).until)
    return Done()


def _recipient(keyring: Keyring, token: str) -> Recipient:
    """Raises Refused (404) for a link that is none of ours."""
    recipient = links.recipient(keyring, token, LIST)
    if recipient is None:
        raise refuse(404, "no such link")
    return recipient


@router.event(identity.ProfileChanged, purpose=Purpose.UPKEEP)
async def follow_profile(event: identity.ProfileChanged, tx: Transaction) -> None:
    """A corrected address or language is asked for anew (GDPR Art. 16, 19)."""
    if {"email", "language"} & set(event.fields) and await subscribers.mark_outdated(tx, event.subject_id):
        tx.wake(AUDIENCE)
