"""A mail server in the test's process: what arrived, and answers as the test wants them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session


def text_of(mail: EmailMessage) -> str:
    """What a mail says in plain text, whatever else it has."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


@dataclass
class MailServer:
    """A mail server in the test's process: what arrived and when, and answers as the test wants them."""

    url: str = ""
    arrived: list[tuple[float, str, EmailMessage]] = field(default_factory=list)
    raw: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    hang_up_on: set[str] = field(default_factory=set)
    greeting: str = ""
    """Said instead of a welcome, after which it hangs up."""
    at_sender: str = ""
    at_recipient: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    tired_after: int = 0
    """Mails after which a connection that asks for more is told so, or cut off; 0 for never."""
    tired_answer: str = ""
    delay_s: float = 0.0
    on_mail: Callable[[str], None] = lambda _to: None

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [mail for _, to, mail in self.arrived if to == address]

    async def handle_MAIL(  # noqa: N802 aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.greeting:  # who is connected already is turned away, too
            cast("asyncio.Transport", server.transport).abort()
        if self.tired_after and cast("Dialogue", server).mails >= self.tired_after:
            if self.tired_answer:
                return self.tired_answer
            cast("asyncio.Transport", server.transport).abort()
        if self.at_sender:
            return self.at_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.at_recipient:
            return self.at_recipient[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        to = envelope.rcpt_tos[0]
        content = envelope.original_content or b""
        self.on_mail(to)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if to in self.answers:
            return self.answers[to]
        self.raw[to] = content.decode()
        mail = message_from_bytes(content, EmailMessage, policy=policy.default)
        cast("Dialogue", server).mails += 1
        self.arrived.append((asyncio.get_running_loop().time(), to, mail))
        if to in self.hang_up_on:
            cast("asyncio.Transport", server.transport).abort()
        return "250 accepted"


class Dialogue(SMTP):
    """One client's connection; a server that refuses the service says so instead of a welcome (RFC 5321, 3.1)."""

    mails = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        smtp = cast("MailServer", self.event_handler)
        smtp.connections += 1
        if not smtp.greeting:
            super().connection_made(transport)
            return
        cast("asyncio.Transport", transport).write(f"{smtp.greeting}\r\n".encode())
        transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            super().connection_lost(error)


@contextlib.asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """Listens on a port of its own until the block ends."""
    smtp = MailServer()
    server = await asyncio.get_running_loop().create_server(
        lambda: Dialogue(smtp, enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    smtp.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield smtp
