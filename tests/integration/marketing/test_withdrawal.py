"""After a withdrawal is acknowledged no mail leaves: raced against a campaign, by both ways in."""

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
from tests import house as houses
from tests.house import House
from tests.integration.marketing.steps import (
    PostOffice,
    finished,
    post_office,
    reader,
    settle_in,
    start_campaign,
    unsubscribe_token,
)

ROUNDS = 400


@pytest.fixture(scope="module")
async def office() -> AsyncIterator[PostOffice]:
    async with post_office() as opened:
        opened.delay_s = 0.005
        yield opened


@pytest.fixture(scope="module")
async def house(servers: Servers, office: PostOffice) -> AsyncIterator[House]:
    made = await houses.build(
        servers, [MARKETING, IDENTITY, PRIVACY], settings={"mails_per_second": 5000, "smtp_url": office.url}
    )
    yield made
    await houses.tear_down(made)


async def by_link(house: House, client: RequestClient, person: Reader) -> None:
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(house, person.subject_id)))


async def by_ledger(database: Database, person: Reader) -> None:
    """The kit takes over what privacy decided."""
    decision = KnownPermission(
        subject_id=person.subject_id, purpose=Purpose.MARKETING_EMAIL, allowed=False, version=1000
    )
    async with database.transaction(Purpose.RIGHTS) as tx:
        await permissions.apply(tx, [decision])


async def test_no_mail_leaves_after_an_acknowledged_withdrawal(house: House, office: PostOffice) -> None:
    people = sorted((reader("racer") for _ in range(ROUNDS)), key=lambda person: person.subject_id)  # as they are sent
    places = {person.email: place for place, person in enumerate(people)}
    await settle_in(house, people)
    chance = random.Random(11)
    begun: dict[str, asyncio.Task[None]] = {}
    acknowledged: dict[str, float] = {}

    async def withdraw(place: int, client: RequestClient, database: Database) -> None:
        person = people[place]
        await (by_ledger(database, person) if place % 2 else by_link(house, client, person))
        acknowledged[person.email] = asyncio.get_running_loop().time()

    async with house.serve(PRIVACY, MARKETING), house.asking() as client, house.database("marketing") as database:

        def race(to: str) -> None:
            """While a mail is handed over, its recipient withdraws, or one whose turn comes in a moment."""
            place = min(places[to] + chance.randint(0, 8), ROUNDS - 1)
            if people[place].email not in begun:
                begun[people[place].email] = asyncio.ensure_future(withdraw(place, client, database))

        office.on_mail = race
        campaign = await finished(client, await start_campaign(client))
        await asyncio.gather(*begun.values())

    assert [to for at, to, _ in office.arrived if at > acknowledged.get(to, at)] == []
    reached = {to for _, to, _ in office.arrived}
    assert len(office.arrived) == len(reached) == campaign.sent
    assert campaign.sent + campaign.cancelled == ROUNDS
    in_time = acknowledged.keys() - reached
    assert min(len(in_time), len(acknowledged.keys() & reached)) > ROUNDS / 20, "the race was none"
