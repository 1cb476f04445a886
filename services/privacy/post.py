"""Handing privacy's mail to the mail server; what can't leave now is tried again and holds up nobody's."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from shared.database import Row
from shared.mail.mailer import Mailer, MailFailed
from shared.observability import log, what_failed

WITHIN_S = 45.0  # less than the lease: nobody else takes a mail that is under way
LEASE = "interval '1 minute'"
LAST_TRY = 732
"""By the waits of `after` it comes 30 days after the mail was first due; time in which nothing runs does not count."""


def after(tries: str) -> str:
    """When SQL tries again after so many tries: the waits double from a second to an hour."""
    return f"now() + least(interval '1 second' * 2 ^ least({tries} - 1, 20), interval '1 hour')"


async def hand_over(mailer: Mailer, to: str, subject: str, text: str, *, key: str) -> bool:
    """Send one mail; answers whether it is done with: sent, or refused for good by the mail server."""
    try:
        async with asyncio.timeout(WITHIN_S):
            await mailer.send(to, subject, text, message_id=mailer.message_id(key))
    except MailFailed as error:
        log.warning("mail not sent", reason=error.outcome, **what_failed(error))
        return error.outcome == "refused"
    except TimeoutError as error:
        log.warning("mail not sent", reason="timeout", **what_failed(error))
        return False
    return True


async def hand_over_all(mails: Sequence[Row], deliver: Callable[[Row], Awaitable[bool]]) -> list[bool]:
    """Deliver mails at once; answers which are done with.

    Whatever fails for one, such as an address sealed under an earlier key, is that one's alone: told without
    values and tried later, while the others count as sent.
    """
    return await asyncio.gather(*(_alone(mail, deliver) for mail in mails))


async def _alone(mail: Row, deliver: Callable[[Row], Awaitable[bool]]) -> bool:
    try:
        return await deliver(mail)
    except Exception as error:  # noqa: BLE001 no mail may hold up another
        log.error("mail not made", **what_failed(error))
        return False
