"""Service mail on the real servers: never lost, never told twice, gone with the person."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.ports import free_ports
from deploy.local.servers import Servers
from deploy.population.identity import Person, insert_people
from services.identity.app import SERVICE as IDENTITY
from services.identity.password_resets import reset_token
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import identity
from shared.mail.mailer import Mailer, MailFailed
from shared.secrets import digest
from tests import harness as harnesses
from tests.harness import PATIENCE_S, Harness, eventually
from tests.integration.identity.driver import SETTINGS, Driver, address, living


class Post:
    """A mail server of our own, which can be away, refuse, or break off."""

    def __init__(self) -> None:
        (self.port,) = free_ports(1)  # nobody else takes it while it is away
        self.received: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.takes_unknown = False
        self.answer = "250 Message accepted"
        self.server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: SMTP(self), "127.0.0.1", self.port)

    async def close(self) -> None:
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()
            self.server = None

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, to: str, _: list[str]) -> str:  # noqa: N802
        self.asked.append(to)
        if to.startswith("unknown") and not self.takes_unknown:
            return "550 No such mailbox unknown"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = (envelope.original_content or b"").decode()
        header = next(line for line in content.splitlines() if line.startswith("Message-ID: "))
        self.received.append((envelope.rcpt_tos[0], header.removeprefix("Message-ID: ")))
        if self.answer == "break off" and server.transport is not None:
            server.transport.close()
        return self.answer


@pytest.fixture(scope="module")
async def post() -> AsyncIterator[Post]:
    mail_server = Post()
    yield mail_server
    await mail_server.close()


@pytest.fixture(scope="module")
async def driver(servers: Servers, post: Post) -> AsyncIterator[Driver]:
    module_harness = await harnesses.build(servers, [IDENTITY, PRIVACY], settings=SETTINGS | {"smtp_url": post.url})
    async with living(module_harness) as running:
        yield running
    await harnesses.tear_down(module_harness)


@pytest.fixture
async def opened(post: Post) -> AsyncIterator[Post]:
    post.answer, post.takes_unknown = "250 Message accepted", False
    await post.open()
    yield post
    await post.close()


async def somebody(harness: Harness) -> tuple[UUID, str]:
    """A person with an account, made past the requests."""
    person, email = uuid4(), address("person")
    async with harness.superuser("identity") as database:
        await database.execute("INSERT INTO subject VALUES ($1)", person)
        await database.execute(
            "INSERT INTO account (subject_id, email, full_name) VALUES ($1, $2, 'Anna Nowak')", person, email
        )
    return person, email


def paid(person: UUID) -> identity.ServiceMailDue:
    return identity.ServiceMailDue(subject_id=person, template="payment-received", facts={"amount": "49.00 PLN"})


async def test_mail_waits_for_its_server_and_leaves_once_with_one_disclosure(driver: Driver, post: Post) -> None:
    person, email = await somebody(driver.harness)
    message_id = str(uuid4())
    async with driver.listening("identity.disclosed.v1") as heard:
        for _ in range(2):
            await driver.tell(paid(person), "licensing", message_id)

        async def tried_thrice() -> bool:
            return bool(await driver.value("SELECT attempts >= 3 FROM service_mail WHERE subject_id = $1", person))

        await eventually(tried_thrice)
        await post.open()

        await eventually(lambda: bool(heard))
        await post.close()
    assert [to for to, _ in post.received] == [email]
    mail_id = await driver.value("SELECT mail_id FROM service_mail WHERE subject_id = $1", person)
    assert post.received[0][1].startswith(f"<service-{mail_id}@")
    assert [(d["subject_id"], d["recipient"], d["categories"]) for d in heard] == [
        (str(person), "Poczta.example sp. z o.o.", ["D1", "D5"])
    ]


async def test_an_unknown_outcome_is_sent_again_under_the_same_id(driver: Driver, opened: Post) -> None:
    person, email = await somebody(driver.harness)
    opened.answer = "break off"
    await driver.tell(paid(person), "licensing")

    await eventually(lambda: len([1 for to, _ in opened.received if to == email]) >= 2)
    opened.answer = "250 Message accepted"

    async def sent() -> bool:
        return bool(await driver.value("SELECT sent_at IS NOT NULL FROM service_mail WHERE subject_id = $1", person))

    await eventually(sent)
    assert len({message_id for to, message_id in opened.received if to == email}) == 1


async def test_a_refused_mail_is_kept_and_marked(driver: Driver, opened: Post) -> None:
    person, _ = await somebody(driver.harness)
    await driver.value("UPDATE account SET email = 'unknown@example.com' WHERE subject_id = $1 RETURNING 1", person)
    await driver.tell(paid(person), "licensing")

    async def refused() -> bool:
        return bool(await driver.value("SELECT refused_at IS NOT NULL FROM service_mail WHERE subject_id = $1", person))

    await eventually(refused)
    assert await driver.value("SELECT sent_at IS NULL FROM service_mail WHERE subject_id = $1", person)


REFUSING = "SELECT mail_refused_at IS NOT NULL FROM account WHERE subject_id = $1"


async def one_who_refuses(driver: Driver) -> tuple[UUID, str]:
    """A person whose mailbox has refused a mail."""
    anna = Person(uuid4(), address("unknown"), "Anna Nowak")
    async with driver.harness.superuser("identity") as database:
        await insert_people(database, [anna], driver.keyring)
    await driver.tell(paid(anna.subject_id), "licensing")
    await eventually(lambda: driver.value(REFUSING, anna.subject_id))
    return anna.subject_id, anna.email


async def test_a_mailbox_that_refused_gets_no_more_mail(driver: Driver, opened: Post) -> None:
    person, email = await one_who_refuses(driver)
    other, others_email = await somebody(driver.harness)
    tried = opened.asked.count(email)
    for to in (person, other):
        await driver.tell(paid(to), "licensing")
    await eventually(lambda: others_email in {to for to, _ in opened.received})
    waiting = "SELECT count(*) FROM service_mail WHERE subject_id = $1 AND attempts = 0 AND sent_at IS NULL"
    await eventually(lambda: driver.value(waiting, person))
    assert opened.asked.count(email) == tried
    assert not await driver.value(REFUSING, other)


@pytest.mark.parametrize("answer", ["550 5.7.1 policy", "552 5.2.2 full", "450 4.2.0 greylisted"])
async def test_what_says_nothing_about_the_mailbox_does_not_mark_it(driver: Driver, opened: Post, answer: str) -> None:
    person, _ = await somebody(driver.harness)
    opened.answer = answer
    await driver.tell(paid(person), "licensing")
    mail = "SELECT {} FROM service_mail WHERE subject_id = $1"
    await eventually(lambda: driver.value(mail.format("attempts >= 2"), person))
    assert not await driver.value(REFUSING, person)
    opened.answer = "250 Message accepted"
    await eventually(lambda: driver.value(mail.format("sent_at IS NOT NULL"), person))


async def test_a_mailbox_that_is_proved_anew_gets_what_waited(driver: Driver, opened: Post) -> None:
    person, email = await one_who_refuses(driver)
    await driver.tell(paid(person), "licensing")
    opened.takes_unknown = True
    await driver.ask(identity.RequestPasswordReset(email=email))
    reset = "SELECT mail_id FROM service_mail WHERE subject_id = $1 AND template = 'password-reset' AND sent_at < now()"
    mail_id = await eventually(lambda: driver.value(reset, person))
    assert await driver.value(REFUSING, person)
    token = reset_token(driver.keyring, mail_id)
    await driver.ask(identity.ResetPassword(token=token, password="staple horse battery"))
    assert not await driver.value(REFUSING, person)
    sent = "SELECT count(*) = 1 FROM service_mail WHERE subject_id = $1 AND template = $2 AND sent_at IS NOT NULL"
    await eventually(lambda: driver.value(sent, person, "payment-received"))


async def test_mail_that_nobody_took_in_a_week_is_given_up(driver: Driver) -> None:
    person, _ = await somebody(driver.harness)
    late = (
        "INSERT INTO service_mail (mail_id, subject_id, template, created_at, next_try_at) VALUES ($1, $2, $3, $4, $4)"
    )
    now_and_then = {"payment-due": 8, "payment-received": 6}
    async with driver.harness.superuser("identity") as database:
        for template, days in now_and_then.items():
            at = datetime.now().astimezone() - timedelta(days=days)
            await database.execute(late, uuid4(), person, template, at)
    await driver.expire()
    ended = "SELECT refused_at IS NOT NULL FROM service_mail WHERE subject_id = $1 AND template = $2"
    assert await driver.value(ended, person, "payment-due")
    assert not await driver.value(ended, person, "payment-received")


async def test_a_reset_token_lives_from_its_mailing_on(driver: Driver, post: Post) -> None:
    anna = Person(uuid4(), address("anna"), "Anna Nowak")
    async with driver.harness.superuser("identity") as database:
        await insert_people(database, [anna], driver.keyring)
    await driver.ask(identity.RequestPasswordReset(email=anna.email))
    mail = "SELECT mail_id FROM service_mail WHERE subject_id = $1 AND template = 'password-reset' AND {}"

    async def tried() -> UUID | None:
        mail_id: UUID | None = await driver.value(mail.format("attempts > 0"), anna.subject_id)
        return mail_id

    mail_id = await eventually(tried)
    # almost over, and not quite: what is over ends once a minute
    away = "UPDATE password_reset SET asked_at = now() - interval '1 hour', expires_at = now() + interval '9 minutes'"
    assert await driver.value(f"{away} WHERE subject_id = $1 RETURNING true", anna.subject_id)
    await post.open()

    async def sent() -> bool:
        return bool(await driver.value(mail.format("sent_at IS NOT NULL"), anna.subject_id))

    await eventually(sent)
    await post.close()
    lives = "SELECT expires_at > now() + interval '50 minutes' FROM password_reset WHERE subject_id = $1"
    assert await driver.value(lives, anna.subject_id)
    token = reset_token(driver.keyring, mail_id)
    await driver.ask(identity.ResetPassword(token=token, password="staple horse battery"))
    assert (await driver.problem(identity.ResetPassword(token=token, password="another horse battery"))).status == 422


async def test_a_reset_token_that_was_not_mailed_opens_nothing(driver: Driver) -> None:
    person, _ = await somebody(driver.harness)
    token = reset_token(driver.keyring, uuid4())
    await driver.value(
        "INSERT INTO password_reset (token_hash, subject_id) VALUES ($1, $2) RETURNING 1", digest(token), person
    )
    assert (await driver.problem(identity.ResetPassword(token=token, password="staple horse battery"))).status == 422


@pytest.mark.parametrize("template", ["buy-more-now", "password-reset", ""])
async def test_an_unknown_template_goes_to_the_dead_letters(driver: Driver, opened: Post, template: str) -> None:
    person, _ = await somebody(driver.harness)
    before = await driver.everything()
    event = identity.ServiceMailDue(subject_id=person, template=template)
    async with dead_letters(driver) as dead:
        await driver.tell(event, "licensing")
        reason = await asyncio.wait_for(dead.get(), PATIENCE_S)
    assert reason == "unknown template"
    assert await driver.everything() == before


@contextlib.asynccontextmanager
async def dead_letters(driver: Driver) -> AsyncIterator["asyncio.Queue[str]"]:
    """The reasons of identity's dead letters, as they come."""
    reasons: asyncio.Queue[str] = asyncio.Queue()

    async def take(message: AbstractIncomingMessage) -> None:
        reasons.put_nowait(str(message.headers["x-reason"]))

    connection = await aio_pika.connect(driver.harness.admin_amqp)
    async with connection:
        queue = await (await connection.channel()).get_queue("identity.dead-letters")
        await queue.consume(take, no_ack=True)
        yield reasons


