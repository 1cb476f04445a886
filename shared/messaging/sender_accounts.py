"""Who sent a message: the broker compares its `user_id` with the account of the connection and refuses a false one.

Permissions keep a service from publishing another's events; what no contract lets it ask reaches nobody, for its
exchange is bound to no one by that type. Neither keeps it from putting a message straight into another's queue:
replies and retries need the default exchange and the tiers. So the receiver looks at the account, too.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.contracts.message import ANY_SERVICE, GATEWAY, OPERATORS, PARTICIPANTS, Request

MAY_NOT_SPEAK = "sent by an account that may not speak for its type's owner"
"""Why such a message is given up."""


def account(url: str) -> str:
    """The account of an AMQP URL: `<service>@<virtual host>` for a service, any other name for operators."""
    return unquote(urlsplit(url).username or "")


def service_of(user_id: str | None) -> str:
    """The service whose account it is, or `operators`; empty for nobody, and for a service that takes their name."""
    name, at, _ = (user_id or "").partition("@")
    if not at:
        return OPERATORS if name else ""
    return "" if name in (OPERATORS, PARTICIPANTS) else name


def may_send(user_id: str | None, message_type: str, receiver: str) -> bool:
    """Whether this account may have sent such a message to this service.

    An event comes from the service that owns its type, from the receiver itself after a retry, or from
    an operator who replays it: an account without `@`, which no service's is.
    """
    sender = service_of(user_id)
    return bool(sender) and sender in (message_type.partition(".")[0], receiver, OPERATORS)


def may_ask(user_id: str | None, askers: Collection[str]) -> bool:
    """Whether a contract with these askers may be asked by this account."""
    return _named(service_of(user_id), askers)


@dataclass(frozen=True)
class Question:
    """Who may ask whom for what."""

    asker: str
    owner: str
    type: str


def questions(
    contracts: Iterable[type[Request[Any]]], askers: Collection[str], owners: Collection[str]
) -> list[Question]:
    """What these accounts may ask these services."""
    return [
        Question(asker, owner, contract.type_to(owner))
        for contract in contracts
        for asker in sorted({*askers, OPERATORS})
        for owner in _asked(contract, asker, owners)
        if _named(asker, contract.askers)
    ]


def _asked(contract: type[Request[Any]], asker: str, owners: Collection[str]) -> list[str]:
    """Who answers a contract: its owner, or everybody but the asker itself."""
    if contract.owner == ANY_SERVICE:
        return sorted({*owners} - {asker})
    return [contract.owner] if contract.owner in owners else []


def _named(asker: str, askers: Collection[str]) -> bool:
    return asker in askers or (PARTICIPANTS in askers and asker not in ("", GATEWAY, OPERATORS))
