"""A mail server that refuses the vendor pauses campaigns; staff see why, go on, or end them."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from shared.contracts import marketing
from shared.contracts.message import Done
from shared.messaging.request_client import RequestClient
from shared.service import Resources
from tests.harness import Harness, eventually
from tests.integration.marketing.driver import finished, insert_readers, reader, refusal, rows, start_campaign
from tests.mail_server import MailServer


@pytest.fixture(autouse=True)
async def only_this_tests_readers(harness: Harness, smtp: MailServer) -> None:
    smtp.greeting = smtp.at_sender = ""
    async with harness.superuser("marketing") as database:
        await database.execute("DELETE FROM mailing; DELETE FROM subscriber; DELETE FROM campaign")


async def paused(client: RequestClient, campaign_id: UUID) -> marketing.Campaign:
    """The campaign once it is paused."""

    async def is_paused() -> marketing.Campaign | None:
        campaign = await client.request(marketing.ReadCampaign(campaign_id=campaign_id))
        return campaign if campaign.paused and not campaign.sending else None

    campaign: marketing.Campaign = await eventually(is_paused)
    return campaign


async def attempts(harness: Harness, campaign_id: UUID) -> list[tuple[str, int]]:
    sql = "SELECT state, attempts FROM mailing WHERE campaign_id = $1"
    return [(row["state"], row["attempts"]) for row in await rows(harness, sql, campaign_id)]


async def check_everybody_stays(harness: Harness, people: Sequence[object]) -> None:
    left = await rows(harness, "SELECT state FROM subscriber WHERE email IS NOT NULL")
    assert left == [{"state": "subscribed"}] * len(people)


@pytest.mark.parametrize(
    ("place", "answer", "reason", "heals"),
    [
        ("sender", "550 5.7.1 you are blocked", "the mail server refuses our address as sender (550 5.7.1)", False),
        ("sender", "553 5.1.8 no such sender", "the mail server refuses our address as sender (553 5.1.8)", False),
        ("sender", "451 4.7.1 too many", "the mail server refuses our address as sender (451 4.7.1)", True),
        ("sender", "421 4.7.0 too many", "the mail server refuses our address as sender (421 4.7.0)", True),
        ("greeting", "554 no service for you", "the mail server turns us away (554)", False),
        ("greeting", "421 4.3.2 too many connections", "the mail server turns us away (421 4.3.2)", True),
        ("recipient", "421 4.7.0 too many mails", "the mail server turns us away (421 4.7.0)", True),
        ("data", "421 4.3.2 closing", "the mail server turns us away (421 4.3.2)", True),
    ],
)
async def test_a_refusal_of_the_vendor_costs_no_attempt_and_pauses(
    harness: Harness, client: RequestClient, smtp: MailServer, place: str, answer: str, reason: str, heals: bool
) -> None:
    people = [reader("paused") for _ in range(6)]
    await insert_readers(harness, people)
    answers = {person.email: answer for person in people}
    smtp.greeting = answer if place == "greeting" else ""
    smtp.at_sender = answer if place == "sender" else ""
    smtp.at_recipient = answers if place == "recipient" else {}
    smtp.answers = answers if place == "data" else {}
    campaign_id = await start_campaign(client)
    campaign = await paused(client, campaign_id)
    assert (campaign.reason, campaign.resumes_at is not None) == (reason, heals)
    assert await attempts(harness, campaign_id) == [("queued", 0)] * 6
    await check_everybody_stays(harness, people)

    smtp.greeting, smtp.at_sender, smtp.at_recipient, smtp.answers = "", "", {}, {}
    await client.request(marketing.StartCampaign(campaign_id=campaign_id))
    done = await finished(client, campaign_id)
    assert (done.sent, done.reason, done.resumes_at) == (6, "", None)
    assert [len(smtp.mails_to(person.email)) for person in people] == [1] * 6


@pytest.mark.parametrize(
    "answer", ["550 5.7.1 blocked", "550 5.7.26 not authenticated", "554 5.7.0 policy", "550 relaying denied"]
)
async def test_a_policy_pauses_and_the_same_mail_does_not_pause_again(
    harness: Harness, client: RequestClient, smtp: MailServer, resources: dict[str, Resources], answer: str
) -> None:
    odd = reader("policy")
    await insert_readers(harness, [odd])
    smtp.at_recipient = {odd.email: answer}
    campaign_id = await start_campaign(client)
    assert "by a policy" in (await paused(client, campaign_id)).reason
    assert await attempts(harness, campaign_id) == [("queued", 1)]
    async with harness.superuser("marketing") as database:
        await database.execute("UPDATE mailing SET due_at = now()")
    await client.request(marketing.StartCampaign(campaign_id=campaign_id))
    await eventually(lambda: tried_twice(harness, campaign_id))
    assert not (await client.request(marketing.ReadCampaign(campaign_id=campaign_id))).paused
    await check_everybody_stays(harness, [odd])


async def tried_twice(harness: Harness, campaign_id: UUID) -> bool:
    return await attempts(harness, campaign_id) == [("queued", 2)]


async def test_a_pause_for_a_while_ends_by_itself(
    harness: Harness, client: RequestClient, smtp: MailServer, resources: dict[str, Resources]
) -> None:
    await insert_readers(harness, [reader("healed")])
    smtp.greeting = "421 later"
    (before,) = await rows(harness, "SELECT now() AS at")
    campaign_id = await start_campaign(client)
    campaign = await paused(client, campaign_id)
    smtp.greeting = ""
    async with harness.superuser("marketing") as database:
        waits = """SELECT resumes_at - interval '60 seconds' BETWEEN $2 AND now() FROM campaign
          WHERE campaign_id = $1"""
        assert await database.fetchval(waits, campaign_id, before["at"])
        await database.execute("UPDATE campaign SET resumes_at = now() WHERE campaign_id = $1", campaign.campaign_id)
    assert (await finished(client, campaign_id)).sent == 1
    (row,) = await rows(harness, "SELECT pauses FROM campaign WHERE campaign_id = $1", campaign_id)
    assert row["pauses"] == 0


async def test_a_paused_campaign_holds_up_no_other(harness: Harness, client: RequestClient, smtp: MailServer) -> None:
    await insert_readers(harness, [reader("held") for _ in range(3)])
    smtp.greeting = "554 no"
    waiting = await start_campaign(client)
    await paused(client, waiting)
    smtp.greeting = ""
    assert (await finished(client, await start_campaign(client))).sent == 3
    assert (await client.request(marketing.ReadCampaign(campaign_id=waiting))).queued == 3


async def test_staff_end_a_campaign_and_nothing_of_it_leaves(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    people = [reader("ended") for _ in range(3)]
    await insert_readers(harness, people)
    smtp.greeting = "554 no"
    campaign_id = await start_campaign(client)
    await paused(client, campaign_id)
    smtp.greeting = ""
    for _ in range(2):
        await client.request(marketing.CancelCampaign(campaign_id=campaign_id))
    await client.request(marketing.StartCampaign(campaign_id=campaign_id))
    campaign = await client.request(marketing.ReadCampaign(campaign_id=campaign_id))
    assert (campaign.ended_early, campaign.cancelled, campaign.queued, campaign.reason) == (True, 3, 0, "")
    assert (await finished(client, await start_campaign(client))).sent == 3
    assert [len(smtp.mails_to(person.email)) for person in people] == [1] * 3
    assert (await refusal(client, marketing.CancelCampaign(campaign_id=uuid4())))[0] == 404


async def test_a_mail_under_way_when_its_campaign_ends_is_not_queued_again(
    harness: Harness, client: RequestClient, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is ended as soon as the mail server has the mail, and is a while in thinking."""
    person = reader("underway")
    await insert_readers(harness, [person])
    campaign_id = (await client.request(marketing.CreateCampaign(subject="News", text="News"))).id
    ending: list[asyncio.Task[Done]] = []

    def end(_to: str) -> None:
        ending.append(asyncio.ensure_future(client.request(marketing.CancelCampaign(campaign_id=campaign_id))))

    monkeypatch.setattr(smtp, "on_mail", end)
    monkeypatch.setattr(smtp, "delay_s", 0.3)
    monkeypatch.setattr(smtp, "answers", {person.email: "451 4.2.0 later"})
    await client.request(marketing.StartCampaign(campaign_id=campaign_id))
    await eventually(lambda: settled(harness, campaign_id))
    await asyncio.gather(*ending)
    campaign = await client.request(marketing.ReadCampaign(campaign_id=campaign_id))
    assert (campaign.ended_early, campaign.cancelled, campaign.queued) == (True, 1, 0)


async def settled(harness: Harness, campaign_id: UUID) -> bool:
    return [state for state, _ in await attempts(harness, campaign_id)] == ["cancelled"]
