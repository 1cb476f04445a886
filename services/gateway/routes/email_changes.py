"""Changing the address of an account, and undoing it from the old mailbox."""

from typing import Annotated, Literal

from fastapi import Path
from starlette.responses import HTMLResponse, Response

from services.gateway.authentication import Anybody, CurrentMember
from services.gateway.limits import Kind
from services.gateway.pages import page
from services.gateway.request_bodies import BodyWithout
from services.gateway.responses import accepted, no_content
from services.gateway.routing import MAILED, router
from shared.contracts import identity

mailing = router("profile", Kind.MAIL)
proving = router("profile", Kind.CREDENTIALS)

TITLE = "Adres e-mail · E-mail address"
UndoToken = Annotated[str, Path(min_length=20, max_length=100, pattern=MAILED, description="from the link in the mail")]


@mailing.post("/me/email", status_code=202, response_class=Response)
async def change(body: BodyWithout[identity.ChangeEmail, Literal["token"]], member: CurrentMember) -> Response:
    """Ask for another address, in a session that was proved a short while ago; a code is mailed there."""
    await member.request(body.complete(token=member.token))
    return accepted()


@proving.post("/me/email/confirmations", status_code=204, response_class=Response)
async def confirm(body: BodyWithout[identity.ConfirmEmailChange, Literal["token"]], member: CurrentMember) -> Response:
    """Prove the new address with the mailed code: it takes effect, and all sessions end."""
    await member.request(body.complete(token=member.token))
    return no_content()


@proving.get("/email-changes/{token:secret}", response_class=HTMLResponse)
async def offer(token: UndoToken) -> HTMLResponse:  # noqa: ARG001 the path has it
    """The page behind the link in the letter to the old address. It changes nothing: scanners follow links."""
    return page(TITLE, UNDO)


@proving.post("/email-changes/{token:secret}", response_class=HTMLResponse)
async def undo(token: UndoToken, caller: Anybody) -> HTMLResponse:
    """Restore the old address; all sessions end, and a mail there leads to a new password."""
    await caller.request(identity.UndoEmailChange(token=token))
    return page(TITLE, UNDONE)


UNDO = """<form method="post">
<p>Cofnąć zmianę adresu? Wszystkie sesje skończą się, a na ten adres przyjdzie list do ustawienia nowego hasła.</p>
<p lang="en">Undo the change of the address? All sessions end, and a mail to this address leads to a new password.</p>
<p><button>Cofnij zmianę · Undo the change</button></p>
</form>"""
UNDONE = """<p>Zmiana jest cofnięta. Nowe hasło ustawisz z listu, który właśnie wysłaliśmy na ten adres.</p>
<p lang="en">The change is undone. Set a new password with the mail that we have just sent to this address.</p>"""