async def test_a_person_without_an_account_gets_the_mail_once_there_is_one(driver: Driver, opened: Post) -> None:
    person = uuid4()
    await driver.tell(paid(person), "licensing")

    async def kept() -> bool:
        return bool(await driver.value("SELECT count(*) FROM service_mail WHERE subject_id = $1", person))

    await eventually(kept)
    email = address("late")
    await driver.value(
        "INSERT INTO account (subject_id, email, full_name) VALUES ($1, $2, 'Anna') RETURNING 1", person, email
    )

    await eventually(lambda: email in {to for to, _ in opened.received})


async def test_the_mailer_tells_how_it_ended_and_names_no_address(post: Post) -> None:
    mailer = Mailer(post.url, "Lethe <no-reply@lethe.example>")

    async def outcome(to: str, subject: str = "Hello") -> tuple[str, int | None]:
        with pytest.raises(MailFailed) as failed:
            await mailer.send(to, subject, "text", message_id=mailer.message_id(1))
        assert "@" not in str(failed.value)
        return failed.value.outcome, failed.value.code

    assert await outcome("anna@example.com") == ("not sent", None)
    await post.open()
    assert await outcome("unknown@example.com") == ("refused", 550)
    assert await outcome("anna@example.com", "Hello\r\nBcc: b@example.com") == ("refused", None)
    assert await outcome("anna@example.com\r\nRCPT TO:<b@example.com>") == ("refused", None)
    before = len(post.received)
    for answer, expected in (
        ("451 Later", ("not sent", 451)),
        ("554 Never", ("refused", 554)),
        ("break off", ("unknown", None)),
    ):
        post.answer = answer
        assert await outcome("anna@bücher.example") == expected
    assert [to for to, _ in post.received[before:]] == ["anna@xn--bcher-kva.example"] * 3
    await post.close()
