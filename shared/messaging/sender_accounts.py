"""Who sent a message: the broker compares its `user_id` with the account of the connection and refuses a false one.

Permissions keep a service from publishing another's events. They can't keep it from putting a message straight
into another's queue: replies and retries need the default exchange and the tiers.
"""

from urllib.parse import unquote, urlsplit

MAY_NOT_SPEAK = "sent by an account that may not speak for its type's owner"
"""Why such a message is given up."""


def account(url: str) -> str:
    """The account of an AMQP URL: `<service>@<virtual host>` for a service, any other name for operators."""
    return unquote(urlsplit(url).username or "")


def may_send(user_id: str | None, message_type: str, receiver: str) -> bool:
    """Whether this account may have sent such a message to this service.

    An event comes from the service that owns its type, from the receiver itself after a retry, or from
    an operator who replays it: an account without `@`, which no service's is.
    """
    service, at, _ = (user_id or "").partition("@")
    return bool(service) and (not at or service in (message_type.partition(".")[0], receiver))
