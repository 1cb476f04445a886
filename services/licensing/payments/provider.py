"""The port to a payment provider: functions that an adapter brings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.contracts.licensing import PaymentWebhook
from shared.problems import refuse, unavailable

Kind = Literal[
    "payment.confirmed",
    "payment.failed",
    "refund.made",
    "refund.failed",
    "dispute.opened",
    "dispute.won",
    "dispute.lost",
    "unknown",
]


@dataclass(frozen=True)
class Payer:
    """What a provider learns about who pays (D1, D5)."""

    name: str
    email: str


@dataclass(frozen=True)
class Notification:
    """What a provider's webhook says, verified and read; of an unknown kind nothing else is.

    `amount` is in hundredths of `currency`, and may be anything. `refund` and `dispute` are the provider's names;
    `due_at` is until when evidence counts in a dispute.
    """

    event_id: str
    kind: Kind
    reference: str
    amount: int
    currency: str
    refund: str = ""
    dispute: str = ""
    reason: str = ""
    due_at: datetime | None = None


Announce = Callable[[str, int, Payer], Awaitable[None]]
"""Announce a payment by reference and amount; repeating it changes nothing. Raises Unavailable."""

SendBack = Callable[[str, int], Awaitable[None]]
"""Let the provider refund a payment by reference; repeating it changes nothing. Raises Unavailable."""

Read = Callable[[PaymentWebhook], Notification]
"""Verify and read a webhook. Raises Refused: 401 for the signature, 422 for the content."""


@dataclass(frozen=True)
class Provider:
    """A payment provider at work; `name` is the recipient in the disclosure log (GDPR Art. 15(1)(c))."""

    name: str
    announce: Announce
    send_back: SendBack
    read: Read
    pay_url: Callable[[str], str]
    takes_money: bool = True


def no_provider() -> Provider:
    """Nobody pays by card: what needs a provider is refused, and money that is to go back waits for one."""
    return Provider("none", _absent, _absent, _unheard, lambda _reference: "", takes_money=False)


async def _absent(*_payment: object) -> None:
    raise unavailable("the payment provider")


def _unheard(_webhook: PaymentWebhook) -> Notification:
    raise refuse(404, "there is no payment provider")
