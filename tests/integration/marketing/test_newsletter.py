"""The newsletter: double opt-in into a real mailbox, leaving by one click, and the way back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from deploy.local.mailbox import messages_for
from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.marketing.app import SERVICE as MARKETING
from services.marketing.data_map import DATA_MAP
from services.marketing.reader_expiry import ASKED
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import identity, marketing, privacy
from shared.contracts.fields import Language
from shared.messaging.request_client import RequestClient
from shared.personal_data.schema_check import gaps
from shared.purposes import Purpose
from shared.service import Resources
from tests import harness as harnesses
from tests.harness import Harness, eventually
from tests.integration.marketing.driver import (
    allowed,
    expire,
    finished,
    hash_of,
    insert_readers,
    open_account,
    reader,
    refusal,
    rows,
    start_campaign,
    unsubscribe_token,
)

EMAIL = Purpose.MARKETING_EMAIL


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    module_harness = await harnesses.build(
        servers, [MARKETING, IDENTITY, PRIVACY], settings={"mails_per_second": 1000, "resend_after_s": 0}
    )
    yield module_harness
    await harnesses.tear_down(module_harness)


def an_address(name: str) -> str:
    return f"{name}.{uuid4().hex[:12]}@example.com"


async def mails(harness: Harness, address: str, count: int = 1) -> list[EmailMessage]:
    """The mails that reached an address, once there are so many."""
    folder = harness.servers.mailbox_folder
    assert folder is not None

    async def arrived() -> list[EmailMessage]:
        messages = await asyncio.to_thread(messages_for, folder, address)
        return messages if len(messages) >= count else []

    letters: list[EmailMessage] = await eventually(arrived)
    return letters


def token_of(mail: EmailMessage) -> str:
    line = next(line for line in mail.get_content().splitlines() if "/newsletter/confirmations" in line)
    token: str = parse_qs(urlsplit(line).query)["token"][0]
    return token


async def entered(harness: Harness, client: RequestClient, address: str, language: Language = "pl") -> str:
    """The token that was mailed to an address after it was entered."""
    await client.request(marketing.SubscribeNewsletter(email=address, language=language, text_version="T-7"))
    return token_of((await mails(harness, address))[-1])


async def subscribed(harness: Harness, client: RequestClient, address: str) -> UUID:
    """A subscriber who confirmed and whom privacy's ledger allows to be written to."""
    await client.request(marketing.ConfirmSubscription(token=await entered(harness, client, address)))
    subscribers = await rows(harness, "SELECT subject_id FROM subscriber WHERE email = $1", address)
    person: UUID = subscribers[0]["subject_id"]
    await eventually(lambda: allowed(harness, person, EMAIL))
    return person


async def test_the_data_map_covers_the_schema(resources: dict[str, Resources]) -> None:
    async with resources["marketing"].database.transaction(Purpose.UPKEEP) as tx:
        assert await gaps(tx, DATA_MAP) == []


async def test_double_opt_in_makes_a_subscriber_with_a_proved_consent(harness: Harness, client: RequestClient) -> None:
    address = an_address("anna")
    token = await entered(harness, client, address)
    assert await rows(harness, "SELECT FROM subscriber WHERE email = $1", address) == []
    mail = (await mails(harness, address))[0]
    assert "newsletter NanoMedia" in mail.get_content()  # the words agreed to
    assert mail["List-Unsubscribe"] is None  # it is no advertisement

    await client.request(marketing.ConfirmSubscription(token=token))
    person = (await client.request(identity.RecognizePerson(email=address))).subject_id
    assert await rows(harness, "SELECT email, state, source FROM subscriber WHERE subject_id = $1", person) == [
        {"email": address, "state": "subscribed", "source": "double opt-in"}
    ]
    await eventually(lambda: allowed(harness, person, EMAIL))
    consents = (await client.request(privacy.ReadConsents(subject_id=person))).consents
    assert [(c.purpose, c.given, c.text_version, c.surface) for c in consents] == [(EMAIL, True, "T-7", "newsletter")]


async def test_what_waits_for_confirmation_is_unreadable_without_the_key(
    harness: Harness, client: RequestClient
) -> None:
    address = an_address("hidden")
    await entered(harness, client, address)
    held = await rows(harness, "SELECT * FROM signup WHERE address_hash = $1", hash_of(harness, address))
    assert len(held) == 1
    assert address not in repr(held)
    assert address.encode() not in held[0]["sealed_address"]


