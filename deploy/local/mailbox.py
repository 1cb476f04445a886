"""A mail server that delivers to a folder: one file per message, for eyes and tests on this machine.

It stands for the outside world: what arrived here has left Lethe, and an erasure does not reach it.
"""

import asyncio
import email.policy
import os
import signal
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from functools import cache
from pathlib import Path
from time import time_ns

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local import processes
from deploy.local.folders import PROJECT, StartError, private_folder
from deploy.local.ports import LOOPBACK, accepts, remembered_ports, require_free

NAME = "mailbox"
READY_WITHIN_S = 90.0
LARGEST_MESSAGE_BYTES = 10 * 1024 * 1024
ENVELOPE_TO = "X-Envelope-To"


@dataclass(frozen=True)
class MailServer:
    """Where mail is accepted, and the folder it lands in."""

    smtp_url: str
    folder: Path
    pid: int


def start(folder: Path) -> MailServer:
    """Start the mail server of this folder; one that runs and accepts is left alone."""
    home = private_folder(folder / NAME)
    port = remembered_ports(home, ["smtp"])["smtp"]
    messages = private_folder(home / "messages")
    pid = processes.running(folder, NAME)
    if not pid or not accepts(port):
        processes.stop(folder, NAME)
        require_free(home, "mailbox")
        argv = [sys.executable, "-m", "deploy.local.mailbox", f"--port={port}", f"--folder={messages}"]
        environment = {"PATH": os.defpath, "PYTHONPATH": str(PROJECT), "LC_ALL": "C.UTF-8"}
        pid = processes.start(folder, NAME, argv, environment)
        if not processes.poll(lambda: accepts(port) or processes.running(folder, NAME) is None, READY_WITHIN_S):
            stop(folder)
        if processes.running(folder, NAME) is None:
            raise StartError(f"The mailbox did not start: look into {folder / 'logs' / 'mailbox.log'}.")
    return MailServer(f"smtp://{LOOPBACK}:{port}", messages, pid)


def stop(folder: Path) -> None:
    """End the mail server; what it received stays."""
    processes.stop(folder, NAME)


def kill(folder: Path) -> None:
    """End the mail server with SIGKILL, as a crash would."""
    processes.kill(folder, NAME)


def messages_for(messages: Path, recipient: str) -> list[EmailMessage]:
    """Read every message delivered to an address, the oldest first."""
    wanted = recipient.casefold()
    return [_read(file) for file in sorted(messages.glob("*.eml")) if wanted in _recipients(file)]


def wait_for(messages: Path, recipient: str, subject: str, within_s: float = 10.0) -> EmailMessage:
    """Wait for the newest message to an address whose subject contains the text."""
    matching: list[EmailMessage] = []

    def arrived() -> bool:
        matching[:] = [each for each in messages_for(messages, recipient) if subject in (each["Subject"] or "")]
        return bool(matching)

    if not processes.poll(arrived, within_s):
        raise TimeoutError(f"No message with {subject!r} in its subject arrived within {within_s:.0f} s.")
    return matching[-1]


class _Folder:
    """The aiosmtpd handler that writes each message to its own file."""

    def __init__(self, messages: Path) -> None:
        self._messages = messages
        self._count = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        self._count += 1
        name = f"{time_ns():020d}-{os.getpid()}-{self._count:06d}"
        half = self._messages / f"{name}.new"
        # The header line keeps a recipient that only the envelope names, as with a blind copy.
        to = f"{ENVELOPE_TO}: {', '.join(envelope.rcpt_tos)}\r\n".encode()
        half.write_bytes(to + (envelope.original_content or b""))
        half.rename(half.with_suffix(".eml"))
        return "250 Message accepted"


async def _serve(port: int, messages: Path) -> None:
    loop, ended, handler = asyncio.get_running_loop(), asyncio.Event(), _Folder(messages)
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, ended.set)
    server = await loop.create_server(
        lambda: SMTP(handler, data_size_limit=LARGEST_MESSAGE_BYTES, enable_SMTPUTF8=True), LOOPBACK, port
    )
    async with server:
        await ended.wait()


def _read(file: Path) -> EmailMessage:
    with file.open("rb") as source:
        return BytesParser(_class=EmailMessage, policy=email.policy.default).parse(source)


@cache
def _recipients(file: Path) -> frozenset[str]:
    """Whom the first line names: whole messages are read for who asks for them, and a file never changes."""
    with file.open("rb") as source:
        line = source.readline().decode().removeprefix(f"{ENVELOPE_TO}:")
    return frozenset(address.casefold() for _, address in getaddresses([line]))


def _main() -> None:
    options = ArgumentParser(description="Accept mail on loopback and store it in a folder.")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--folder", type=Path, required=True)
    chosen = options.parse_args()
    asyncio.run(_serve(chosen.port, private_folder(chosen.folder)))


if __name__ == "__main__":
    _main()
