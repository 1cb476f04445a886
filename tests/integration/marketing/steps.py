"""What the tests of marketing do again and again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast
from uuid import UUID, uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.population.marketing import Reader, insert_audience
from services.marketing import links
from services.marketing.addresses import hashes_of
from services.marketing.mail_templates import LIST
from shared.contracts import marketing
from shared.contracts.message import Request
from shared.messaging.request_client import RequestClient
from shared.problems import Refused
from shared.secrets import Keyring
from tests.house import House, eventually


@dataclass
class PostOffice:
    """A mail server in the test's process: what arrived and when, and answers as the test wants them."""

    url: str = ""
    arrived: list[tuple[float, str, EmailMessage]] = field(default_factory=list)
    raw: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    hang_up_on: set[str] = field(default_factory=set)
    delay_s: float = 0.0
    on_mail: Callable[[str], None] = lambda _to: None

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [mail for _, to, mail in self.arrived if to == address]

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
        self.arrived.append((asyncio.get_running_loop().time(), to, mail))
        if to in self.hang_up_on:
            cast("asyncio.Transport", server.transport).abort()
        return "250 accepted"


@contextlib.asynccontextmanager
async def post_office() -> AsyncIterator[PostOffice]:
    """A post office that is open until the block ends."""
    office = PostOffice()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(office, enable_SMTPUTF8=True), "127.0.0.1", 0)
    office.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield office


def reader(name: str, *, allows: bool = True) -> Reader:
    """A reader with an address that nobody else has."""
    person = uuid4()
    return Reader(person, f"{name}.{person.hex[:10]}@example.com", name.title(), allows)


def keyring_of(house: House) -> Keyring:
    return Keyring("marketing", house.settings["keys"])


def hash_of(house: House, address: str) -> bytes:
    """The hash by which marketing knows an address."""
    return hashes_of(keyring_of(house), address).newest


def unsubscribe_token(house: House, subject_id: UUID) -> str:
    """The token that stands in every mail to this person."""
    return links.unsubscribe_token(keyring_of(house), subject_id, LIST)


async def settle_in(house: House, people: Sequence[Reader]) -> None:
    """People who are known to marketing and who allow e-mail, or do not."""
    async with house.superuser("marketing") as database:
        await insert_audience(database, people, keyring_of(house))


async def rows(house: House, sql: str, *args: Any, service: str = "marketing") -> list[Mapping[str, Any]]:
    """What is really there, past row-level security."""
    async with house.superuser(service) as database:
        return [dict(row) for row in await database.fetch(sql, *args)]


async def refusal(client: RequestClient, request: Request[Any]) -> tuple[int, list[str]]:
    """The status and the named fields of a refusal."""
    try:
        await client.request(request)
    except Refused as refused:
        return refused.problem.status, [error.field for error in refused.problem.errors]
    raise AssertionError(f"{request.type} was not refused")


async def start_campaign(client: RequestClient, **fields: Any) -> UUID:
    """A campaign that is being sent."""
    drafted = {"subject": "News", "text": "The new version is out."} | fields
    created = await client.request(marketing.CreateCampaign(**drafted))
    await client.request(marketing.StartCampaign(campaign_id=created.id))
    campaign_id: UUID = created.id
    return campaign_id


async def finished(client: RequestClient, campaign_id: UUID) -> marketing.Campaign:
    """The campaign once each of its mailings has an outcome."""

    async def is_finished() -> marketing.Campaign | None:
        campaign: marketing.Campaign = await client.request(marketing.ReadCampaign(campaign_id=campaign_id))
        return campaign if campaign.state == "finished" else None

    campaign: marketing.Campaign = await eventually(is_finished)
    return campaign


async def allowed(house: House, person: UUID, purpose: str, service: str = "marketing") -> bool | None:
    """What a service's replica says; None when it says nothing."""
    async with house.superuser(service) as database:
        found: bool | None = await database.fetchval(
            "SELECT allowed FROM permission WHERE subject_id = $1 AND purpose = $2", person, purpose
        )
    return found