async def test_confirming_twice_or_at_once_is_one_subscription(harness: Harness, client: RequestClient) -> None:
    address = an_address("double")
    token = await entered(harness, client, address)
    confirming = marketing.ConfirmSubscription(token=token)
    await asyncio.gather(*(client.request(confirming) for _ in range(5)))
    await client.request(confirming)
    person = (await client.request(identity.RecognizePerson(email=address))).subject_id
    await eventually(lambda: allowed(harness, person, EMAIL))
    ledger = await rows(harness, "SELECT given FROM consent WHERE subject_id = $1", person, service="privacy")
    assert ledger == [{"given": True}]
    left = await rows(harness, "SELECT FROM signup WHERE address_hash = $1", hash_of(harness, address))
    assert left == []


async def test_known_and_unknown_addresses_are_answered_alike(harness: Harness, client: RequestClient) -> None:
    known = an_address("known")
    await subscribed(harness, client, known)
    answers = [
        await client.request(marketing.SubscribeNewsletter(email=email, text_version="T-7"))
        for email in (known, an_address("unknown"))
    ]
    assert answers[0] == answers[1]


async def test_entering_again_mails_again_but_not_without_end(harness: Harness, client: RequestClient) -> None:
    address = an_address("again")
    for mailed in (1, 2, 3):
        await client.request(marketing.SubscribeNewsletter(email=address, text_version="T-7"))
        await mails(harness, address, mailed)

        async def marked(mailed: int = mailed) -> bool:
            hashed = hash_of(harness, address)
            signups = await rows(harness, "SELECT mails FROM signup WHERE address_hash = $1", hashed)
            return signups == [{"mails": mailed}]

        await eventually(marked)
    await client.request(marketing.SubscribeNewsletter(email=address, text_version="T-7"))
    hashed = hash_of(harness, address)
    due = await rows(harness, "SELECT mail_due_at FROM signup WHERE address_hash = $1", hashed)
    assert due == [{"mail_due_at": None}]
    received = await mails(harness, address)
    assert len({mail["Message-ID"] for mail in received}) == 3
    assert len({token_of(mail) for mail in received}) == 1


async def test_words_that_are_not_in_force_are_refused(client: RequestClient) -> None:
    request = marketing.SubscribeNewsletter(email=an_address("words"), text_version="T-99")
    assert await refusal(client, request) == (422, ["text_version"])


async def test_links_that_are_not_ours_do_nothing(harness: Harness, client: RequestClient) -> None:
    stranger = reader("stranger")
    forged = unsubscribe_token(harness, stranger.subject_id)[:-4] + "AAAA"
    for token in (forged, "x" * 43, "ż" * 43):
        assert (await refusal(client, marketing.Unsubscribe(token=token)))[0] == 404
        assert (await refusal(client, marketing.ReadUnsubscribe(token=token)))[0] == 404
        assert (await refusal(client, marketing.ConfirmSubscription(token=token)))[0] == 404
    # a link of one kind is none of the other
    assert (
        await refusal(client, marketing.ConfirmSubscription(token=unsubscribe_token(harness, stranger.subject_id)))
    )[0] == 404


async def test_a_sign_up_ends_after_48_hours(
    harness: Harness, client: RequestClient, resources: dict[str, Resources]
) -> None:
    address = an_address("late")
    token = await entered(harness, client, address)
    hashed = hash_of(harness, address)
    async with harness.superuser("marketing") as database:
        await database.execute(
            "UPDATE signup SET entered_at = now() - interval '48 hours 1 second' WHERE address_hash = $1", hashed
        )
    assert (await refusal(client, marketing.ConfirmSubscription(token=token)))[0] == 404
    await client.request(marketing.SubscribeNewsletter(email=address, text_version="T-7"))  # starts afresh
    fresh = token_of((await mails(harness, address, 2))[-1])
    assert fresh != token
    async with harness.superuser("marketing") as database:
        await database.execute(
            "UPDATE signup SET entered_at = now() - interval '48 hours 1 second' WHERE address_hash = $1", hashed
        )
    await expire(resources["marketing"].database)
    assert await rows(harness, "SELECT FROM signup WHERE address_hash = $1", hashed) == []


