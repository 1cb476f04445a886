"""Whom a service is set up to give personal data to: nobody who does not stand in the register of processing."""

from collections.abc import Sequence

from shared.contracts.privacy.recipients import CheckRecipients
from shared.lifecycle import CannotStart
from shared.messaging.request_client import RequestClient


async def require_registered(recipients: tuple[str, ...], client: RequestClient) -> None:
    """Raises CannotStart for one who does not; Refused when privacy, who keeps the register, does not answer."""
    if not recipients:
        return
    unknown = await client.request(CheckRecipients(names=recipients))
    refuse_unknown(unknown.names)


def refuse_unknown(names: Sequence[str]) -> None:
    """Raises CannotStart that names the first."""
    if names:
        raise CannotStart(f"personal data would go to {names[0]}, who is not in recipients.toml")
