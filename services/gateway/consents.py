"""Consents: the words, the current decisions, and a change of mind."""

from typing import Any, Literal

from starlette.responses import Response

from services.gateway.answers import nothing
from services.gateway.bodies import Without
from services.gateway.callers import Anybody, CurrentMember
from services.gateway.limits import Kind
from services.gateway.routes import routes
from shared.contracts import privacy

anybody = routes("consents")
members = routes("consents", Kind.MEMBER)

SURFACE = "member's panel"
METHOD = "PUT by the signed-in person"
EVERY_CHANNEL = "all"


@anybody.get("/consent-texts", response_model=privacy.ConsentTexts)
async def texts(caller: Anybody, lang: Literal["pl", "en"] = "pl") -> Any:
    """The words a form must show before somebody can agree to them."""
    return await caller.ask(privacy.ReadConsentTexts(language=lang))


@members.get("/consents", response_model=privacy.Consents)
async def consents(member: CurrentMember) -> Any:
    """One's own current decisions."""
    return await member.ask(privacy.ReadConsents(subject_id=member.subject_id))


@members.put("/consents/{purpose}/{channel}", status_code=204, response_class=Response)
async def choose(
    purpose: Literal["direct-marketing", "profiling", "analytics", "statistics"],
    channel: Literal["all", "email", "sms", "phone"],
    body: Without[privacy.ChooseConsent, Literal["subject_id", "purpose", "surface", "method"]],
    member: CurrentMember,
) -> Response:
    """Give or withdraw consent, or object; withdrawing is as easy as giving (GDPR Art. 7(3), 21).

    `all` is the purpose as such: `direct-marketing/all` with `given: false` is the objection of Art. 21(2).
    """
    named = purpose if channel == EVERY_CHANNEL else f"{purpose}.{channel}"
    choice = body.complete(subject_id=member.subject_id, purpose=named, surface=SURFACE, method=METHOD)
    await member.ask(choice)
    return nothing()