async def test_leaving_works_at_once_and_reaches_the_ledger(harness: Harness, client: RequestClient) -> None:
    address = an_address("leaver")
    person = await subscribed(harness, client, address)
    campaign_id = await start_campaign(client)
    await finished(client, campaign_id)
    newsletter = (await mails(harness, address, 2))[-1]
    link = newsletter["List-Unsubscribe"].strip(" <>")
    assert newsletter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in newsletter.get_content()
    token = link.rpartition("/")[2]

    looked_at = await client.request(marketing.ReadUnsubscribe(token=token))
    assert (looked_at.list_name, looked_at.subscribed) == ("newsletter", True)
    assert await allowed(harness, person, EMAIL) is True  # looking changes nothing

    await client.request(marketing.Unsubscribe(token=token))
    assert await allowed(harness, person, EMAIL) is False
    assert (await client.request(marketing.ReadUnsubscribe(token=token))).subscribed is False
    await client.request(marketing.Unsubscribe(token=token))

    async def withdrawn() -> bool:
        return await allowed(harness, person, EMAIL, "privacy") is False

    await eventually(withdrawn)
    ledger = await rows(
        harness,
        "SELECT given, text_version, method FROM consent WHERE subject_id = $1 ORDER BY version",
        person,
        service="privacy",
    )
    assert [(row["given"], row["text_version"]) for row in ledger] == [(True, "T-7"), (False, "T-7")]
    assert ledger[-1]["method"] == "unsubscribe link"
    left = await rows(harness, "SELECT email, state FROM subscriber WHERE subject_id = $1", person)
    assert left == [{"email": None, "state": "left"}]
    assert await rows(harness, "SELECT FROM mailing WHERE subject_id = $1", person) == []


async def test_objecting_by_the_link_ends_the_profiling_and_is_remembered(
    harness: Harness, client: RequestClient
) -> None:
    address = an_address("objector")
    person = await subscribed(harness, client, address)
    await client.request(marketing.NoteInterest(subject_id=person, topic="seo"))
    token = unsubscribe_token(harness, person)
    await client.request(marketing.Unsubscribe(token=token, objects=True))
    assert await rows(harness, "SELECT FROM interest WHERE subject_id = $1", person) == []
    assert (await refusal(client, marketing.NoteInterest(subject_id=person, topic="seo")))[0] == 403
    suppressed = "SELECT reason FROM suppression WHERE address_hash = $1"
    hashed = hash_of(harness, address)
    assert await rows(harness, suppressed, hashed) == [{"reason": "objected"}]

    async def in_the_ledger() -> bool:
        return await allowed(harness, person, Purpose.MARKETING, "privacy") is False

    await eventually(in_the_ledger)
    # only a new double opt-in lifts it, and for e-mail alone
    await client.request(marketing.ConfirmSubscription(token=token_of(await _second_entry(harness, client, address))))
    assert await rows(harness, suppressed, hashed) == []

    async def allowed_again() -> bool:
        return await allowed(harness, person, EMAIL) is True

    await eventually(allowed_again)
    assert await allowed(harness, person, Purpose.PROFILING) is False
    campaign = await finished(client, await start_campaign(client))
    assert campaign.sent >= 1
    assert len(await mails(harness, address, 3)) == 3


async def _second_entry(harness: Harness, client: RequestClient, address: str) -> EmailMessage:
    await client.request(marketing.SubscribeNewsletter(email=address, text_version="T-7"))
    return (await mails(harness, address, 2))[-1]


async def test_a_consent_given_in_the_panel_brings_the_address(
    harness: Harness, client: RequestClient, resources: dict[str, Resources]
) -> None:
    member = reader("member")
    await open_account(harness, member)
    await client.request(
        privacy.ChooseConsent(
            subject_id=member.subject_id,
            purpose=EMAIL,
            given=True,
            text_version="T-1",
            surface="panel",
            method="box ticked",
        )
    )

    async def known() -> bool:
        resources["marketing"].database.signals["audience"].set()
        subscribers = await rows(
            harness, "SELECT email, source FROM subscriber WHERE subject_id = $1", member.subject_id
        )
        return subscribers == [{"email": member.email, "source": "account"}]

    await eventually(known)
    # left by the link, then allowed again in the panel
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(harness, member.subject_id)))

    async def withdrawn() -> bool:
        return await allowed(harness, member.subject_id, EMAIL, "privacy") is False

    await eventually(withdrawn)
    await client.request(
        privacy.ChooseConsent(
            subject_id=member.subject_id,
            purpose=EMAIL,
            given=True,
            text_version="T-7",
            surface="panel",
            method="box ticked",
        )
    )
    await eventually(known)


async def test_an_older_consent_still_under_way_does_not_undo_the_leaving(
    harness: Harness, client: RequestClient, resources: dict[str, Resources]
) -> None:
    person = reader("overtaken")
    await insert_readers(harness, [person])
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(harness, person.subject_id)))
    async with resources["privacy"].database.transaction(Purpose.RIGHTS) as tx:  # as if the relay had been slow
        tx.publish(privacy.PermissionChanged(subject_id=person.subject_id, purpose=EMAIL, allowed=True, version=9**9))
    await eventually(lambda: allowed(harness, person.subject_id, EMAIL))
    resources["marketing"].database.signals["audience"].set()
    campaign = await finished(client, await start_campaign(client))
    assert (
        await rows(
            harness,
            "SELECT FROM mailing WHERE campaign_id = $1 AND subject_id = $2",
            campaign.campaign_id,
            person.subject_id,
        )
        == []
    )
    assert await rows(harness, "SELECT state FROM subscriber WHERE subject_id = $1", person.subject_id) == [
        {"state": "left"}
    ]


