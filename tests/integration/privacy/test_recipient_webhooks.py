"""Recipients are told by signed webhooks (GDPR Art. 19), however badly the other side behaves."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local.servers import Servers
from services.privacy import disclosures
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.jobs import recipient_letters, recipient_webhooks
from services.privacy.jobs.recipient_letters import DueLetter
from services.privacy.metrics import recipient_notices
from services.privacy.recipients import store
from services.privacy.recipients.webhooks import LAST_TRY, Webhooks
from services.privacy.register import loading
from services.privacy.register.model import Register
from shared.clock import now, today
from shared.contracts import privacy
from shared.contracts.participants import Disclosed
from shared.law.retention import proof
from shared.mail.delivery import LEASE_S, Ending
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose
from shared.webhooks.posting import post
from shared.webhooks.signing import Target, Tried
from tests import harness as harnesses
from tests import tls
from tests.fake_participants import GATHERED, PARTICIPANTS, FakeParticipants, fake_participants, opened_case, report
from tests.harness import Harness, eventually
from tests.integration.privacy.test_blocks import applied, opened
from tests.receiver import SECRET, Receiver, is_genuine, receiver

TOLD = ("fine", "page", "accepted")
FAULTS = {
    "slow": "timeout",
    "dripping": "timeout",
    "error": "500",
    "busy": "429",
    "holiday": "503",
    "muddled": "503",
    "moved": "307",
    "refusing": "400",
    "gone": "410",
    "large": "too large",
    "cut": "broken answer",
    "mumbling": "broken answer",
    "forgetful": "broken answer",
    "absent": "no connection",
    "strange": "certificate",
}
NEVER_WHOLE = ("/slow", "/dripping")
ENOUGH_S = 45.0  # for an answer that comes: a busy machine is no fault
REFERENCE = "pay_1f2e"
GIVEN_AT = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)  # the first of July at the vendor's seat
ROW = "SELECT * FROM recipient_notice WHERE recipient = $1 AND about = 'erasure'"
RESTRICTED = """
SELECT * FROM recipient_notice WHERE subject_id = $1 AND about = 'restriction' AND how IS NOT NULL ORDER BY lifted
"""
NOT_AGAIN = "UPDATE recipient_notice SET due_at = now() + interval '1 day' WHERE how IS NULL AND due_at <> 'infinity'"
AT_ONCE = "UPDATE recipient_notice SET due_at = now(), tries = coalesce($2, tries) WHERE recipient = $1"
# By more than a lease: the try has ended, and nothing puts the notice off any more.
POSTPONED = f"{ROW} AND tries = $2 AND due_at > now() + make_interval(secs => {LEASE_S * 10})"
VERSION = "SELECT version FROM permission WHERE subject_id = $1 AND purpose = '*'"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Told:
    """Privacy after the erasure of somebody of whom data went to everybody."""

    fakes: FakeParticipants
    receiver: Receiver
    person: UUID
    token: str
    first: dict[str, asyncpg.Record]
    """How the first try of each ended; the next ones are made by tests, and not by the clock."""
    first_at: datetime

    @property
    def rows(self) -> asyncpg.Connection:
        return self.fakes.rows

    @property
    def client(self) -> RequestClient:
        return self.fakes.client

    async def row(self, recipient: str) -> asyncpg.Record:
        return await tried(self.fakes, recipient)

    async def late(self) -> list[str]:
        listed = await self.client.request(privacy.ListRecipientNotices(late=True))
        return [each.recipient for each in listed.notices]

    async def by_hand(self) -> dict[str, privacy.RecipientNotice]:
        listed = await self.client.request(privacy.ListRecipientNotices())
        return {each.recipient: each for each in listed.notices}


async def tried(fakes: FakeParticipants, recipient: str) -> asyncpg.Record:
    """The notice to a recipient, once it was tried."""
    ended = f"{ROW} AND (how IS NOT NULL OR fault <> '')"
    row: asyncpg.Record = await eventually(lambda: fakes.rows.fetchrow(ended, recipient))
    return row


async def post_patiently(webhooks: Webhooks, target: Target, *what: Any) -> Tried:
    """Within the limit that is set for those whose answer is never whole, and well within time for all others."""
    hangs = target.url.endswith(NEVER_WHOLE)
    return await post(webhooks if hangs else replace(webhooks, limit_s=ENOUGH_S), target, *what)


@pytest.fixture(scope="module")
async def listening() -> AsyncIterator[Receiver]:
    async with receiver() as there:
        yield there


@pytest.fixture(scope="module")
async def strange(tmp_path_factory: pytest.TempPathFactory, listening: Receiver) -> AsyncIterator[str]:
    """The same behind TLS, with the certificate of an authority that nobody believes."""
    made = tls.authority(tmp_path_factory.mktemp("tls"), "strange")
    async with tls.tls(int(listening.url.rpartition(":")[2]), made) as port:
        yield f"https://127.0.0.1:{port}/fine"


@pytest.fixture(scope="module")
def registered(listening: Receiver, strange: str) -> Iterator[Register]:
    """A recipient for each way to behave, of which each is noted under its own name."""
    known = loading.load()
    urls = {key: f"{listening.url}/{key}" for key in (*TOLD, *FAULTS)}
    urls |= {"absent": "http://127.0.0.1:9/fine", "strange": strange}
    some = known.recipients["payments"]
    words = some.name.model_copy
    added = {
        key: some.model_copy(
            update={"key": key, "name": words(update={"pl": key, "en": key}), "logged_as": (key,), "webhook": url}
        )
        for key, url in urls.items()
    }
    changed = replace(known, recipients={**known.recipients, **added})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "load", lambda: changed)
        patch.setattr(recipient_webhooks, "post", post_patiently)
        loading.register.cache_clear()
        yield changed
    loading.register.cache_clear()


@pytest.fixture(scope="module")
async def harness(servers: Servers, registered: Register) -> AsyncIterator[Harness]:
    settings = {
        "webhook_secrets": ",".join(f"{key}:{SECRET}" for key in (*TOLD, *FAULTS)),
        "webhook_limit_s": 1,
        "local_webhooks": True,
        "recipients_every_s": 0.05,
        "remind_after_s": 0.5,
        "gather_patience_s": 0,
        "participants": ",".join(PARTICIPANTS),
    }
    module_harness = await harnesses.build(servers, [PRIVACY], settings=settings)
    yield module_harness
    await harnesses.tear_down(module_harness)


@pytest.fixture(scope="module")
async def told(harness: Harness, listening: Receiver) -> AsyncIterator[Told]:
    async with fake_participants(harness) as fakes:
        person = uuid4()
        await given(fakes, person, *TOLD, *FAULTS)
        token = await opened_case(fakes.database, person)
        await fakes.rows.execute(GATHERED)
        order = await fakes.ordered()
        for service in PARTICIPANTS:
            await fakes.say(service, report(service, order))
        first = {recipient: await tried(fakes, recipient) for recipient in (*TOLD, *FAULTS)}
        first_at = now()
        await fakes.rows.execute(NOT_AGAIN)
        yield Told(fakes, listening, person, token, first, first_at)


async def given(fakes: FakeParticipants, person: UUID, *recipients: str) -> None:
    """Data of somebody went to these."""
    await fakes.rows.execute("INSERT INTO subject (subject_id) VALUES ($1)", person)
    events = [
        Disclosed(
            subject_id=person,
            recipient=name,
            purpose="P1",
            categories=("D1", "D5"),
            disclosed_at=GIVEN_AT,
            reference=REFERENCE,
        )
        for name in recipients
    ]
    events += [event.model_copy(update={"reference": ""}) for event in events[:1]]  # of before there were numbers
    async with fakes.database.transaction(Purpose.LEGAL_DUTY) as tx:
        await disclosures.insert(tx, events, ["licensing"] * len(events), proof(today()))


@pytest.mark.parametrize("recipient", TOLD)
async def test_an_answer_of_success_is_an_acknowledgement(told: Told, recipient: str) -> None:
    row = told.first[recipient]
    assert (row["state"], row["how"], row["fault"], row["tries"]) == ("acknowledged", "webhook", "", 1)
    (asked,) = told.receiver.by(f"/{recipient}")[:1]
    assert asked.webhook_id == str(row["notice_id"])
    assert is_genuine(asked)
    event = json.loads(asked.body)
    assert event["type"] == "recipient.erasure"
    assert event["data"]["disclosures"] == [{"reference": REFERENCE, "day": "2026-07-01", "categories": ["D1", "D5"]}]
    assert event["data"]["categories"]["D5"]["pl"] == "adres e-mail"
    assert not [value for value in (told.person, row["case_id"], told.token) if str(value) in asked.body.decode()]


@pytest.mark.parametrize("recipient", FAULTS)
async def test_whatever_else_it_does_is_a_failed_try(told: Told, recipient: str) -> None:
    row = told.first[recipient]
    assert (row["state"], row["fault"], row["how"]) == ("failed", FAULTS[recipient], None)
    assert "kowalski" not in str(row)
    by_hand = await told.by_hand()
    assert (recipient in by_hand) is (recipient == "gone"), "whoever is gone is somebody's task at once"
    asked_to_wait = {"busy": timedelta(hours=1), "holiday": DAY}.get(recipient)
    if asked_to_wait:
        assert timedelta(minutes=-1) < row["due_at"] - told.first_at - asked_to_wait < timedelta(minutes=1)
    elif recipient != "gone":
        assert row["due_at"] - told.first_at < timedelta(minutes=2)


async def test_the_person_and_the_certificate_read_how(told: Told) -> None:
    await told.row("fine")
    await told.row("error")
    case = await told.client.request(privacy.ReadCase(token=told.token))
    shown = {each.recipient: (each.how, each.settled_at is not None) for each in case.recipients}
    assert (shown["fine"], shown["error"]) == (("webhook", True), (None, False))
    certificate = await told.fakes.certificate(told.token)
    assert {each["recipient"]: each["how"] for each in certificate["recipients"]}["fine"] == "webhook"


async def test_who_acknowledged_a_restriction_is_told_of_its_end(told: Told) -> None:
    person = uuid4()
    await given(told.fakes, person, "fine", "refusing")
    case_id, token = await opened(told.fakes, "restriction", person)
    await confirm(told, person)
    await told.fakes.until(token, "in force")
    await eventually(lambda: told.rows.fetchrow(RESTRICTED, person))
    await told.client.request(privacy.WithdrawCase(token=token))
    await confirm(told, person)
    both = await eventually(lambda: two_of(told, person))
    assert [(row["recipient"], row["lifted"], row["state"]) for row in both] == [
        ("fine", False, "acknowledged"),
        ("fine", True, "acknowledged"),
    ]
    ids = {str(row["notice_id"]) for row in both}
    kinds = [json.loads(asked.body)["type"] for asked in told.receiver.by("/fine") if asked.webhook_id in ids]
    assert kinds == ["recipient.restriction", "recipient.restriction-lifted"]
    ended = (
        "SELECT count(*) FROM recipient_notice WHERE case_id = $1 AND recipient = 'refusing' AND lifted AND tries > 0"
    )
    assert not await told.rows.fetchval(ended, case_id), "the end waits for what is still being told"


async def confirm(told: Told, person: UUID) -> None:
    """Everybody does what was ruled last about somebody."""
    version = await told.rows.fetchval(VERSION, person)
    for service in PARTICIPANTS:
        await told.fakes.say(service, applied(service, person, version))


async def two_of(told: Told, person: UUID) -> list[asyncpg.Record]:
    rows = await told.rows.fetch(RESTRICTED, person)
    return rows if len(rows) == 2 else []


async def test_nobody_is_sent_elsewhere(told: Told) -> None:
    moved = await told.row("moved")
    assert str(moved["notice_id"]) not in [asked.webhook_id for asked in told.receiver.by("/fine")]


async def test_a_changed_byte_and_an_old_day_are_seen(told: Told) -> None:
    await told.row("fine")
    asked = told.receiver.by("/fine")[0]
    older = {"webhook-timestamp": str(int((now() - timedelta(minutes=6)).timestamp()))}
    assert is_genuine(asked)
    assert not is_genuine(replace(asked, body=asked.body.replace(b"pay_1f2e", b"pay_1f2f")))
    assert not is_genuine(replace(asked, headers=asked.headers | older))
    assert not is_genuine(replace(asked, headers=asked.headers | {"webhook-id": str(uuid4())}))
    assert not is_genuine(asked, f"whsec_{'q' * 44}")


async def test_what_is_asked_twice_is_done_once(told: Told) -> None:
    """It had done it, and hung up before it said so: the second time says the same under the same id."""
    first = await told.row("forgetful")
    await told.rows.execute(AT_ONCE, "forgetful", None)
    row = await eventually(lambda: told.rows.fetchrow(f"{ROW} AND how = 'webhook'", "forgetful"))
    once, again = told.receiver.by("/forgetful")
    assert (row["tries"], row["state"], row["fault"]) == (first["tries"] + 1, "acknowledged", "")
    assert (once.webhook_id, once.body) == (again.webhook_id, again.body)
    assert told.receiver.done[once.webhook_id] == 1


async def test_who_wants_rest_is_asked_about_nobody_meanwhile(told: Told) -> None:
    await told.row("busy")
    other = """
    INSERT INTO recipient_notice
      (case_id, subject_id, recipient, about, lifted, due_at, live, retain_until, provisions, exemptions)
    SELECT case_id, subject_id, recipient, 'restriction', true, now(), live, retain_until, provisions, exemptions
    FROM recipient_notice WHERE recipient = 'busy' AND NOT lifted
    """
    await told.rows.execute(other)
    await told.rows.execute(AT_ONCE, "busy", None)
    rests = "SELECT min(due_at) > now() + interval '59 minutes' FROM recipient_notice WHERE recipient = 'busy'"
    await eventually(lambda: told.rows.fetchval(rests))


async def test_what_an_officer_said_meanwhile_stands(told: Told) -> None:
    notice_id = (await told.row("muddled"))["notice_id"]
    await told.client.request(privacy.SettleRecipientNotice(notice_id=notice_id, how="letter"))
    before = await told.row("muddled")
    async with told.fakes.database.transaction(Purpose.RIGHTS) as tx:
        await store.failed(tx, notice_id, "timeout", 1)
        await store.by_hand(tx, [notice_id], "410")
        await store.acknowledged(tx, notice_id)
    assert await told.row("muddled") == before
    assert (before["how"], before["state"]) == ("letter", "sent")


@pytest.mark.parametrize(("recipient", "ending"), [("slow", Ending.REFUSED), ("dripping", Ending.GIVEN_UP)])
async def test_a_mail_that_did_not_tell_shows_its_fault_too(told: Told, recipient: str, ending: Ending) -> None:
    row = await told.row(recipient)
    notice = store.Notice(row["notice_id"], recipient, "erasure", lifted=False, written_at=now(), attempts=1)
    async with told.fakes.database.transaction(Purpose.RIGHTS) as tx:
        await recipient_letters._ended(tx, DueLetter(recipient, "erasure", False, [notice], []), ending)
    task = (await told.by_hand())[recipient]
    assert (task.fault, task.state) == (f"mail {ending.value}", "failed")


async def test_after_the_last_try_it_is_a_task_that_shows_the_fault(told: Told) -> None:
    await told.row("error")
    assert "error" not in await told.by_hand()
    await told.rows.execute(AT_ONCE, "error", LAST_TRY - 2)
    await eventually(lambda: told.rows.fetchval(POSTPONED, "error", LAST_TRY - 1))
    assert "error" not in await told.by_hand()
    await told.rows.execute(AT_ONCE, "error", None)
    await eventually(lambda: told.rows.fetchval(f"{ROW} AND due_at = 'infinity'", "error"))
    task = (await told.by_hand())["error"]
    assert (task.fault, task.tries, task.state) == ("500", LAST_TRY, "failed")


async def test_who_is_not_told_for_30_days_is_late(told: Told) -> None:
    """Also while a machine still tries; each counts once, and who was told is not late."""
    await told.row("refusing")
    await told.row("page")
    assert await told.late() == []
    age = "UPDATE recipient_notice SET written_at = now() - make_interval(days => $2) WHERE recipient = $1"
    for recipient, days in (("refusing", 31), ("page", 31), ("cut", 29)):
        await told.rows.execute(age, recipient, days)
    assert await told.late() == ["refusing"]
    failed = "SELECT count(*) FROM recipient_notice WHERE state = 'failed' AND about = 'erasure'"
    others = await told.rows.fetchval(failed) - 1
    await eventually(lambda: figures() == {"late": 1.0, "failed": others, "due": 0.0})


def figures() -> dict[str, float]:
    (metric,) = recipient_notices.collect()
    return {sample.labels["state"]: sample.value for sample in metric.samples}
