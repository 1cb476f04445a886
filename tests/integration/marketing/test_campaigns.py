"""Campaigns: at most once, only to whom it is allowed at that moment, and honest about what is not known."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from deploy.population.marketing import Reader
from services.identity.app import SERVICE as IDENTITY
from services.marketing.app import SERVICE as MARKETING
from services.marketing.campaigns import mailings
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import marketing
from shared.contracts.privacy import KnownPermission
from shared.mail import delivery
from shared.messaging.request_client import RequestClient
from shared.personal_data import permissions
from shared.purposes import Purpose
from shared.service import Resources
from tests import harness as harnesses
from tests.harness import Harness, eventually
from tests.integration.marketing.driver import (
    finished,
    hash_of,
    insert_readers,
    reader,
    refusal,
    rows,
    start_campaign,
    unsubscribe_token,
)
from tests.mail_server import MailServer

EVERYTHING = "*"
EMAIL = Purpose.MARKETING_EMAIL


@pytest.fixture(autouse=True)
async def only_this_tests_readers(harness: Harness) -> None:
    async with harness.superuser("marketing") as database:
        await database.execute("DELETE FROM mailing; DELETE FROM subscriber; DELETE FROM interest")


async def decide(resources: dict[str, Resources], person: object, purpose: str, *, allowed: bool) -> None:
    """What privacy decided arrives in marketing."""
    async with resources["marketing"].database.transaction(Purpose.RIGHTS) as tx:
        decision = {"subject_id": person, "purpose": purpose, "allowed": allowed, "version": 1000}
        assert await permissions.apply(tx, [KnownPermission.model_validate(decision)])


async def insert_planned(database: Any, campaign_id: UUID, people: Sequence[Reader]) -> None:
    """A campaign with a mailing for each of them, about to be sent."""
    await database.execute(
        "INSERT INTO campaign (campaign_id, subject, body, language, topic, state, planned, started_at)"
        " VALUES ($1, 'News', 'News', '', '', 'sending', true, now())",
        campaign_id,
    )
    await database.execute(
        "INSERT INTO mailing (campaign_id, subject_id, keep_until) SELECT $1, unnest($2::uuid[]), 'infinity'",
        campaign_id,
        [p.subject_id for p in people],
    )


async def queued(harness: Harness, client: RequestClient, fields: dict[str, str] | None = None) -> marketing.Campaign:
    """A campaign that is finished."""
    return await finished(client, await start_campaign(client, **(fields or {})))


async def test_everybody_who_allows_gets_one_mail_and_it_is_disclosed(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    people = [reader("many") for _ in range(40)]
    others = [reader("not", allows=False) for _ in range(5)]
    await insert_readers(harness, [*people, *others])
    campaign = await queued(harness, client)
    assert (campaign.sent, campaign.cancelled, campaign.refused, campaign.unknown) == (40, 0, 0, 0)
    assert [len(smtp.mails_to(p.email)) for p in people] == [1] * 40
    assert [len(smtp.mails_to(p.email)) for p in others] == [0] * 5

    async def disclosed() -> bool:
        disclosures = await rows(
            harness,
            "SELECT subject_id, recipient, categories FROM disclosure WHERE subject_id = ANY ($1)",
            [p.subject_id for p in people],
            service="privacy",
        )
        assert all(row["recipient"] == "mail provider 127.0.0.1" for row in disclosures)
        return sorted(row["subject_id"] for row in disclosures) == sorted(p.subject_id for p in people)

    await eventually(disclosed)


async def test_each_mail_names_recipient_and_list_in_its_one_click_headers(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    people = [reader("header"), reader("header")]
    await insert_readers(harness, people)
    await queued(harness, client, {"subject": "Zażółć", "text": "Gęślą jaźń."})
    tokens = []
    for person in people:
        to, token = person.email, unsubscribe_token(harness, person.subject_id, person.email)
        (mail,) = smtp.mails_to(to)
        assert (mail["Subject"], mail["To"]) == ("Zażółć", to)
        assert mail.get_content().startswith("Gęślą jaźń.")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert f"\r\nList-Unsubscribe: <http://127.0.0.1:8080/newsletter/unsubscribe/{token}>\r\n" in smtp.raw[to]
        assert mail["List-Id"] == "<newsletter.lethe.example>"
        tokens.append(mail["List-Unsubscribe"])
    assert tokens[0] != tokens[1]


@pytest.mark.parametrize("purpose", [EMAIL, EVERYTHING, "suppression"])
async def test_who_is_blocked_after_the_planning_is_cancelled(
    harness: Harness, client: RequestClient, smtp: MailServer, resources: dict[str, Resources], purpose: str
) -> None:
    people = [reader("first"), reader("blocked")]
    await insert_readers(harness, people)
    campaign_id = uuid4()
    async with harness.superuser("marketing") as database:
        if purpose == "suppression":
            hashed = hash_of(harness, people[1].email)
            await database.execute("INSERT INTO suppression VALUES ($1, 'objected')", hashed)
        else:
            await decide(resources, people[1].subject_id, purpose, allowed=False)
        async with database.transaction():
            await insert_planned(database, campaign_id, people)
    campaign = await finished(client, campaign_id)
    assert (campaign.sent, campaign.cancelled) == (1, 1)
    assert [len(smtp.mails_to(p.email)) for p in people] == [1, 0]


async def test_a_claim_takes_one_mail_however_postgresql_plans_it(harness: Harness) -> None:
    people = [reader("claimed") for _ in range(3)]
    await insert_readers(harness, people)
    async with harness.superuser("marketing") as database:
        await database.execute("DELETE FROM mailing WHERE ctid <> (SELECT min(ctid) FROM mailing)")
        await database.execute("VACUUM ANALYZE mailing")  # one row, it believes: what is claimed is the inner side
        transaction = database.transaction()
        await transaction.start()  # never committed: the campaigns' own loop must not see it
        await insert_planned(database, uuid4(), people)
        assert len(await database.fetch(mailings.CLAIM)) == 1
        assert await database.fetchval("SELECT count(*) FROM mailing WHERE state = 'sending'") == 1
        await transaction.rollback()


async def test_planning_sees_nobody_restricted_suppressed_or_of_another_language(
    harness: Harness, client: RequestClient, smtp: MailServer, resources: dict[str, Resources]
) -> None:
    reached, restricted, suppressed = reader("reached"), reader("restricted"), reader("suppressed")
    await insert_readers(harness, [reached, restricted, suppressed])
    await decide(resources, restricted.subject_id, EVERYTHING, allowed=False)
    async with harness.superuser("marketing") as database:
        hashed = hash_of(harness, suppressed.email.upper())  # one mailbox, whatever the spelling
        await database.execute("INSERT INTO suppression VALUES ($1, 'objected')", hashed)
    campaign = await queued(harness, client)
    assert (campaign.sent, campaign.cancelled) == (1, 0)
    assert (await queued(harness, client, {"language": "en"})).sent == 0
    assert [len(smtp.mails_to(p.email)) for p in (reached, restricted, suppressed)] == [1, 0, 0]


async def test_a_topic_reaches_those_interested_who_did_not_object_to_profiling(
    harness: Harness, client: RequestClient, smtp: MailServer, resources: dict[str, Resources]
) -> None:
    interested, indifferent, objector = reader("interested"), reader("indifferent"), reader("profiled")
    await insert_readers(harness, [interested, indifferent, objector])
    await client.request(marketing.NoteInterest(subject_id=interested.subject_id, topic="backups"))
    await client.request(marketing.NoteInterest(subject_id=objector.subject_id, topic="backups"))
    await decide(resources, objector.subject_id, Purpose.PROFILING, allowed=False)
    assert (await queued(harness, client, {"topic": "backups"})).sent == 1
    assert [len(smtp.mails_to(p.email)) for p in (interested, indifferent, objector)] == [1, 0, 0]
    for purpose, sees in ((Purpose.PROFILING, 1), (Purpose.RIGHTS, 2)):
        async with resources["marketing"].database.transaction(purpose) as tx:
            assert await tx.value("SELECT count(*) FROM interest WHERE topic = 'backups'") == sees


async def test_without_a_purpose_and_for_other_channels_nobody_is_visible(
    harness: Harness, resources: dict[str, Resources]
) -> None:
    people = [reader("seen"), reader("seen")]
    await insert_readers(harness, people)
    count = (  # of these: the audience's loop stores others meanwhile
        "SELECT (SELECT count(*) FROM subscriber WHERE subject_id = ANY ($1))"
        " + (SELECT count(*) FROM mailing WHERE subject_id = ANY ($1))"
        " + (SELECT count(*) FROM interest WHERE subject_id = ANY ($1))"
    )
    ids = [person.subject_id for person in people]
    seen = {}
    for purpose in (EMAIL, Purpose.MARKETING_SMS, Purpose.MARKETING_PHONE):
        async with resources["marketing"].database.transaction(purpose) as tx:
            seen[purpose] = await tx.value(count, ids)
    assert seen == {EMAIL: 2 + 4 + 4, Purpose.MARKETING_SMS: 0, Purpose.MARKETING_PHONE: 0}
    assert await resources["marketing"].database.pool.fetchval(count, ids) == 0


async def test_an_unknown_outcome_is_reported_and_not_sent_again(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    cut, fine = reader("cut"), reader("fine")
    await insert_readers(harness, [cut, fine])
    smtp.hang_up_on.add(cut.email)
    campaign = await queued(harness, client)
    assert (campaign.sent, campaign.unknown) == (1, 1)
    assert len(smtp.mails_to(cut.email)) == 1
    mailing_rows = await rows(
        harness,
        "SELECT state FROM mailing WHERE campaign_id = $1 AND subject_id = $2",
        campaign.campaign_id,
        cut.subject_id,
    )
    assert mailing_rows == [{"state": "unknown"}]


async def test_a_dialogue_that_takes_too_long_is_unknown_and_not_sent_again(
    harness: Harness, client: RequestClient, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = reader("slow")
    await insert_readers(harness, [slow])
    monkeypatch.setattr(delivery, "DIALOGUE_LIMIT_S", 0.2)
    # An answer that comes while a busy loop has not looked at the limit yet counts, and rightly: it was sent.
    monkeypatch.setattr(smtp, "delay_s", 60.0)
    campaign = await queued(harness, client)
    assert (campaign.sent, campaign.unknown) == (0, 1)


async def test_what_a_crash_left_undecided_becomes_unknown(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    person = reader("crashed")
    await insert_readers(harness, [person])
    campaign_id = uuid4()
    # a process died between its claim and its commit; both rows at once, or the loop finishes a campaign without mails
    async with harness.superuser("marketing") as database, database.transaction():
        await database.execute(
            "INSERT INTO campaign (campaign_id, subject, body, language, topic, state, planned, started_at)"
            " VALUES ($1, 'News', 'News', '', '', 'sending', true, now())",
            campaign_id,
        )
        await database.execute(
            "INSERT INTO mailing (campaign_id, subject_id, state, claimed_at, keep_until)"
            " VALUES ($1, $2, 'sending', now() - interval '3 minutes', 'infinity')",
            campaign_id,
            person.subject_id,
        )
    campaign = await finished(client, campaign_id)
    assert (campaign.sent, campaign.unknown) == (0, 1)
    assert smtp.mails_to(person.email) == []


async def test_a_database_lost_during_the_dialogue_sends_nothing_twice(
    harness: Harness, client: RequestClient, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = reader("lost")
    await insert_readers(harness, [person])
    place = f"{harness.servers.postgres_admin_url.rpartition('/')[0]}/marketing_{harness.name}"

    def cut_connections(_to: str) -> None:
        """All are gone before the mail server answers: it waits, as everything in this process does."""
        with psycopg.connect(place, autocommit=True) as database:
            database.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    monkeypatch.setattr(smtp, "on_mail", cut_connections)
    campaign_id = await start_campaign(client)
    await eventually(lambda: len(smtp.mails_to(person.email)) == 1)
    monkeypatch.undo()
    mailing_rows = await rows(harness, "SELECT state FROM mailing WHERE campaign_id = $1", campaign_id)
    assert mailing_rows == [{"state": "sending"}]
    async with harness.superuser("marketing") as database:  # time passes
        await database.execute("UPDATE mailing SET claimed_at = claimed_at - interval '2 minutes'")
    campaign = await finished(client, campaign_id)
    assert (campaign.sent, campaign.unknown) == (0, 1)
    assert len(smtp.mails_to(person.email)) == 1


async def test_a_mailbox_that_is_gone_is_written_to_only_once(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    gone = reader("gone")
    await insert_readers(harness, [gone])
    smtp.answers[gone.email] = "550 5.1.1 no such user"
    campaign = await queued(harness, client)
    assert (campaign.sent, campaign.refused) == (0, 1)
    left = await rows(harness, "SELECT state, email FROM subscriber WHERE subject_id = $1", gone.subject_id)
    assert left == [{"state": "unreachable", "email": None}]
    assert (await queued(harness, client)).refused == 0


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.7.1 blocked",
        "550 5.7.26 not authenticated",
        "552 5.2.2 mailbox full",
        "554 5.7.0 policy",
        "550 5.4.1 no way",
        "550 relaying denied",
    ],
)
async def test_a_refusal_that_is_about_us_costs_no_reader(
    harness: Harness, client: RequestClient, smtp: MailServer, answer: str
) -> None:
    blocked = reader("policy")
    await insert_readers(harness, [blocked])
    smtp.answers[blocked.email] = answer
    campaign_id = await start_campaign(client)
    waiting = "SELECT true FROM mailing WHERE campaign_id = $1 AND state = 'queued' AND attempts = 1 AND due_at > now()"
    await eventually(lambda: rows(harness, waiting, campaign_id))
    await check_stays(harness, blocked)


async def check_stays(harness: Harness, person: Reader) -> None:
    left = await rows(harness, "SELECT state, email FROM subscriber WHERE subject_id = $1", person.subject_id)
    assert left == [{"state": "subscribed", "email": person.email}]


@pytest.mark.parametrize("answer", ["550 no", "551 try elsewhere", "553 not allowed", "554 5.6.0 spam?"])
async def test_a_refusal_that_says_little_costs_one_mail(
    harness: Harness, client: RequestClient, smtp: MailServer, answer: str
) -> None:
    refused = reader("bare")
    await insert_readers(harness, [refused])
    smtp.answers[refused.email] = answer
    assert (await queued(harness, client)).refused == 1
    await check_stays(harness, refused)


async def test_a_temporary_refusal_is_tried_again_later(
    harness: Harness, client: RequestClient, smtp: MailServer, resources: dict[str, Resources]
) -> None:
    busy = reader("busy")
    await insert_readers(harness, [busy])
    smtp.answers[busy.email] = "451 4.7.1 come back later"
    campaign_id = await start_campaign(client)

    async def postponed() -> bool:
        mailing_rows = await rows(
            harness,
            "SELECT attempts FROM mailing WHERE campaign_id = $1 AND state = 'queued'"
            " AND due_at > claimed_at + interval '50 seconds'",
            campaign_id,
        )
        return mailing_rows == [{"attempts": 1}]

    await eventually(postponed)
    del smtp.answers[busy.email]
    async with harness.superuser("marketing") as database:
        await database.execute("UPDATE mailing SET due_at = now() WHERE campaign_id = $1", campaign_id)
    resources["marketing"].database.signals["campaigns"].set()
    assert (await finished(client, campaign_id)).sent == 1
    assert len(smtp.mails_to(busy.email)) == 1


async def test_a_mail_server_that_is_away_loses_nothing(
    harness: Harness, client: RequestClient, smtp: MailServer, resources: dict[str, Resources]
) -> None:
    people = [reader("patient") for _ in range(8)]
    await insert_readers(harness, people)
    async with AsyncExitStack() as stack:
        absent = await harnesses.build(
            harness.servers, [MARKETING, IDENTITY, PRIVACY], settings={"smtp_url": "smtp://127.0.0.1:9"}
        )
        stack.push_async_callback(harnesses.tear_down, absent)
        await insert_readers(absent, people)
        async with absent.serve(PRIVACY, MARKETING), absent.asking() as asking:
            campaign_id = await start_campaign(asking)

            async def tried() -> bool:
                mailing_rows = await rows(
                    absent, "SELECT state, attempts, claimed_at FROM mailing WHERE campaign_id = $1", campaign_id
                )
                return any(row["claimed_at"] for row in mailing_rows) and {
                    (r["state"], r["attempts"]) for r in mailing_rows
                } == {("queued", 0)}

            await eventually(tried)
        absent.settings["smtp_url"] = smtp.url
        async with absent.serve(PRIVACY, MARKETING), absent.asking() as asking:
            assert (await finished(asking, campaign_id)).sent == 8
    assert [len(smtp.mails_to(p.email)) for p in people] == [1] * 8


async def test_starting_twice_is_one_campaign_and_unknown_ones_are_refused(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    person = reader("twice")
    await insert_readers(harness, [person])
    created = await client.request(marketing.CreateCampaign(subject="News", text="News"))
    draft = await client.request(marketing.ReadCampaign(campaign_id=created.id))
    assert (draft.state, draft.started_at) == ("draft", None)
    await asyncio.gather(*(client.request(marketing.StartCampaign(campaign_id=created.id)) for _ in range(4)))
    await finished(client, created.id)
    await client.request(marketing.StartCampaign(campaign_id=created.id))
    assert (await client.request(marketing.ReadCampaign(campaign_id=created.id))).state == "finished"
    assert len(smtp.mails_to(person.email)) == 1
    newest = (await client.request(marketing.ReadCampaigns(limit=1))).campaigns
    assert [campaign.campaign_id for campaign in newest] == [created.id]
    for request in (marketing.StartCampaign(campaign_id=uuid4()), marketing.ReadCampaign(campaign_id=uuid4())):
        assert (await refusal(client, request))[0] == 404