async def test_an_objection_in_the_panel_is_remembered_for_people_without_newsletter(
    harness: Harness, client: RequestClient, resources: dict[str, Resources]
) -> None:
    member = reader("never")
    await open_account(harness, member)
    await client.request(marketing.NoteInterest(subject_id=member.subject_id, topic="servers"))
    await client.request(
        privacy.ChooseConsent(
            subject_id=member.subject_id,
            purpose=Purpose.MARKETING,
            given=False,
            text_version="T-6",
            surface="panel",
            method="button",
        )
    )

    async def remembered() -> bool:
        resources["marketing"].database.signals["audience"].set()
        subscribers = await rows(
            harness, "SELECT state, email, address_hash FROM subscriber WHERE subject_id = $1", member.subject_id
        )
        hashed = hash_of(harness, member.email)
        interests = await rows(harness, "SELECT FROM interest WHERE subject_id = $1", member.subject_id)
        return (subscribers, interests) == ([{"state": "left", "email": None, "address_hash": hashed}], [])

    await eventually(remembered)


async def test_a_corrected_language_reaches_the_copy(
    harness: Harness, client: RequestClient, resources: dict[str, Resources]
) -> None:
    member = reader("corrected")
    await insert_readers(harness, [member])
    await open_account(harness, member)
    await client.request(identity.ChangeProfile(subject_id=member.subject_id, language="en"))

    async def followed() -> bool:
        subscribers = await rows(
            harness, "SELECT language, stale FROM subscriber WHERE subject_id = $1", member.subject_id
        )
        return subscribers == [{"language": "en", "stale": False}]

    await eventually(followed)


@pytest.mark.parametrize("way", ["objected by a link", "erased after leaving", "objected, and spelled otherwise"])
async def test_who_does_not_want_mail_is_asked_once_whoever_enters_the_address(
    harness: Harness, client: RequestClient, way: str
) -> None:
    address = an_address("objector")
    async with harness.superuser("marketing") as database:
        reason = "erased after leaving" if way == "erased after leaving" else "objected"
        await database.execute("INSERT INTO suppression VALUES ($1, $2)", hash_of(harness, address), reason)
    spelling = address.upper() if "otherwise" in way else address
    asked = []
    for _ in range(5):
        await client.request(marketing.SubscribeNewsletter(email=spelling, text_version="T-7"))
        async with harness.superuser("marketing") as database:  # two days pass
            dropped = await database.execute("DELETE FROM signup WHERE address_hash = $1", hash_of(harness, address))
            await database.execute("UPDATE suppression SET asked_at = asked_at - interval '2 days'")
        asked.append(dropped == "DELETE 1")
    assert asked == [True, False, False, False, True]


async def test_interests_gain_weight_and_are_shown_to_their_person(client: RequestClient) -> None:
    person = uuid4()
    for topic in ("seo", "servers", "seo"):
        await client.request(marketing.NoteInterest(subject_id=person, topic=topic, source="observed"))
    shown = (await client.request(marketing.ReadInterests(subject_id=person))).interests
    assert [(i.topic, i.weight, i.source) for i in shown] == [("seo", 2, "observed"), ("servers", 1, "observed")]


async def test_a_subscription_without_interaction_ends_by_itself(
    harness: Harness, client: RequestClient, resources: dict[str, Resources]
) -> None:
    person, other = reader("sleeper"), reader("awake")
    await insert_readers(harness, [person, other])
    ends = date.today() - timedelta(days=1)  # noqa: DTZ011 yesterday anywhere is over
    async with harness.superuser("marketing") as database:
        for table in ("subscriber", "interest", "mailing"):
            await database.execute(
                f"UPDATE {table} SET keep_until = $2 WHERE subject_id = $1",  # noqa: S608
                person.subject_id,
                ends - timedelta(days=1),
            )
        await database.execute(
            "UPDATE subscriber SET asked_on = $2 WHERE subject_id = $1", person.subject_id, ends - ASKED
        )
    await expire(resources["marketing"].database)
    for table in ("subscriber", "interest", "mailing"):
        counted = f"SELECT count(*) AS n FROM {table} WHERE subject_id = $1"  # noqa: S608
        assert await rows(harness, counted, person.subject_id) == [{"n": 0}]
        assert (await rows(harness, counted, other.subject_id))[0]["n"] >= 1

    async def withdrawn() -> bool:
        return await allowed(harness, person.subject_id, EMAIL) is False

    await eventually(withdrawn)
