"""The page behind the link in a receipt: whoever has the mailbox stops what somebody else asked for."""

from typing import Annotated

from fastapi import Path
from starlette.responses import HTMLResponse

from services.gateway.authentication import Anybody
from services.gateway.pages import page
from services.gateway.routing import MAILED, router
from shared.contracts import privacy

anybody = router("privacy requests")

TITLE = "Żądanie dotyczące danych · Privacy request"
LinkToken = Annotated[
    str, Path(min_length=20, max_length=100, pattern=MAILED, description="from the link in the receipt")
]


@anybody.get("/privacy-requests/stops/{token:secret}", response_class=HTMLResponse)
async def show(token: LinkToken, caller: Anybody) -> HTMLResponse:
    """The page behind the link. It changes nothing: scanners follow links."""
    return page(TITLE, _shown(await caller.request(privacy.ReadStop(token=token))))


@anybody.post("/privacy-requests/stops/{token:secret}", response_class=HTMLResponse)
async def stop(token: LinkToken, caller: Anybody) -> HTMLResponse:
    """The button on the page: take the request back, as long as it can be."""
    return page(TITLE, _shown(await caller.request(privacy.StopCase(token=token))))


def _shown(offer: privacy.StopOffer) -> str:
    if offer.can_be_stopped:
        return STOP
    return STOPPED if offer.state == "withdrawn" else TOO_LATE


STOP = """<p>Ktoś poprosił o to dla Twojego adresu. Jeśli to nie Ty, zatrzymaj sprawę.
· Somebody asked for this for your address. If it was not you, stop the case.</p>
<form method="post">
<p><button>Zatrzymaj sprawę · Stop the case</button></p>
</form>"""
STOPPED = """<p>Sprawa jest zatrzymana i nic już się w niej nie dzieje.
· The case is stopped, and nothing happens in it any more.</p>"""
TOO_LATE = """<p>Sprawy nie da się już zatrzymać: została rozstrzygnięta albo jest właśnie wykonywana. Napisz do nas,
jeśli to nie Ty. · The case can't be stopped any more: it has been decided or is being carried out. Write to us if it
was not you.</p>"""
