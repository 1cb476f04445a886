"""Consents: texts, current decisions, and a change of mind."""

from typing import Any, Literal
from uuid import UUID

from starlette.responses import Response

from services.gateway.authentication import Anybody, CurrentMember
from services.gateway.limits import Kind
from services.gateway.request_bodies import BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import privacy
from shared.contracts.fields import Language
from shared.contracts.privacy import consent_proofs

anybody = router("consents")
members = router("consents", Kind.MEMBER)

SURFACE = "member's panel"
METHOD = "PUT by the signed-in person"
EVERY_CHANNEL = "all"
JSON_LD = "application/ld+json"
RECEIPT: dict[int | str, dict[str, Any]] = {
    200: {"content": {JSON_LD: {"schema": {"type": "object"}}}, "description": "the receipt"}
}


@anybody.get("/consent-texts")
async def texts(caller: Anybody, lang: Language = "pl") -> privacy.ConsentTexts:
    """The texts that a form must show before somebody can agree to them."""
    return await caller.request(privacy.ReadConsentTexts(language=lang))


@members.get("/consents")
async def consents(member: CurrentMember) -> privacy.Consents:
    """One's own current decisions."""
    return await member.request(privacy.ReadConsents())


@members.get("/consents/history")
async def history(member: CurrentMember) -> consent_proofs.Proofs:
    """All that one ever decided: by which words, where, how and when, and the place of the proof in the evidence."""
    return await member.request(consent_proofs.ReadOwnProofs())


@members.get("/consents/history/{consent_id:uuid}/receipt", responses=RECEIPT, response_model=dict[str, Any])
async def receipt(consent_id: UUID, member: CurrentMember, lang: Language = "pl") -> Response:
    """The receipt of a decision on a consent (ISO/IEC TS 27560, JSON-LD): what for, in which words, how to end it."""
    issued = await member.request(consent_proofs.ReadConsentReceipt(consent_id=consent_id, language=lang))
    return Response(issued.document, media_type=JSON_LD)


@members.put("/consents/{purpose}/{channel}", status_code=204, response_class=Response)
async def choose(
    purpose: Literal["direct-marketing", "profiling", "analytics", "statistics"],
    channel: Literal["all", "email", "sms", "phone"],
    body: BodyWithout[privacy.ChooseConsent, Literal["purpose", "surface", "method"]],
    member: CurrentMember,
) -> Response:
    """Give or withdraw consent, or object; withdrawing is as easy as giving (GDPR Art. 7(3), 21).

    `all` is the purpose as such: `direct-marketing/all` with `given: false` is the objection of Art. 21(2).
    """
    full_purpose = purpose if channel == EVERY_CHANNEL else f"{purpose}.{channel}"
    choice = body.complete(purpose=full_purpose, surface=SURFACE, method=METHOD)
    await member.request(choice)
    return no_content()
