"""The newsletter: double opt-in, and leaving it by one click (RFC 8058)."""

from typing import Annotated

from fastapi import Path, Query, Request
from starlette.responses import HTMLResponse, Response

from services.gateway.authentication import Anybody, CurrentMember
from services.gateway.forms import MULTIPART, URLENCODED, form_fields
from services.gateway.limits import Kind
from services.gateway.pages import page
from services.gateway.request_bodies import Body
from services.gateway.responses import accepted, no_content
from services.gateway.routing import MAILED, router
from shared.contracts import marketing

anybody = router("newsletter")
mailing = router("newsletter", Kind.MAIL)
members = router("newsletter", Kind.MEMBER)

TITLE = "Newsletter"
OBJECTION = ("objects", "yes")
LinkToken = Annotated[str, Path(min_length=20, max_length=100, pattern=MAILED, description="from the link in the mail")]


@mailing.post("/newsletter/subscriptions", status_code=202, response_class=Response)
async def subscribe(body: Body[marketing.SubscribeNewsletter], caller: Anybody) -> Response:
    """Subscribe an address; a link to confirm is mailed there. The answer is always the same."""
    await caller.request(body.complete())
    return accepted()


@anybody.get("/newsletter/confirmations", response_class=HTMLResponse)
async def offer(token: Annotated[str, Query(min_length=20, max_length=100, pattern=MAILED)]) -> HTMLResponse:
    """The page behind the link to confirm. It confirms nothing: scanners follow links."""
    return page(TITLE, CONFIRM.format(token=token))


@anybody.post("/newsletter/confirmations", status_code=204, response_class=Response)
async def confirm(body: Body[marketing.ConfirmSubscription], caller: Anybody) -> Response:
    """Prove address and will with the mailed token."""
    await caller.request(body.complete())
    return no_content()


@anybody.post("/newsletter/confirmations/{token:secret}", response_class=HTMLResponse)
async def confirm_by_page(token: LinkToken, caller: Anybody) -> HTMLResponse:
    """The button on the page: prove address and will."""
    await caller.request(marketing.ConfirmSubscription(token=token))
    return page(TITLE, CONFIRMED)


@anybody.get("/newsletter/unsubscribe/{token:secret}", response_class=HTMLResponse)
async def show(token: LinkToken, caller: Anybody) -> HTMLResponse:
    """The page behind an unsubscribe link. It changes nothing: scanners follow links."""
    offered = await caller.request(marketing.ReadUnsubscribe(token=token))
    return page(offered.list_name, _shown(token, offered))


def _shown(token: str, offered: marketing.UnsubscribeOffer) -> str:
    if not offered.subscribed:
        return OUTDATED if offered.outdated else LEFT
    return (STAY.format(token=token, ends_on=offered.ends_on) if offered.ends_on else "") + LEAVE


FORMS = {
    "requestBody": {
        "required": False,
        "content": {
            kind: {
                "schema": {
                    "type": "object",
                    "required": ["List-Unsubscribe"],
                    "properties": {
                        "List-Unsubscribe": {"type": "string", "enum": ["One-Click"]},
                        "objects": {"type": "string", "enum": ["yes"], "description": "objection, GDPR Art. 21(2)"},
                    },
                }
            }
            for kind in (URLENCODED, MULTIPART)
        },
    }
}


@anybody.post("/newsletter/unsubscribe/{token:secret}", response_class=HTMLResponse, openapi_extra=FORMS)
async def leave(token: LinkToken, request: Request, caller: Anybody) -> HTMLResponse:
    """Leave the list of the link at once, without a session; repeating it changes nothing.

    Mail programs send many bodies, or none: whoever posts to the link means it (RFC 8058).
    """
    sent = await form_fields(request, URLENCODED, MULTIPART, otherwise=URLENCODED)
    await caller.request(marketing.Unsubscribe(token=token, objects=OBJECTION in sent))
    return page(TITLE, _shown(token, await caller.request(marketing.ReadUnsubscribe(token=token))))


@anybody.post("/newsletter/renewals/{token:secret}", response_class=HTMLResponse)
async def renew(token: LinkToken, caller: Anybody) -> HTMLResponse:
    """The button for a reader who is asked to stay."""
    await caller.request(marketing.RenewByLink(token=token))
    return page(TITLE, STAYING)


@members.get("/me/newsletter")
async def my_newsletter(member: CurrentMember) -> marketing.Subscription:
    """One's own newsletter; with `ends_on` the panel asks whether it should go on."""
    return await member.request(marketing.ReadSubscription())


@members.post("/me/newsletter/renewal", status_code=204, response_class=Response)
async def renew_mine(member: CurrentMember) -> Response:
    """Go on with the newsletter."""
    await member.request(marketing.RenewSubscription())
    return no_content()


CONFIRM = """<form method="post" action="confirmations/{token}">
<p><button>Tak, chcę dostawać newsletter · Yes, send me the newsletter</button></p>
</form>"""
CONFIRMED = "<p>Dziękujemy, adres jest na liście. · Thank you, the address is on the list.</p>"
LEAVE = """<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<p><label><input type="checkbox" name="objects" value="yes">
Nie chcę też profilowania do marketingu · I also object to profiling for marketing</label></p>
<p><button>Wypisz mnie · Unsubscribe me</button></p>
</form>"""
STAY = """<form method="post" action="../renewals/{token}">
<p>Przestaniemy pisać po {ends_on}, jeśli nie potwierdzisz. · We stop writing after {ends_on} unless you confirm.</p>
<p><button>Chcę dostawać newsletter dalej · Keep sending me the newsletter</button></p>
</form>"""
STAYING = "<p>Dziękujemy, będziemy pisać dalej. · Thank you, we go on writing.</p>"
OUTDATED = """<p>Ten link należy do danych, które już usunęliśmy. Jeśli newsletter nadal przychodzi, adres zapisano na
nowo: wypisze Cię link z najnowszej wiadomości. · This link belongs to data that we have erased. If the newsletter still
comes, the address was subscribed anew: the link in the newest mail unsubscribes you.</p>"""
LEFT = "<p>Ten adres nie jest już na liście. · This address is not on the list any more.</p>"
