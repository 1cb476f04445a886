"""What Stripe's webhooks say, in the words of the port: verified, read, nothing asked.

Of what Stripe calls by its own names the reference is found by `reference_of`, with its PaymentIntent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from services.licensing.payments.provider import Kind, Notification
from shared.contracts.licensing import PaymentWebhook
from shared.problems import refuse

TOLERANCE_S = 300
REFERENCE = "reference"
"""Where our reference stands in the metadata of a PaymentIntent."""
ORDERED = "refund"
"""Where the name of a refund that we ordered stands in its metadata."""
OF_REFUNDS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
OF_DISPUTES = ("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed")


class Data(BaseModel):
    object: dict[str, Any]


class Event(BaseModel):
    """An event as Stripe sends it; of its other fields nothing is needed."""

    id: str = Field(min_length=1, max_length=100)
    type: str = Field(min_length=1, max_length=100)
    data: Data


class Session(BaseModel):
    """A Checkout Session; `paid` at once, or later for slow ways to pay."""

    client_reference_id: str | None = None
    payment_status: str
    amount_total: int
    currency: str


class Intent(BaseModel):
    """A PaymentIntent; one without our reference is of somebody else."""

    id: str
    status: str
    amount: int
    amount_received: int = 0
    currency: str
    metadata: dict[str, str] = Field(default_factory=dict)

    @property
    def reference(self) -> str:
        return self.metadata.get(REFERENCE, "")


class Refund(BaseModel):
    id: str
    status: str | None
    amount: int
    currency: str
    payment_intent: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)


class EvidenceDetails(BaseModel):
    due_by: int | None = None


class Dispute(BaseModel):
    id: str
    status: str
    amount: int
    currency: str
    reason: str
    payment_intent: str | None = None
    evidence_details: EvidenceDetails = EvidenceDetails()


@dataclass(frozen=True)
class Told:
    """A notification; with `intent` its reference is still to be found there."""

    notification: Notification
    intent: str = ""


def read(webhook: PaymentWebhook, secret: str) -> Told:
    """Verify and read a webhook. Raises Refused: 401 for the signature, 422 for the content."""
    if not is_genuine(webhook.body, webhook.signature, secret):
        raise refuse(401, "the webhook's signature is wrong or too old", field="stripe-signature")
    try:
        event = Event.model_validate_json(webhook.body)
        return _told(event.id, event.type, event.data.object)
    except ValidationError:
        raise refuse(422, "the webhook can't be read", field="body") from None


def is_genuine(body: str, header: str, secret: str) -> bool:
    """Whether a signature is of our secret and of the last five minutes; while a secret turns there are two."""
    from stripe import SignatureVerificationError, WebhookSignature  # noqa: PLC0415 half a second, for who uses it

    try:
        return bool(WebhookSignature.verify_header(body, header, secret, TOLERANCE_S))
    except SignatureVerificationError:
        return False


def _told(event_id: str, kind: str, about: Mapping[str, Any]) -> Told:
    if kind in ("checkout.session.completed", "checkout.session.async_payment_succeeded"):
        return Told(_of_session(event_id, Session.model_validate(about)))
    if kind in ("payment_intent.succeeded", "payment_intent.payment_failed"):
        return Told(of_intent(event_id, Intent.model_validate(about), failed=kind.endswith("failed")))
    if kind in OF_REFUNDS:
        return _of_refund(event_id, Refund.model_validate(about))
    if kind in OF_DISPUTES:
        return _of_dispute(event_id, Dispute.model_validate(about), closed=kind.endswith("closed"))
    return Told(unknown(event_id))


def unknown(event_id: str) -> Notification:
    """Nothing that is booked: taken, counted, left."""
    return Notification(event_id, "unknown", "", 0, "")


def _of_session(event_id: str, session: Session) -> Notification:
    if session.payment_status != "paid" or not session.client_reference_id:
        return unknown(event_id)
    currency = session.currency.upper()
    return Notification(event_id, "payment.confirmed", session.client_reference_id, session.amount_total, currency)


def of_intent(event_id: str, intent: Intent, *, failed: bool = False) -> Notification:
    """One that is neither paid nor failed says nothing yet."""
    if not intent.reference or not (failed or intent.status == "succeeded"):
        return unknown(event_id)
    kind: Kind = "payment.failed" if failed else "payment.confirmed"
    amount = intent.amount if failed else intent.amount_received
    return Notification(event_id, kind, intent.reference, amount, intent.currency.upper())


def _of_refund(event_id: str, refund: Refund) -> Told:
    """It is made when it succeeded, and may fail even after that; in between nothing has happened yet."""
    kinds: dict[str | None, Kind] = {"succeeded": "refund.made", "failed": "refund.failed"}
    if refund.status not in kinds:
        return Told(unknown(event_id))
    said = Notification(
        event_id,
        kinds[refund.status],
        "",
        refund.amount,
        refund.currency.upper(),
        refund=refund.id,
        ordered=refund.metadata.get(ORDERED, ""),
    )
    return Told(said, refund.payment_intent or refund.id)


def _of_dispute(event_id: str, dispute: Dispute, *, closed: bool) -> Told:
    """An inquiry (`warning_...`) takes no money yet: it counts once it has become a dispute."""
    kinds: dict[str, Kind] = {"won": "dispute.won", "lost": "dispute.lost"}
    kind = kinds.get(dispute.status) if closed else None
    if not closed and dispute.status in ("needs_response", "under_review"):
        kind = "dispute.opened"
    if kind is None:
        return Told(unknown(event_id))
    due = dispute.evidence_details.due_by
    said = Notification(
        event_id,
        kind,
        "",
        dispute.amount,
        dispute.currency.upper(),
        dispute=dispute.id,
        reason=dispute.reason,
        due_at=datetime.fromtimestamp(due, UTC) if due else None,
    )
    return Told(said, dispute.payment_intent or dispute.id)
