"""Signing up, proving an address, and a forgotten password."""

from typing import Annotated, Literal

from fastapi import Path
from starlette.responses import Response

from services.gateway.authentication import Anybody, AnybodyRepeating, IdempotencyKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body, BodyWithout
from services.gateway.responses import accepted
from services.gateway.routing import router
from shared.contracts import identity
from shared.contracts.message import Created

mailing = router("accounts", Kind.MAIL)
proving = router("accounts", Kind.CREDENTIALS)


@mailing.post("/accounts", status_code=202)
async def register(body: Body[identity.RegisterAccount], caller: Anybody) -> identity.SignUpBegun:
    """Sign up. A code is mailed to the address, the answer is a token: the account begins with both.

    The answer is alike whether the address is known or not.
    """
    return await caller.request(body.complete())


@mailing.post("/email-verifications/codes", status_code=202, response_class=Response)
async def send_code_again(body: Body[identity.ResendCode], caller: Anybody) -> Response:
    """Mail the code once more. An address gets a few mails an hour; one that is too early leaves when it is due."""
    await caller.request(body.complete())
    return accepted()


@proving.post("/email-verifications", status_code=201)
async def verify_email(
    body: Body[identity.ConfirmEmail], caller: AnybodyRepeating, key: IdempotencyKey = ""
) -> Created:
    """Prove the address with the mailed code, and the sign-up with its token: the account begins."""
    return await caller.request(body.complete(), key)


@mailing.post("/password-resets", status_code=202, response_class=Response)
async def forgot_password(body: Body[identity.RequestPasswordReset], caller: Anybody) -> Response:
    """Mail a token for a new password; the answer is the same whether the address is known or not."""
    await caller.request(body.complete())
    return accepted()


MailedToken = Annotated[str, Path(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


@proving.post("/password-resets/{token:secret}")
async def reset_password(
    token: MailedToken, body: BodyWithout[identity.ResetPassword, Literal["token"]], caller: Anybody
) -> identity.KnownDevice:
    """Set a new password with a mailed token; every session ends. The device token is for signing in with it."""
    return await caller.request(body.complete(token=token))
