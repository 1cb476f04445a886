"""What the tests of identity do again and again: sign people up, read their mail, listen to events."""

import contextlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import pytest

from deploy.local.mailbox import messages_for
from services.identity.app import SERVICE as IDENTITY
from services.identity.jobs.expiry import expire
from services.identity.settings import IdentitySettings
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import identity
from shared.contracts.message import Event, Request
from shared.messaging.request_client import RequestClient
from shared.messaging.sender_accounts import account
from shared.messaging.topology import EVENTS
from shared.problems import Problem, Refused
from shared.secrets import Keyring
from tests.harness import Harness, eventually
from tests.staff import CHEAP_HASH

PASSWORD = "correct horse battery"

# A cheap hash: what is tested here is not the cost.
SETTINGS = {**CHEAP_HASH, "mail_retry_s": 0.05}


class Driver:
    """A running identity with its clients."""

    def __init__(self, harness: Harness, client: RequestClient, mailbox: Path) -> None:
        self.harness, self.client, self.mailbox = harness, client, mailbox

    @property
    def keyring(self) -> Keyring:
        return Keyring("identity", self.harness.settings["keys"])

    def identity_settings(self, **changed: Any) -> IdentitySettings:
        """The settings that identity runs with, but for what is changed."""
        return IdentitySettings.model_validate(self.harness.settings | {"amqp_url": "amqp://x"} | changed)

    async def ask(self, request: Request[Any], **options: Any) -> Any:
        return await self.client.request(request, **options)

    async def problem(self, request: Request[Any], **options: Any) -> Problem:
        """The problem a request is refused with."""
        with pytest.raises(Refused) as refused:
            await self.client.request(request, **options)
        return refused.value.problem

    async def mails(self, address: str, subject: str, count: int = 1) -> list[str]:
        """The texts of at least `count` mails, once they arrived."""

        async def arrived() -> list[str]:
            messages = [m for m in messages_for(self.mailbox, address) if subject in str(m["Subject"])]
            return [m.get_content() for m in messages] if len(messages) >= count else []

        texts: list[str] = await eventually(arrived)
        return texts

    async def code(self, address: str, count: int = 1) -> str:
        """The code of the newest mail."""
        return _code((await self.mails(address, "Kod potwierdzający", count))[-1])

    async def register(self, address: str, **fields: Any) -> str:
        """Sign up without confirming; the token."""
        begun = await self.ask(
            identity.RegisterAccount(**{"password": PASSWORD, "full_name": "Anna Nowak"} | fields, email=address)
        )
        return str(begun.token)

    async def member(self, address: str, **fields: Any) -> UUID:
        """Sign up and confirm."""
        token = await self.register(address, **fields)
        created = await self.ask(identity.ConfirmEmail(email=address, token=token, code=await self.code(address)))
        return UUID(str(created.id))

    async def signed_in(self, address: str, password: str = PASSWORD) -> str:
        """Sign in; the token."""
        session = await self.ask(identity.SignIn(email=address, password=password, ip="203.0.113.9", device="Test"))
        return str(session.token)

    async def value(self, sql: str, *args: Any) -> Any:
        """What is really in identity's database."""
        async with self.harness.superuser("identity") as database:
            return await database.fetchval(sql, *args)

    async def expire(self) -> None:
        """End what is over now, as identity does once a minute: it changes nothing in the middle of another test."""
        async with self.harness.database("identity") as working:
            await expire(working, self.identity_settings())

    async def everything(self) -> str:
        """All rows of identity's database as text, but for the machinery's, once no mail is under way."""
        await eventually(self._quiet)
        async with self.harness.superuser("identity") as database:
            tables = await database.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN "
                "('inbox', 'outbox', 'catch_up', 'erasure_report', 'data_map_at_work', 'consumer')"
            )
            every = [f"SELECT t::text FROM {t['tablename']} t ORDER BY 1" for t in tables]  # noqa: S608 own names
            rows = [await database.fetch(statement) for statement in every]
        return json.dumps([[row[0] for row in table] for table in rows])

    async def _quiet(self) -> bool:
        return bool(
            await self.value(
                "SELECT NOT EXISTS (SELECT FROM pending_address WHERE mail_due) AND NOT EXISTS "
                "(SELECT FROM mail_request WHERE due_at <= now()) AND NOT EXISTS "
                "(SELECT FROM failed_sign_in) AND NOT EXISTS "
                "(SELECT FROM service_mail LEFT JOIN account a USING (subject_id) "
                "WHERE sent_at IS NULL AND refused_at IS NULL AND a.mail_refused_at IS NULL)"
            )
        )

    async def tell(self, event: Event, sender: str, message_id: str = "") -> None:
        """Publish an event as another service would."""
        connection = await aio_pika.connect(self.harness.admin_amqp)
        async with connection:
            exchange = await (await connection.channel()).get_exchange(EVENTS)
            key = event.type_from(sender)
            body = event.model_dump_json().encode()
            message = aio_pika.Message(
                body,
                message_id=message_id or str(uuid4()),
                type=key,
                app_id=sender,
                user_id=account(self.harness.admin_amqp),
            )
            await exchange.publish(message, key, timeout=60)

    @contextlib.asynccontextmanager
    async def listening(self, key: str) -> AsyncIterator[list[dict[str, Any]]]:
        """The bodies of the events that are published meanwhile; what was to be told before has been told."""
        heard: list[dict[str, Any]] = []
        await eventually(lambda: self.value("SELECT NOT EXISTS (SELECT FROM outbox)"))

        async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            heard.append(json.loads(message.body))

        connection = await aio_pika.connect(self.harness.admin_amqp)
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(exclusive=True)
            await queue.bind(EVENTS, key)
            await queue.consume(take, no_ack=True)
            yield heard


def _code(text: str) -> str:
    match = re.search(r"Kod: (\d{8})", text)
    assert match, "no code in the mail"
    return match[1]


@contextlib.asynccontextmanager
async def living(harness: Harness) -> AsyncIterator[Driver]:
    """Identity and privacy at work on one harness."""
    mailbox = harness.servers.mailbox_folder
    assert mailbox is not None, "the tests of identity read a mailbox"
    async with harness.serve(PRIVACY, IDENTITY), harness.asking() as client:
        yield Driver(harness, client, mailbox)


def address(name: str) -> str:
    """An address nobody else has."""
    return f"{name}.{uuid4().hex[:8]}@example.com"
