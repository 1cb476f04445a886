"""The built-in provider: takes no money, and signs its webhooks like a real one (Standard Webhooks)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from services.licensing.money import CURRENCY
from services.licensing.payments.provider import Notification, Payer, Provider
from shared.clock import now
from shared.contracts.licensing import PaymentWebhook, SignedWebhook
from shared.problems import refuse

Told = Literal[
    "payment.confirmed",
    "payment.failed",
    "refund.made",
    "refund.failed",
    "dispute.opened",
    "dispute.won",
    "dispute.lost",
]
OF_PAYMENTS: dict[str, Told] = {"payment.confirmed": "payment.confirmed", "payment.failed": "payment.failed"}
OF_REFUNDS = ("refund.made", "refund.failed")
OF_DISPUTES = ("dispute.opened", "dispute.won", "dispute.lost")
TIME_FOR_EVIDENCE = timedelta(days=14)

MOST = 2**63 - 1
"""What PostgreSQL can store; whether an amount is right is not for the one to say who reads it."""


class Data(BaseModel):
    reference: str = Field(min_length=1, max_length=60)
    amount: int = Field(ge=-MOST, le=MOST)
    currency: str = Field(pattern="^[A-Z]{3}$")
    refund: str = Field(default="", max_length=60)
    dispute: str = Field(default="", max_length=60)
    reason: str = Field(default="", max_length=40, pattern="^[a-z_ ]*$")
    due_at: AwareDatetime | None = None


class Body(BaseModel):
    type: Told
    data: Data


class AnyBody(BaseModel):
    """What every webhook has; providers add types at any time."""

    type: str = Field(min_length=1, max_length=100)


KNOWN = frozenset(get_args(Told))


@dataclass(frozen=True)
class Sandbox:
    """The sandbox; `secret` is written `whsec_<base64>`."""

    name: str
    secret: str
    public_url: str
    decided: dict[str, Notification] = field(default_factory=dict)
    """What was last decided about a payment in this process, for who asks because no webhook came."""

    def provider(self) -> Provider:
        return Provider(self.name, self.announce, _send_back, self.take, self.status)

    async def announce(self, reference: str, _amount: int, _payer: Payer) -> str:
        """Nothing is to be announced to a provider that is built in."""
        return f"{self.public_url}/sandbox/payments/{reference}"

    async def take(self, webhook: PaymentWebhook) -> Notification:
        return self.read(webhook)

    async def status(self, reference: str) -> Notification | None:
        return self.decided.get(reference)

    def read(self, webhook: PaymentWebhook) -> Notification:
        """Verify and read a webhook. Raises Refused: 401 for the signature, 422 for the content."""
        if not self._is_genuine(webhook):
            raise refuse(401, "the webhook's signature is wrong or too old", field="webhook-signature")
        try:
            if AnyBody.model_validate_json(webhook.body).type not in KNOWN:
                return Notification(webhook.webhook_id, "unknown", "", 0, "")
            body = Body.model_validate_json(webhook.body)
        except ValidationError:
            raise refuse(422, "the webhook can't be read", field="body") from None
        if body.type in OF_REFUNDS and not body.data.refund:
            raise refuse(422, "the webhook can't be read", field="data.refund", message="a refund has an id")
        if body.type in OF_DISPUTES and not body.data.dispute:
            raise refuse(422, "the webhook can't be read", field="data.dispute", message="a dispute has an id")
        return Notification(webhook.webhook_id, body.type, **body.data.model_dump())

    def _is_genuine(self, webhook: PaymentWebhook) -> bool:
        """Whether the webhook was signed with the secret within the last five minutes, or the next."""
        headers = {
            "webhook-id": webhook.webhook_id,
            "webhook-timestamp": webhook.timestamp,
            "webhook-signature": webhook.signature,
        }
        try:
            Webhook(self.secret).verify(webhook.body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):  # ValueError: a header that is not as the standard has it
            return False
        return True

    def post(self, kind: str, reference: str, amount: int, refund: str = "", dispute: str = "") -> SignedWebhook:
        """A dispute is known by its payment, unless it is named."""
        data: dict[str, Any] = {"reference": reference, "amount": amount, "currency": CURRENCY}
        if kind in OF_REFUNDS:
            data["refund"] = refund or f"ref_{uuid4().hex}"
        if kind in OF_DISPUTES:
            data |= {"dispute": dispute or f"dp_{reference.removeprefix('pay_')}", "reason": "fraudulent"}
        if kind == "dispute.opened":
            data["due_at"] = (now() + TIME_FOR_EVIDENCE).isoformat()
        if kind in OF_PAYMENTS:
            self.decided[reference] = Notification(
                f"status/{uuid4().hex}", OF_PAYMENTS[kind], reference, amount, CURRENCY
            )
        return signed_webhook({"type": kind, "data": data}, self.secret)


def signed_webhook(event: Mapping[str, Any], secret: str, *, at: datetime | None = None) -> SignedWebhook:
    """The webhook about an event: `{"type": ..., "data": {...}}`."""
    body, webhook_id, signed_at = json.dumps(event), f"evt_{uuid4().hex}", (at or now()).astimezone(UTC)
    signature = Webhook(secret).sign(webhook_id, signed_at, body)
    return SignedWebhook(
        body=body, webhook_id=webhook_id, timestamp=str(int(signed_at.timestamp())), signature=signature
    )


async def _send_back(_reference: str, _amount: int, _name: str) -> None:
    """No money came, none goes back."""
