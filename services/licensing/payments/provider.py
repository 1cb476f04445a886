"""The port to a payment provider: functions that an adapter brings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NoReturn

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
    `ordered` is ours of a refund, where the provider remembers it; `due_at` is until when evidence counts in a dispute.
    """

    event_id: str
    kind: Kind
    reference: str
    amount: int
    currency: str
    refund: str = ""
    ordered: str = ""
    dispute: str = ""
    reason: str = ""
    due_at: datetime | None = None


Announce = Callable[[str, int, Payer], Awaitable[str]]
"""Announce a payment by reference and amount; answers the page to pay on. Repeating it is answered alike.

Raises Unavailable.
"""

SendBack = Callable[[str, int, str], Awaitable[None]]
"""Let the provider refund so much of a payment by reference and the refund's name; empty is the only one of a payment.

Repeating it changes nothing. Raises Unavailable.
"""

Read = Callable[[PaymentWebhook], Awaitable[Notification]]
"""Verify and read a webhook. Raises Refused: 401 for the signature, 422 for the content; Unavailable."""

Status = Callable[[str], Awaitable[Notification | None]]
"""What became of a payment, as its webhook says it; None while nothing has. Raises Unavailable."""


@dataclass(frozen=True)
class Provider:
    """A payment provider at work; `name` is the recipient in the disclosure log (GDPR Art. 15(1)(c))."""

    name: str
    announce: Announce
    send_back: SendBack
    read: Read
    status: Status
    takes_money: bool = True


def no_provider() -> Provider:
    """Nobody pays by card: what needs a provider is refused, and money that is to go back waits for one."""
    return Provider("none", _absent, _absent, _unheard, _absent, takes_money=False)


async def _absent(*_payment: object) -> NoReturn:
    raise unavailable("the payment provider")


async def _unheard(_webhook: PaymentWebhook) -> Notification:
    raise refuse(404, "there is no payment provider")
