"""What visitors let websites store on their devices: the gate that any site asks, and a banner without script."""

from typing import Annotated, Literal

from fastapi import Header, Path
from pydantic import UUID4
from starlette.responses import Response

from services.gateway.authentication import Anybody
from services.gateway.cross_origin import PREFLIGHT
from services.gateway.request_bodies import BodyWithout
from services.gateway.routing import router
from shared.contracts.privacy import cookie_choices
from shared.contracts.privacy.cookie_choices import CookieChoice

anybody = router("cookie choices")

VisitorId = Annotated[UUID4, Path(description="random, made by the visitor's own page and kept on the device")]
OptOut = Annotated[str, Header(alias="Sec-GPC", description="Global Privacy Control: `1` refuses everything")]
OPTED_OUT = "1"
Observed = Literal["visitor_id", "opts_out"]


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
