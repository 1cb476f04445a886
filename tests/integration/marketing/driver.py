"""What the tests of marketing do again and again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from deploy.population.identity import Person, insert_people
from deploy.population.marketing import Reader, insert_audience
from services.marketing import links
from services.marketing.addresses import hashes_of
from services.marketing.jobs import expiry as jobs
from services.marketing.mail_templates import LIST
from services.marketing.retention import RETENTION
from shared.contracts import marketing
from shared.contracts.message import Request
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.problems import Refused
from shared.secrets import Keyring
from tests.harness import Harness, eventually
from tests.retention import run_today


async def expire(database: Database) -> None:
    """What the clock does to readers: ask, and end what is over."""
    await jobs.expire(database)
    await run_today(database, RETENTION)


def reader(name: str, *, allows: bool = True) -> Reader:
    """A reader with an address that nobody else has."""
    person = uuid4()
    return Reader(person, f"{name}.{person.hex[:10]}@example.com", name.title(), allows)


def keyring_of(harness: Harness) -> Keyring:
    return Keyring("marketing", harness.settings["keys"])


def hash_of(harness: Harness, address: str) -> bytes:
    """The hash by which marketing knows an address."""
    return hashes_of(keyring_of(harness), address).newest


def unsubscribe_token(harness: Harness, subject_id: UUID, address: str = "") -> str:
    """The token that stands in every mail to this person, or in an older one that names no mailbox."""
    recipient = links.Recipient(subject_id, hash_of(harness, address) if address else None)
    return links.unsubscribe_token(keyring_of(harness), recipient, LIST)


async def insert_readers(harness: Harness, people: Sequence[Reader]) -> None:
    """People who are known to marketing and who allow e-mail, or do not."""
    async with harness.superuser("marketing") as database:
        await insert_audience(database, people, keyring_of(harness))


async def open_account(harness: Harness, person: Reader) -> None:
    """An account at identity for a reader, past the registration."""
    async with harness.superuser("identity") as database:
        resident = Person(subject_id=person.subject_id, email=person.email, full_name="Anna Nowak")
        await insert_people(database, [resident], Keyring("identity", harness.settings["keys"]))


async def rows(harness: Harness, sql: str, *args: Any, service: str = "marketing") -> list[Mapping[str, Any]]:
    """What is really there, past row-level security."""
    async with harness.superuser(service) as database:
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
    """The campaign once each of its mailings has an outcome; where it stands is in the failure."""
    campaign: marketing.Campaign | None = None

    async def is_finished() -> bool:
        nonlocal campaign
        campaign = await client.request(marketing.ReadCampaign(campaign_id=campaign_id))
        return campaign.state == "finished"

    try:
        await eventually(is_finished)
    except AssertionError:
        raise AssertionError(f"not finished: {campaign}") from None
    assert campaign is not None
    return campaign


async def allowed(harness: Harness, person: UUID, purpose: str, service: str = "marketing") -> bool | None:
    """What a service's replica says; None when it says nothing."""
    async with harness.superuser(service) as database:
        permission: bool | None = await database.fetchval(
            "SELECT allowed FROM permission WHERE subject_id = $1 AND purpose = $2", person, purpose
        )
    return permission
