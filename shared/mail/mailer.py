"""Sending mail: one message, one SMTP dialogue, and an honest word about how it ended."""

import re
from collections.abc import Mapping
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import Policy
from email.utils import format_datetime, parseaddr
from time import monotonic
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import idna
from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from shared.clock import now
from shared.tracing import part

TIMEOUT_S = 20.0  # per SMTP command
LONGEST_IDLE_S = 20.0  # servers wait for minutes (RFC 5321, 4.5.3.2.7), busy ones for less
MAILS_PER_CONNECTION = 100  # as mail programs do; some servers refuse more
PERMANENT = 500
CLOSING = 421  # the server shuts down or has had enough of us (RFC 5321, 4.2.3), whatever it was asked
STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
ABOUT_US = re.compile(r"5\.(1\.[78]|2\.2|3\.[0-2]|4\.\d+|7\.\d+)")
"""Permanent by its number, and yet about the sender, a policy, a full mailbox or the way there: it may change."""
POLICY = re.compile(r"5\.(1\.[78]|7\.\d+)")
RELAYING = re.compile(r"\brelay", re.IGNORECASE)  # most servers say it without a status

Outcome = Literal["not sent", "refused", "unknown"]
"""`not sent`: nothing left, try again later. `refused`: the server will never take this message.
`unknown`: the connection broke while the message was handed over; it may have arrived."""

Refuses = Literal["service", "log-in", "sender", "policy"]
"""What a server refuses that says nothing about recipient and message. `policy` may hold for one recipient only,
the others hold for whatever we send."""


class MailFailed(Exception):
    """A message was not confirmed. The text carries a reply code and never an address."""

    def __init__(
        self, outcome: Outcome, code: int | None = None, status: str = "", refuses: Refuses | None = None
    ) -> None:
        super().__init__(f"mail {outcome}" + (f" ({code})" if code else ""))
        self.outcome = outcome
        self.code = code
        self.status = status
        """The enhanced status code (RFC 3463), such as `5.1.1`; empty where the server tells none."""
        self.refuses = refuses
        """None for a failure that is about the recipient or the message, and where no server answered."""


