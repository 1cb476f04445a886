"""Readers who withdraw in the account, come back, were unreachable, or are asked whether they want to stay."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.population.marketing import Reader
from services.marketing.reader_expiry import ASKED
from shared.clock import today
from shared.contracts import identity, marketing, privacy
from shared.law import retention
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose
from shared.service import Resources
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
from tests.mail_server import MailServer

EMAIL = Purpose.MARKETING_EMAIL
STATE = "SELECT state, email FROM subscriber WHERE subject_id = $1"


@pytest.fixture(autouse=True)
async def only_this_tests_readers(harness: Harness, smtp: MailServer) -> None:
    smtp.answers = {}
    async with harness.superuser("marketing") as database:
        await database.execute("DELETE FROM mailing; DELETE FROM subscriber; DELETE FROM suppression")


async def member_reader(harness: Harness, name: str) -> Reader:
    """A reader with an account."""
    person = reader(name)
    await insert_readers(harness, [person])
    await open_account(harness, person)
    return person


async def choose(client: RequestClient, person: UUID, *, given: bool, purpose: str = EMAIL) -> None:
    text = {"text_version": "T-7" if given else ""}
    choice = {"subject_id": person, "purpose": purpose, "given": given, "surface": "panel", "method": "box"} | text
    await client.request(privacy.ChooseConsent.model_validate(choice))


async def becomes(harness: Harness, resources: dict[str, Resources], person: Reader, state: str) -> Mapping[str, Any]:
    """The subscriber once its state is this."""

    async def in_state() -> Mapping[str, Any] | None:
        resources["marketing"].database.signals["audience"].set()
        (row,) = await rows(harness, STATE, person.subject_id) or [{"state": ""}]
        return row if row["state"] == state else None

    row: Mapping[str, Any] = await eventually(in_state)
    return row


async def test_who_objects_after_withdrawing_is_suppressed(
    harness: Harness, client: RequestClient, resources: dict[str, Resources]
) -> None:
    """An objection comes as several messages: the one about e-mail may be obeyed before the others are there."""
    person = await member_reader(harness, "objects")
    await choose(client, person.subject_id, given=True)
    await choose(client, person.subject_id, given=False)
    await becomes(harness, resources, person, "withdrawn")
    await choose(client, person.subject_id, given=False, purpose=Purpose.MARKETING)
    await suppressed(harness, resources, person)


async def suppressed(harness: Harness, resources: dict[str, Resources], person: Reader) -> None:
    """Wait until the person's address can't come back."""

    async def kept_out() -> bool:
        resources["marketing"].database.signals["audience"].set()
        sql = "SELECT FROM suppression WHERE address_hash = $1 AND reason = 'objected'"
        return bool(await rows(harness, sql, hash_of(harness, person.email)))

    await eventually(kept_out)


@pytest.mark.parametrize("purpose", [EMAIL, Purpose.MARKETING])
async def test_a_withdrawal_in_the_account_deletes_the_address_and_a_new_consent_brings_it_back(
    harness: Harness, client: RequestClient, resources: dict[str, Resources], smtp: MailServer, purpose: str
) -> None:
    person = await member_reader(harness, "withdraws")
    await choose(client, person.subject_id, given=True)
    await finished(client, await start_campaign(client))
    assert len(smtp.mails_to(person.email)) == 1
    await choose(client, person.subject_id, given=False, purpose=purpose)
    assert await becomes(harness, resources, person, "withdrawn") == {"state": "withdrawn", "email": None}
    assert await rows(harness, "SELECT FROM mailing WHERE subject_id = $1", person.subject_id) == []
    if purpose == Purpose.MARKETING:
        await suppressed(harness, resources, person)
    else:
        kept_out = await rows(
            harness, "SELECT FROM suppression WHERE address_hash = $1", hash_of(harness, person.email)
        )
        assert kept_out == []
    token = unsubscribe_token(harness, person.subject_id, person.email)
    assert (await client.request(marketing.ReadUnsubscribe(token=token))).subscribed is False

    await choose(client, person.subject_id, given=True)
    await becomes(harness, resources, person, "subscribed")
    assert (await client.request(marketing.ReadUnsubscribe(token=token))).subscribed is True


async def unreachable(
    harness: Harness, client: RequestClient, resources: dict[str, Resources], smtp: MailServer, person: Reader
) -> None:
    smtp.answers = {person.email: "550 5.1.1 no such user"}
    await finished(client, await start_campaign(client))
    assert await rows(harness, STATE, person.subject_id) == [{"state": "unreachable", "email": None}]
    smtp.answers = {}


async def test_a_new_consent_reaches_who_was_unreachable(
    harness: Harness, client: RequestClient, resources: dict[str, Resources], smtp: MailServer
) -> None:
    person = await member_reader(harness, "returns")
    await choose(client, person.subject_id, given=True)
    await eventually(lambda: known_version(harness, person.subject_id))
    await unreachable(harness, client, resources, smtp, person)
    await choose(client, person.subject_id, given=True)  # without a withdrawal between
    await becomes(harness, resources, person, "subscribed")
    await finished(client, await start_campaign(client))
    assert len(smtp.mails_to(person.email)) == 1


async def known_version(harness: Harness, person: UUID) -> bool:
    sql = "SELECT FROM permission WHERE subject_id = $1 AND purpose = 'direct-marketing.email' AND version > 1"
    return bool(await rows(harness, sql, person))


async def test_a_new_address_reaches_who_was_unreachable(
    harness: Harness, client: RequestClient, resources: dict[str, Resources], smtp: MailServer
) -> None:
    person = await member_reader(harness, "moves")
    await unreachable(harness, client, resources, smtp, person)
    await client.request(identity.ChangeProfile(subject_id=person.subject_id, language="en"))
    row = await becomes(harness, resources, person, "subscribed")
    assert row["email"] == person.email


async def test_who_is_unreachable_and_decides_nothing_stays_so(
    harness: Harness, client: RequestClient, resources: dict[str, Resources], smtp: MailServer
) -> None:
    person, other = await member_reader(harness, "gone"), await member_reader(harness, "other")
    await unreachable(harness, client, resources, smtp, person)
    await choose(client, other.subject_id, given=False)
    await becomes(harness, resources, other, "withdrawn")  # the audience was reconciled meanwhile
    assert await rows(harness, STATE, person.subject_id) == [{"state": "unreachable", "email": None}]


async def erased_and_back(harness: Harness, person: Reader) -> Reader:
    """The same mailbox on the list, under the id that identity gives it after an erasure."""
    async with harness.superuser("marketing") as database, database.transaction():
        for table in ("subscriber", "mailing", "interest", "permission"):
            await database.execute(f"DELETE FROM {table} WHERE subject_id = $1", person.subject_id)  # noqa: S608
        await database.execute("UPDATE subject SET live = false WHERE subject_id = $1", person.subject_id)
    back = Reader(uuid4(), person.email, person.full_name, person.allows)
    await insert_readers(harness, [back])
    return back


@pytest.mark.parametrize("objects", [False, True])
async def test_an_old_link_ends_what_comes_to_its_mailbox_after_an_erasure(
    harness: Harness, client: RequestClient, objects: bool
) -> None:
    person = reader("back")
    await insert_readers(harness, [person])
    old = unsubscribe_token(harness, person.subject_id, person.email)
    back = await erased_and_back(harness, person)
    assert (await client.request(marketing.ReadUnsubscribe(token=old))).subscribed is True
    await client.request(marketing.Unsubscribe(token=old, objects=objects))
    assert await rows(harness, STATE, back.subject_id) == [{"state": "left", "email": None}]
    assert await allowed(harness, back.subject_id, EMAIL) is False
    after = await client.request(marketing.ReadUnsubscribe(token=old))
    assert (after.subscribed, after.outdated) == (False, True)


async def test_a_link_that_names_no_mailbox_says_that_its_data_is_gone(harness: Harness, client: RequestClient) -> None:
    person = reader("older")
    await insert_readers(harness, [person])
    old = unsubscribe_token(harness, person.subject_id)
    back = await erased_and_back(harness, person)
    await client.request(marketing.Unsubscribe(token=old))
    offer = await client.request(marketing.ReadUnsubscribe(token=old))
    assert (offer.subscribed, offer.outdated) == (False, True)
    assert await rows(harness, STATE, back.subject_id) == [{"state": "subscribed", "email": person.email}]


async def test_a_link_ends_its_own_persons_newsletter_and_not_a_later_owners(
    harness: Harness, client: RequestClient
) -> None:
    moved = reader("moved")
    later = Reader(uuid4(), moved.email, "Later", allows=True)
    await insert_readers(harness, [moved, later])
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(harness, moved.subject_id, moved.email)))
    assert await rows(harness, STATE, later.subject_id) == [{"state": "subscribed", "email": moved.email}]


async def ends_in(harness: Harness, person: Reader, days: int) -> date:
    last = today() + timedelta(days=days)
    async with harness.superuser("marketing") as database:
        await database.execute("UPDATE subscriber SET keep_until = $2 WHERE subject_id = $1", person.subject_id, last)
    return last


async def test_nobody_is_dropped_before_the_question_has_stood_for_its_time(
    harness: Harness, client: RequestClient, resources: dict[str, Resources], smtp: MailServer
) -> None:
    person, later = reader("asked"), reader("later")
    await insert_readers(harness, [person, later])
    await ends_in(harness, later, ASKED.days)
    last = await ends_in(harness, person, -400)  # the job was away for long
    await expire(resources["marketing"].database)
    for subject_id, ends_on in ((person.subject_id, last), (later.subject_id, None)):
        shown = await client.request(marketing.ReadSubscription(subject_id=subject_id))
        assert (shown.subscribed, shown.ends_on) == (True, ends_on)
    await finished(client, await start_campaign(client))
    (asking,), (plain,) = smtp.mails_to(person.email), smtp.mails_to(later.email)
    assert last.isoformat() in asking.get_content()
    assert "Przestaniemy" not in plain.get_content()

    async def asked_for(days: int) -> None:
        async with harness.superuser("marketing") as database:
            asked_on = today() - timedelta(days=days)
            await database.execute("UPDATE subscriber SET asked_on = $1 WHERE asked_on IS NOT NULL", asked_on)
        await expire(resources["marketing"].database)

    await asked_for(ASKED.days - 1)
    assert len(await rows(harness, STATE, person.subject_id)) == 1
    await asked_for(ASKED.days)
    assert await rows(harness, STATE, person.subject_id) == []


@pytest.mark.parametrize("way", ["panel", "link"])
async def test_who_says_so_stays(
    harness: Harness, client: RequestClient, resources: dict[str, Resources], way: str
) -> None:
    person = reader("stays")
    await insert_readers(harness, [person])
    last = await ends_in(harness, person, 10)
    await expire(resources["marketing"].database)
    token = unsubscribe_token(harness, person.subject_id, person.email)
    assert (await client.request(marketing.ReadUnsubscribe(token=token))).ends_on == last
    if way == "panel":
        await client.request(marketing.RenewSubscription(subject_id=person.subject_id))
    else:
        await client.request(marketing.RenewByLink(token=token))
    row = "SELECT keep_until, asked_on FROM subscriber WHERE subject_id = $1"
    until = retention.marketing(today()).until
    assert await rows(harness, row, person.subject_id) == [{"keep_until": until, "asked_on": None}]
    assert (await client.request(marketing.ReadUnsubscribe(token=token))).ends_on is None


async def test_who_gets_no_newsletter_has_none_to_renew(client: RequestClient) -> None:
    nobody = uuid4()
    assert (await client.request(marketing.ReadSubscription(subject_id=nobody))).subscribed is False
    assert (await refusal(client, marketing.RenewSubscription(subject_id=nobody)))[0] == 404
    assert (await refusal(client, marketing.RenewByLink(token="f" * 43)))[0] == 404
