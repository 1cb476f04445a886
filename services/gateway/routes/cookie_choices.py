"""What visitors let websites store on their devices: the gate that any site asks, and a banner without script."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Header, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from services.gateway import cookie_banner, languages
from services.gateway.authentication import Anybody, Caller
from services.gateway.cross_origin import PREFLIGHT
from services.gateway.forms import URLENCODED, form_fields
from services.gateway.request_bodies import BodyWithout
from services.gateway.routing import router
from shared.contracts.fields import Language
from shared.contracts.privacy import cookie_choices
from shared.contracts.privacy.cookie_choices import DEVICE_PURPOSES, CookieChoice

anybody = router("cookie choices")

VisitorId = Annotated[UUID, Path(description="random (v4), made by the visitor's own page and kept on the device")]
OptOut = Annotated[str, Header(alias="Sec-GPC", description="Global Privacy Control: `1` refuses everything")]
OPTED_OUT = "1"
Observed = Literal["visitor_id", "opts_out"]
Spoken = Annotated[Language | None, Query(description="without it the language that Accept-Language wants most")]
CLICKED = {
    "requestBody": {
        "required": True,
        "content": {
            URLENCODED: {
                "schema": {
                    "type": "object",
                    "required": ["choice"],
                    "properties": {"choice": {"type": "string", "enum": list(cookie_banner.CHOICES)}}
                    | {key: {"type": "string", "enum": [cookie_banner.TICK]} for key in DEVICE_PURPOSES},
                }
            }
        },
    }
}


@anybody.get("/cookie-choices/{visitor_id}")
async def read(visitor_id: VisitorId, caller: Anybody, sec_gpc: OptOut = "") -> CookieChoice:
    """What a site may do on this visitor's device now: nothing before the visitor has said so."""
    asked = cookie_choices.ReadCookieChoice(visitor_id=visitor_id, opts_out=sec_gpc == OPTED_OUT)
    return await caller.request(asked)


@anybody.put("/cookie-choices/{visitor_id}")
async def choose(
    visitor_id: VisitorId,
    body: BodyWithout[cookie_choices.ChooseCookies, Observed],
    caller: Anybody,
    sec_gpc: OptOut = "",
) -> CookieChoice:
    """Allow or refuse, each purpose apart; what is not named is refused, and with `Sec-GPC: 1` everything."""
    return await caller.request(body.complete(visitor_id=visitor_id, opts_out=sec_gpc == OPTED_OUT))


@anybody.options("/cookie-choices/{visitor_id}", status_code=204, response_class=Response)
async def preflight(visitor_id: str) -> Response:  # noqa: ARG001 whatever is asked for, any site may ask
    """What a browser asks before it lets a page of another site do the above."""
    return Response(status_code=204, headers=PREFLIGHT)


@anybody.get("/cookie-choices/{visitor_id}/banner", response_class=HTMLResponse)
async def show_banner(
    visitor_id: VisitorId, request: Request, caller: Anybody, language: Spoken = None, sec_gpc: OptOut = ""
) -> HTMLResponse:
    """A page without script that asks the visitor, for a frame of a site; showing it changes nothing."""
    spoken = language or languages.preferred(request.headers.get("accept-language", ""))
    return await _banner(caller, visitor_id, spoken, opts_out=sec_gpc == OPTED_OUT)


@anybody.post("/cookie-choices/{visitor_id}/banner", response_class=HTMLResponse, openapi_extra=CLICKED)
async def click(
    visitor_id: VisitorId, request: Request, caller: Anybody, language: Spoken = None, sec_gpc: OptOut = ""
) -> HTMLResponse:
    """One of the buttons of the page."""
    spoken = language or languages.preferred(request.headers.get("accept-language", ""))
    opts_out = sec_gpc == OPTED_OUT
    wanted = cookie_banner.allowed(await form_fields(request, URLENCODED))
    await caller.request(cookie_choices.ChooseCookies(visitor_id=visitor_id, opts_out=opts_out, **wanted))
    return await _banner(caller, visitor_id, spoken, opts_out=opts_out)


async def _banner(caller: Caller, visitor_id: UUID, spoken: Language, *, opts_out: bool) -> HTMLResponse:
    asked = cookie_choices.ReadCookieBanner(visitor_id=visitor_id, language=spoken, opts_out=opts_out)
    return cookie_banner.shown(await caller.request(asked), spoken)
