"""What the payment provider tells: passed on as it came, answered once licensing has committed."""

from typing import Annotated

from fastapi import Header, Request
from starlette.responses import Response

from services.gateway.authentication import Anybody
from services.gateway.limits import Kind
from services.gateway.problems import MAY_ANSWER_401
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import licensing
from shared.problems import refuse

PAYMENTS = "/webhooks/payments"
STRIPE = "/webhooks/stripe"

provider = router("webhooks", Kind.WEBHOOK)

RAW = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


@provider.post(PAYMENTS, status_code=204, response_class=Response, openapi_extra=RAW, responses=MAY_ANSWER_401)
async def payments(
    request: Request,
    caller: Anybody,
    webhook_id: Annotated[str, Header(min_length=1, max_length=100)],
    webhook_timestamp: Annotated[str, Header(min_length=1, max_length=20)],
    webhook_signature: Annotated[str, Header(min_length=1, max_length=1000)],
) -> Response:
    """Take a message of the provider (headers of Standard Webhooks); anything but 2xx means: send it again."""
    message = licensing.PaymentWebhook(
        body=_text(await request.body()),
        webhook_id=webhook_id,
        timestamp=webhook_timestamp,
        signature=webhook_signature,
    )
    await caller.request(message)
    return no_content()


@provider.post(STRIPE, status_code=204, response_class=Response, openapi_extra=RAW, responses=MAY_ANSWER_401)
async def stripe(
    request: Request,
    caller: Anybody,
    stripe_signature: Annotated[str, Header(min_length=1, max_length=1000)],
) -> Response:
    """Take a message of Stripe, whose one header is time and signatures; anything but 2xx means: send it again."""
    body = _text(await request.body())
    await caller.request(licensing.PaymentWebhook(body=body, webhook_id="", timestamp="", signature=stripe_signature))
    return no_content()


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise refuse(400, "the body is not UTF-8") from None
