"""The newsletter: double opt-in, and leaving it by one click (RFC 8058)."""

import re
from typing import Annotated, Any

from fastapi import Path, Query, Request
from starlette.responses import HTMLResponse, Response

from services.gateway.answers import accepted, nothing
from services.gateway.bodies import Whole
from services.gateway.callers import Anybody
from services.gateway.limits import Kind
from services.gateway.pages import FORM, fields_of, media_type, page
from services.gateway.routes import MAILED, routes
from shared.contracts import marketing
from shared.problems import refuse

anybody = routes("newsletter")
mailing = routes("newsletter", Kind.MAIL)

TITLE = "Newsletter"
ONE_CLICK = ("List-Unsubscribe", "One-Click")
OBJECTION = ("objects", "yes")
BOUNDARY = re.compile(r"""boundary="?([0-9A-Za-z'()+_,./:=?-]{1,70})""", re.IGNORECASE)  # RFC 2046 section 5.1.1
NAME = re.compile(rb"""[; \t]name="?([A-Za-z-]{1,40})""", re.IGNORECASE)
LARGEST_FORM = 4096
LinkToken = Annotated[str, Path(min_length=20, max_length=100, pattern=MAILED, description="from the link in the mail")]


@mailing.post("/newsletter/subscriptions", status_code=202, response_class=Response)
async def subscribe(body: Whole[marketing.SubscribeNewsletter], caller: Anybody) -> Response:
    """Subscribe an address; a link to confirm is mailed there. The answer is always the same."""
    await caller.ask(body.complete())
    return accepted()


@anybody.get("/newsletter/confirmations", response_class=HTMLResponse)
async def offer(token: Annotated[str, Query(min_length=20, max_length=100, pattern=MAILED)]) -> Any:
    """The page behind the link to confirm. It confirms nothing: scanners follow links."""
    return page(TITLE, CONFIRM.format(token=token))


@anybody.post("/newsletter/confirmations", status_code=204, response_class=Response)
async def confirm(body: Whole[marketing.ConfirmSubscription], caller: Anybody) -> Response:
    """Prove address and will with the mailed token."""
    await caller.ask(body.complete())
    return nothing()


@anybody.post("/newsletter/confirmations/{token:secret}", response_class=HTMLResponse)
async def confirm_by_page(token: LinkToken, caller: Anybody) -> Any:
    """The button on the page: prove address and will."""
    await caller.ask(marketing.ConfirmSubscription(token=token))
    return page(TITLE, CONFIRMED)


@anybody.get("/newsletter/unsubscribe/{token:secret}", response_class=HTMLResponse)
async def show(token: LinkToken, caller: Anybody) -> Any:
    """The page behind an unsubscribe link. It changes nothing: scanners follow links."""
    found: marketing.UnsubscribeOffer = await caller.ask(marketing.ReadUnsubscribe(token=token))
    return page(found.list_name, LEAVE if found.subscribed else GONE)


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
            for kind in (FORM, "multipart/form-data")
        },
    }
}


@anybody.post("/newsletter/unsubscribe/{token:secret}", response_class=HTMLResponse, openapi_extra=FORMS)
async def leave(token: LinkToken, request: Request, caller: Anybody) -> Any:
    """Leave the list of the link at once, without a session; repeating it changes nothing."""
    sent = _sent(request.headers.get("content-type", ""), await request.body())
    await caller.ask(marketing.Unsubscribe(token=token, objects=OBJECTION in sent))
    return page(TITLE, GONE)


def _sent(content_type: str, body: bytes) -> set[tuple[str, str]]:
    """The fields of the form. Raises Refused: 415 for another media type, 422 without the one-click field."""
    if not body:
        return set()
    if len(body) > LARGEST_FORM:
        raise refuse(413, "the body is too large", message=f"at most {LARGEST_FORM} bytes")
    kind = media_type(content_type)
    if kind not in (FORM, "multipart/form-data"):
        raise refuse(415, "the body must be a form")
    sent = fields_of(body) if kind == FORM else _parts(content_type, body)
    if ONE_CLICK not in sent:
        raise refuse(422, "the request is not valid", field="List-Unsubscribe", message="must be One-Click")
    return sent


def _parts(content_type: str, body: bytes) -> set[tuple[str, str]]:
    """The fields of a multipart form; RFC 8058 prefers it.

    Two short fields need no mail parser, whose time grows with the square of a hostile header.
    """
    boundary = BOUNDARY.search(content_type)
    if boundary is None:
        return set()
    return {field for part in body.split(b"--" + boundary[1].encode()) if (field := _field(part))}


def _field(part: bytes) -> tuple[str, str] | None:
    head, _, value = part.partition(b"\r\n\r\n")
    name = NAME.search(head)
    return (name[1].decode(), value.strip().decode("ascii", "replace")) if name else None


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
GONE = "<p>Ten adres nie jest już na liście. · This address is not on the list any more.</p>"
