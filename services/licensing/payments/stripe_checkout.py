"""Stripe behind the port: Checkout takes the payment on a page of Stripe's own, no card is seen here.

Stripe is told a reference and an amount; it asks the payer itself for the rest. Each call has a limit of time and is
repeated twice at most; what must not happen twice carries a key that Stripe remembers for a day.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from services.licensing.money import CURRENCY
from services.licensing.payments import stripe_events
from services.licensing.payments.provider import Notification, Payer, Provider
from services.licensing.payments.stripe_events import Intent, Refund
from shared.clock import now
from shared.contracts.licensing import PaymentWebhook
from shared.problems import unavailable

if TYPE_CHECKING:
    from stripe import HTTPXClient, StripeClient
    from stripe.params import RefundCreateParams
    from stripe.params.checkout import SessionCreateParams

TIMEOUT_S = 5.0
RETRIES = 2
SESSIONS = 8
"""A Checkout Session lasts a day and an order can be paid for a week: so many in turn, and one more."""


@dataclass(frozen=True)
class StripeAccount:
    """How Stripe is reached, and where a payer comes back to."""

    name: str
    key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    url: str
    return_url: str
    timeout_s: float = TIMEOUT_S
    retries: int = RETRIES


@dataclass(frozen=True)
class Stripe:
    account: StripeAccount
    client: "StripeClient"
    http: "HTTPXClient"

    async def aclose(self) -> None:
        await self.http.close_async()  # type: ignore[no-untyped-call]

    def provider(self) -> Provider:
        return Provider(self.account.name, self.announce, self.send_back, self.read, self.status)

    async def announce(self, reference: str, amount: int, _payer: Payer) -> str:
        """The page to pay on: the one that there is, or a new one when a day is over."""
        for number in range(SESSIONS):
            asked = self._session(reference, amount)
            session = await self._call(
                self.client.v1.checkout.sessions.create_async(asked, {"idempotency_key": f"{reference}/{number}"})
            )
            if session.expires_at > now().timestamp():
                return str(session.url)
        raise unavailable("the payment provider")

    def _session(self, reference: str, amount: int) -> "SessionCreateParams":
        item: Any = {"name": f"Zamówienie / Order {reference[-8:]}"}
        price: Any = {"currency": CURRENCY.lower(), "unit_amount": amount, "product_data": item}
        return {
            "mode": "payment",
            "client_reference_id": reference,
            "line_items": [{"price_data": price, "quantity": 1}],
            "metadata": {stripe_events.REFERENCE: reference},
            "payment_intent_data": {"metadata": {stripe_events.REFERENCE: reference}},
            "success_url": self.account.return_url,
            "cancel_url": self.account.return_url,
        }

    async def send_back(self, reference: str, amount: int, name: str) -> None:
        """A day later Stripe has forgotten the key: what is there already is looked up, too."""
        intent = await self._intent_of(reference)
        if intent is None:
            raise unavailable("the payment provider")
        made = await self._call(self.client.v1.refunds.list_async({"payment_intent": intent.id, "limit": 100}))
        key = name or reference
        if any(Refund.model_validate(each.to_dict()).metadata.get(stripe_events.ORDERED) == key for each in made.data):
            return
        asked: RefundCreateParams = {
            "payment_intent": intent.id,
            "amount": amount,
            "metadata": {stripe_events.ORDERED: key},
        }
        await self._call(self.client.v1.refunds.create_async(asked, {"idempotency_key": f"refund/{key}"}))

    async def read(self, webhook: PaymentWebhook) -> Notification:
        """Of refunds and disputes Stripe is asked whose they are; of somebody else's nothing is booked."""
        told = stripe_events.read(webhook, self.account.webhook_secret)
        if not told.intent:
            return told.notification
        if not told.intent.startswith("pi_"):
            return replace(told.notification, reference=told.intent)
        found = await self._call(self.client.v1.payment_intents.retrieve_async(told.intent))
        reference = Intent.model_validate(found.to_dict()).reference
        return replace(told.notification, reference=reference or told.intent)

    async def status(self, reference: str) -> Notification | None:
        intent = await self._intent_of(reference)
        if intent is None:
            return None
        said = stripe_events.of_intent(f"status/{intent.id}", intent, failed=intent.status == "canceled")
        return None if said.kind == "unknown" else said

    async def _intent_of(self, reference: str) -> Intent | None:
        """The payment of a reference, that with the money first; none where nobody has tried to pay."""
        query = f"metadata['{stripe_events.REFERENCE}']:'{reference}'"
        found = await self._call(self.client.v1.payment_intents.search_async({"query": query, "limit": 10}))
        intents = [Intent.model_validate(each.to_dict()) for each in found.data]
        return min(intents, key=lambda intent: intent.status != "succeeded", default=None)

    async def _call(self, call: Any) -> Any:
        """Raises Unavailable: what Stripe says of an error may name the payer, and stays there."""
        from stripe import StripeError  # noqa: PLC0415 see `opened`

        try:
            return await call
        except StripeError as error:
            raise unavailable("the payment provider") from _without_words(error)


def _without_words(error: Exception) -> Exception:
    return RuntimeError(f"{type(error).__name__} {getattr(error, 'http_status', None)}")


def opened(account: StripeAccount) -> Stripe:
    """Its library is half a second of a start and 20 MB: it is loaded where it is used."""
    import stripe  # noqa: PLC0415

    stripe.enable_telemetry = False
    http = stripe.HTTPXClient(timeout=account.timeout_s)
    client = stripe.StripeClient(
        account.key, base_addresses={"api": account.url}, http_client=http, max_network_retries=account.retries
    )
    return Stripe(account, client, http)
