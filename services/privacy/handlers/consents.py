"""Decisions of people: given, withdrawn, objected."""

from services.privacy.consents import store
from services.privacy.consents.ledger import record
from services.privacy.consents.rules import Decision, check_purpose, needs_text
from services.privacy.notices_seen import note_seen
from shared.clock import today
from shared.contracts import marketing, privacy
from shared.contracts.message import Done
from shared.database import Transaction
from shared.law.calendar import WARSAW
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ChooseConsent, purpose=Purpose.RIGHTS)
async def choose(request: privacy.ChooseConsent, tx: Transaction) -> Done:
    """Give, withdraw, object: the person's own choice."""
    check_purpose(request.purpose)
    decision = Decision(**request.model_dump(), subject_id=request.subject_id)
    if needs_text(decision) and not await store.knows_text(tx, decision, today()):
        raise refuse(422, "these words are not in force", field="text_version", message="show a current consent text")
    if request.text_version and not await store.is_text(tx, request.text_version):
        raise refuse(422, "nobody was ever shown these words", field="text_version", message="leave it out")
    await record(tx, decision)
    return Done()


@router.request(privacy.ReadConsents, purpose=Purpose.RIGHTS)
async def read_consents(request: privacy.ReadConsents, tx: Transaction) -> privacy.Consents:
    return privacy.Consents(consents=await store.current(tx, request.subject_id))


@router.request(privacy.TellConsents, purpose=Purpose.RIGHTS)
async def tell_consents(request: privacy.TellConsents, tx: Transaction) -> privacy.Consents:
    return privacy.Consents(consents=await store.current(tx, request.subject_id))


@router.request(privacy.ReadConsentTexts, purpose=Purpose.RIGHTS)
async def read_texts(request: privacy.ReadConsentTexts, tx: Transaction) -> privacy.ConsentTexts:
    return privacy.ConsentTexts(texts=await store.texts(tx, request.language, today()))


@router.event(marketing.Subscribed, purpose=Purpose.RIGHTS)
async def record_double_opt_in(event: marketing.Subscribed, tx: Transaction) -> None:
    """A confirmed newsletter is a consent for e-mail."""
    decision = Decision(
        event.subject_id,
        Purpose.MARKETING_EMAIL,
        given=True,
        text_version=event.text_version,
        language=event.language,
        surface="newsletter",
        method="double opt-in",
        decided_at=event.decided_at,
    )
    await record(tx, decision)
    await note_seen(tx, event.subject_id, event.decided_at.astimezone(WARSAW).date(), "newsletter")


@router.event(marketing.Unsubscribed, purpose=Purpose.RIGHTS)
async def record_unsubscribing(event: marketing.Unsubscribed, tx: Transaction) -> None:
    """Leaving the newsletter withdraws the consent for e-mail, or objects to all of direct marketing."""
    decision = Decision(
        event.subject_id,
        Purpose.MARKETING if event.objects else Purpose.MARKETING_EMAIL,
        given=False,
        text_version="",
        language="pl",
        surface="newsletter",
        method=event.method,
        decided_at=event.decided_at,
    )
    await record(tx, decision)
