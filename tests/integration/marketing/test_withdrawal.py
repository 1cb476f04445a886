"""After a withdrawal or restriction is acknowledged no mail leaves: raced against a campaign, by each way in."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from deploy.local.servers import Servers
from deploy.population.marketing import Reader
from services.identity.app import SERVICE as IDENTITY
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import marketing
from shared.contracts.privacy import KnownPermission
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.personal_data import permissions
from shared.purposes import Purpose
from tests import harness as harnesses
from tests.harness import DEEPER, Harness
from tests.integration.marketing.driver import finished, insert_readers, reader, start_campaign, unsubscribe_token
from tests.mail_server import MailServer, mail_server

ROUNDS = 200 * DEEPER


@pytest.fixture(scope="module")
async def smtp() -> AsyncIterator[MailServer]:
    async with mail_server() as opened:
        opened.delay_s = 0.005
        yield opened


@pytest.fixture(scope="module")
async def harness(servers: Servers, smtp: MailServer) -> AsyncIterator[Harness]:
    module_harness = await harnesses.build(
        servers, [MARKETING, IDENTITY, PRIVACY], settings={"mails_per_second": 5000, "smtp_url": smtp.url}
    )
    yield module_harness
    await harnesses.tear_down(module_harness)


async def by_link(harness: Harness, client: RequestClient, person: Reader) -> None:
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(harness, person.subject_id)))


async def by_ledger(database: Database, person: Reader) -> None:
    """The kit takes over what privacy decided."""
    decision = KnownPermission(
        subject_id=person.subject_id, purpose=Purpose.MARKETING_EMAIL, allowed=False, version=1000
    )
    async with database.transaction(Purpose.RIGHTS) as tx:
        await permissions.apply(tx, [decision])


async def by_restriction(database: Database, person: Reader) -> None:
    """Everything is forbidden, by a row that was not there before."""
    ruling = KnownPermission(subject_id=person.subject_id, purpose="*", allowed=False, version=1000)
    async with database.transaction(Purpose.RIGHTS) as tx:
        await permissions.apply(tx, [ruling])


async def test_no_mail_leaves_after_an_acknowledged_withdrawal(harness: Harness, smtp: MailServer) -> None:
    people = sorted((reader("racer") for _ in range(ROUNDS)), key=lambda person: person.subject_id)  # as they are sent
    places = {person.email: place for place, person in enumerate(people)}
    await insert_readers(harness, people)
    chance = random.Random(11)
    begun: dict[str, asyncio.Task[None]] = {}
    acknowledged: dict[str, float] = {}

    async def withdraw(place: int, client: RequestClient, database: Database) -> None:
        person = people[place]
        if place % 3 == 0:
            await by_link(harness, client, person)
        else:
            await (by_ledger if place % 3 == 1 else by_restriction)(database, person)
        acknowledged[person.email] = asyncio.get_running_loop().time()

    async with harness.serve(PRIVACY, MARKETING), harness.asking() as client, harness.database("marketing") as database:

        def race(to: str) -> None:
            """While a mail is handed over, its recipient withdraws, or one whose turn comes in a moment."""
            place = min(places[to] + chance.randint(0, 8), ROUNDS - 1)
            if people[place].email not in begun:
                begun[people[place].email] = asyncio.ensure_future(withdraw(place, client, database))

        smtp.on_mail = race
        campaign = await finished(client, await start_campaign(client))
        await asyncio.gather(*begun.values())

    assert [to for at, to, _ in smtp.arrived if at > acknowledged.get(to, at)] == []
    reached = {to for _, to, _ in smtp.arrived}
    assert len(smtp.arrived) == len(reached) == campaign.sent
    assert campaign.sent + campaign.cancelled == ROUNDS
    in_time = acknowledged.keys() - reached
    assert min(len(in_time), len(acknowledged.keys() & reached)) > ROUNDS / 20, "the race was none"