class Mailer:
    """Hands messages to one SMTP server: `smtp://`, or `smtps://` for TLS from the first byte.

    A password in the URL travels over TLS only; without one, STARTTLS is used where it is offered. `?cafile=` names the
    authority that the server's certificate is of, where it is none of the machine's. `keeps` connections
    are kept for the next mails: a new one costs a round trip for TLS, log-in and greeting each, and servers limit them.
    """

    def __init__(self, smtp_url: str, sender: str, keeps: int = 0) -> None:
        self._url = urlsplit(smtp_url)
        self._authority = dict(parse_qsl(self._url.query)).get("cafile")
        self._sender = sender
        self._from = parseaddr(sender)[1]
        self._keeps = keeps
        self._kept: list[_Dialogue] = []

    @property
    def domain(self) -> str:
        """The domain of the sender's address."""
        return self._from.rpartition("@")[2]

    def message_id(self, key: object) -> str:
        return f"<{key}@{self.domain}>"

    async def send(
        self,
        to: str,
        subject: str,
        text: str,
        html: str | None = None,
        *,
        message_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send one message. Raises MailFailed when the server did not confirm it."""
        recipient = _deliverable(to)
        fields = {"From": self._sender, "To": recipient, "Subject": subject, "Date": format_datetime(now())}
        try:
            message = _message(fields | {"Message-ID": message_id} | dict(headers or {}), text, html)
        except ValueError:  # a line break in a header; the error's text shows the header
            raise MailFailed("refused") from None
        with part("smtp", {"network.protocol.name": "smtp"}, alone=True):
            await self._hand_over(message, recipient)

    async def aclose(self) -> None:
        """Close what is kept."""
        while self._kept:
            self._kept.pop().close()

    async def _hand_over(self, message: EmailMessage, recipient: str) -> None:
        if kept := self._take():
            try:
                await self._converse(kept, message, recipient)
            except MailFailed as failed:
                # servers end connections that wait: nothing was said of this mail
                if kept.handing_over or failed.code not in (None, CLOSING):
                    raise
            else:
                return
        await self._converse(self._dialogue(), message, recipient)

    async def _converse(self, dialogue: "_Dialogue", message: EmailMessage, recipient: str) -> None:
        dialogue.handing_over = False
        try:
            if not dialogue.is_connected:
                await dialogue.connect()
            await dialogue.send_message(message, sender=self._from, recipients=[recipient])
            self._keep(dialogue)
        except SMTPNotSupported:  # no SMTPUTF8: never for this recipient, unless it is our own address that needs it
            raise MailFailed("not sent" if recipient.isascii() else "refused") from None
        except (SMTPException, OSError, ValueError) as error:
            raise _failed(error, handing_over=dialogue.handing_over) from None  # the cause names the address
        finally:
            if dialogue not in self._kept:
                dialogue.close()

    def _keep(self, dialogue: "_Dialogue") -> None:
        dialogue.mails, dialogue.idle_since = dialogue.mails + 1, monotonic()
        if len(self._kept) < self._keeps and dialogue.mails < MAILS_PER_CONNECTION:
            self._kept.append(dialogue)

    def _take(self) -> "_Dialogue | None":
        """The connection that was used last and is not too old; the others wait for their turn to be closed."""
        while self._kept:
            dialogue = self._kept.pop()
            if dialogue.is_connected and monotonic() - dialogue.idle_since < LONGEST_IDLE_S:
                return dialogue
            dialogue.close()
        return None

    def _dialogue(self) -> "_Dialogue":
        secured = self._url.scheme == "smtps"
        return _Dialogue(
            hostname=self._url.hostname,
            port=self._url.port,
            username=unquote(self._url.username) if self._url.username else None,
            password=unquote(self._url.password) if self._url.password else None,
            use_tls=secured,
            start_tls=True if self._url.username and not secured else None,
            cert_bundle=self._authority,
            timeout=TIMEOUT_S,
        )


class _Dialogue(SMTP):
    """An SMTP client that knows when handing over has begun, and how long it has been in use."""

    handing_over = False
    mails = 0
    idle_since = 0.0

    async def data(self, *args: Any, **options: Any) -> Any:
        self.handing_over = True
        return await super().data(*args, **options)


class _Links(UnstructuredHeader, BaseHeader):
    """A header of URIs in angle brackets, folded between them.

    The standard library hides a URI longer than a line in encoded words, which RFC 2369 does not allow
    and no mail program follows.
    """

    def fold(self, *, policy: "Policy[Any]") -> str:
        return f"{self.name}: {self}".replace(", ", f",{policy.linesep} ") + policy.linesep


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Links)
_POLICY = SMTP_POLICY.clone(header_factory=_HEADERS)


def _message(fields: Mapping[str, str], text: str, html: str | None) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    for name, value in fields.items():
        message[name] = value
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def _failed(error: Exception, *, handing_over: bool) -> MailFailed:
    code = _code(error)
    if code is not None:
        status, refuses = _status(error), _refuses(error, code)
        about_us = refuses is not None or ABOUT_US.fullmatch(status)
        return MailFailed("refused" if code >= PERMANENT and not about_us else "not sent", code, status, refuses)
    if isinstance(error, ValueError):  # an address or header that can't be written into the protocol
        return MailFailed("refused")
    return MailFailed("unknown" if handing_over else "not sent")


def _refuses(error: Exception, code: int) -> Refuses | None:
    if isinstance(error, SMTPAuthenticationError):
        return "log-in"
    if isinstance(error, SMTPSenderRefused):
        return "sender"
    if code == CLOSING or not isinstance(error, SMTPRecipientsRefused | SMTPDataError):
        return "service"
    if code >= PERMANENT and (POLICY.fullmatch(_status(error)) or RELAYING.search(_message_of(error))):
        return "policy"
    return None


def _code(error: Exception) -> int | None:
    if isinstance(error, SMTPRecipientsRefused):
        return int(error.recipients[0].code) if error.recipients else None
    if isinstance(error, SMTPResponseException) and error.code > 0:
        return int(error.code)
    return None


def _status(error: Exception) -> str:
    written = STATUS.match(_message_of(error))
    return written[1] if written else ""


def _message_of(error: Exception) -> str:
    refused = error.recipients[0] if isinstance(error, SMTPRecipientsRefused) and error.recipients else error
    return str(getattr(refused, "message", ""))


def _deliverable(address: str) -> str:
    """The address with its domain as DNS has it. Raises MailFailed (refused) for a domain that can't be."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        raise MailFailed("refused") from None
