"""Signing up, proving an address, and a forgotten password."""

from typing import Annotated, Any, Literal

from fastapi import Path
from starlette.responses import Response

from services.gateway.answers import accepted, nothing
from services.gateway.bodies import Whole, Without
from services.gateway.callers import Anybody, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.routes import routes
from shared.contracts import identity
from shared.contracts.message import Created

mailing = routes("accounts", Kind.MAIL)
proving = routes("accounts", Kind.CREDENTIALS)


@mailing.post("/accounts", status_code=202, response_class=Response)
async def register(body: Whole[identity.RegisterAccount], caller: Anybody) -> Response:
    """Sign up. A code is mailed to the address; the answer is the same whether the address is known or not."""
    await caller.ask(body.complete())
    return accepted()


@mailing.post("/email-verifications/codes", status_code=202, response_class=Response)
async def send_code_again(body: Whole[identity.ResendCode], caller: Anybody) -> Response:
    """Mail a fresh code to an address that signed up."""
    await caller.ask(body.complete())
    return accepted()


@proving.post("/email-verifications", status_code=201, response_model=Created)
async def verify_email(body: Whole[identity.ConfirmEmail], caller: Anybody, key: IdempotencyKey = "") -> Any:
    """Prove the address with the mailed code: the account begins."""
    return await caller.ask(body.complete(), key)


@mailing.post("/password-resets", status_code=202, response_class=Response)
async def forgot_password(body: Whole[identity.RequestPasswordReset], caller: Anybody) -> Response:
    """Mail a token for a new password; the answer is the same whether the address is known or not."""
    await caller.ask(body.complete())
    return accepted()


MailedToken = Annotated[str, Path(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


@proving.post("/password-resets/{token:secret}", status_code=204, response_class=Response)
async def reset_password(
    token: MailedToken, body: Without[identity.ResetPassword, Literal["token"]], caller: Anybody
) -> Response:
    """Set a new password with a mailed token; every session ends."""
    await caller.ask(body.complete(token=token))
    return nothing()
