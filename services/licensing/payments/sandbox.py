"""The built-in provider: takes no money, and signs its webhooks like a real one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, Field, ValidationError

from services.licensing.payments.provider import Notice, Payer, Provider
from services.licensing.payments.signing import is_fresh, is_genuine, sign
from shared.clock import now
from shared.contracts.licensing import PaymentWebhook, SignedWebhook
from shared.problems import refuse


class Data(BaseModel):
    """What a sandbox webhook is about."""

    reference: str = Field(min_length=1, max_length=60)
    amount: int = Field(ge=1, le=100_000_000_000)
    currency: Literal["PLN"]
    refund: str = Field(default="", max_length=60)


class Body(BaseModel):
    """The body of a sandbox webhook."""

    type: Literal["payment.confirmed", "payment.failed", "refund.made"]
    data: Data


@dataclass(frozen=True)
class Sandbox:
    """The sandbox with its secret."""

    name: str
    secret: bytes
    tolerance_s: float
    public_url: str

    def provider(self) -> Provider:
        """The sandbox behind the port."""
        return Provider(self.name, _start, _send_back, self.read, self.pay_url)

    def pay_url(self, reference: str) -> str:
        """Where the buyer would pay."""
        return f"{self.public_url}/sandbox/payments/{reference}"

    def read(self, webhook: PaymentWebhook, at: datetime) -> Notice:
        """Verify and read a webhook. Raises Refused: 401 for the signature, 422 for the content."""
        genuine = is_genuine(self.secret, webhook.webhook_id, webhook.timestamp, webhook.body, webhook.signature)
        if not genuine or not is_fresh(webhook.timestamp, at, self.tolerance_s):
            raise refuse(401, "the webhook's signature is wrong or too old", field="webhook-signature")
        try:
            body = Body.model_validate_json(webhook.body)
        except ValidationError:
            raise refuse(422, "the webhook can't be read", field="body") from None
        if body.type == "refund.made" and not body.data.refund:
            raise refuse(422, "the webhook can't be read", field="data.refund", message="a refund has an id")
        return Notice(webhook.webhook_id, body.type, body.data.reference, body.data.amount, body.data.refund)


def signed_webhook(event: Mapping[str, Any], secret: bytes, *, at: datetime | None = None) -> SignedWebhook:
    """What the provider would post about an event: `{"type": ..., "data": {...}}`."""
    body, webhook_id, timestamp = json.dumps(event), f"evt_{uuid4().hex}", str(int((at or now()).timestamp()))
    signature = sign(secret, webhook_id, timestamp, body)
    return SignedWebhook(body=body, webhook_id=webhook_id, timestamp=timestamp, signature=signature)


async def _start(_reference: str, _amount: int, _payer: Payer) -> None:
    """Nothing is to be announced to a provider that is built in."""


async def _send_back(_reference: str, _amount: int) -> None:
    """No money came, none goes back."""
