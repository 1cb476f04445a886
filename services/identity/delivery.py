"""Handing service mail to the mail server, and how long to wait when that did not work."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from shared.mail.mailer import Mailer, MailFailed
from shared.observability import log, what_failed

WITHIN_S = 45.0  # less than the minute for which a row is leased
LONGEST_WAIT_S = 600.0

Outcome = Literal["sent", "refused", "later"]

HEADERS = {"Auto-Submitted": "auto-generated"}  # RFC 3834: no holiday replies, please


@dataclass(frozen=True)
class Letter:
    """A mail to write; `key` stays the same however often it is sent."""

    key: str
    to: str
    subject: str
    text: str


class Delivery:
    """Sends letters, one SMTP dialogue each."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    async def deliver(self, letter: Letter) -> Outcome:
        """Send a letter; `later` also when it is unknown whether it left: it is sent again then."""
        message_id = self._mailer.message_id(letter.key)
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._mailer.send(letter.to, letter.subject, letter.text, message_id=message_id, headers=HEADERS)
        except MailFailed as error:
            report = log.error if error.outcome == "refused" else log.warning
            report("service mail not sent", reason=error.outcome, status=error.code, **what_failed(error))
            return "refused" if error.outcome == "refused" else "later"
        except TimeoutError as error:
            log.warning("service mail not sent", reason="timeout", **what_failed(error))
            return "later"
        return "sent"


def wait_s(attempts: int, first_s: float) -> float:
    """The wait after so many attempts: doubling up to ten minutes."""
    return float(min(first_s * 2 ** min(attempts - 1, 20), LONGEST_WAIT_S))
