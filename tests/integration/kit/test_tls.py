"""AMQP, PostgreSQL and SMTP over TLS by their URLs, believed by the authority that the URL names and by no other."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from shared.database import Database
from shared.mail.mailer import Mailer, MailFailed
from shared.messaging.outbox import enqueue
from shared.messaging.request_client import RequestClient
from shared.problems import Unavailable
from tests.harness import PATIENCE_S, Harness
from tests.mail_server import mail_server
from tests.sample.contracts import NoteThing, ReadNotes
from tests.sample.harness import alone
from tests.tls import Authority, authority, tls


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("trusted"), "ours")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("foreign"), "others")


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


def amqps(url: str, port: int, by: Authority) -> str:
    return url.replace("amqp://", "amqps://").replace(f":{port_of(url)}/", f":{port}/") + f"?cafile={by.file}"


def postgres(url: str, port: int, by: Authority) -> str:
    secured = f"sslmode=verify-full&sslrootcert={by.file}"
    there = url.replace(f":{port_of(url)}/", f":{port}/")
    return f"{there}&{secured}" if urlsplit(url).query else f"{there}?{secured}"


@pytest.fixture
async def ports(harness: Harness, trusted: Authority) -> AsyncIterator[tuple[int, int]]:
    """TLS before the broker and before the database."""
    broker, database = port_of(harness.admin_amqp), port_of(harness.databases["sample"].app)
    async with tls(broker, trusted) as amqp, tls(database, trusted, postgres=True) as sql:
        yield amqp, sql


async def test_a_service_works_over_tls(harness: Harness, ports: tuple[int, int], trusted: Authority) -> None:
    """It consumes, publishes, answers and stores; and so does who asks it."""
    amqp = {name: amqps(url, ports[0], trusted) for name, url in harness.amqp.items()}
    urls = harness.databases["sample"]
    secured = replace(urls, app=postgres(urls.app, ports[1], trusted))
    through = replace(harness, amqp=amqp, databases={**harness.databases, "sample": secured})
    client, person = RequestClient(amqp["gateway"], "test"), uuid4()
    async with through.serve(alone()):
        await client.request(NoteThing(subject_id=person, text="x"), timeout_s=PATIENCE_S)
        assert (await client.request(ReadNotes(subject_id=person), timeout_s=PATIENCE_S)).texts == ("x",)
    await client.close()


async def test_a_broker_of_another_authority_is_not_believed(
    harness: Harness, ports: tuple[int, int], foreign: Authority
) -> None:
    client = RequestClient(amqps(harness.amqp["gateway"], ports[0], foreign), "test")
    with pytest.raises(Unavailable):
        await client.request(ReadNotes(subject_id=uuid4()), timeout_s=PATIENCE_S)
    await client.close()


async def test_a_database_of_another_authority_is_not_believed(
    harness: Harness, ports: tuple[int, int], foreign: Authority
) -> None:
    database = Database(postgres(harness.databases["sample"].app, ports[1], foreign), "sample", enqueue, 2)
    with pytest.raises((ssl.SSLError, ConnectionError, asyncpg.PostgresError)):
        await database.open()


@pytest.mark.parametrize("believed", [True, False])
async def test_a_mail_server_is_believed_by_its_authority(
    trusted: Authority, foreign: Authority, believed: bool
) -> None:
    async with mail_server() as server, tls(port_of(server.url), trusted) as port:
        by = trusted if believed else foreign
        mailer = Mailer(f"smtps://127.0.0.1:{port}?cafile={by.file}", "Lethe <no-reply@lethe.example>")
        sending = mailer.send("anna@example.com", "Subject", "Text", message_id="<1@lethe.example>")
        if believed:
            await sending
            assert [to for _, to, _ in server.arrived] == ["anna@example.com"]
        else:
            with pytest.raises(MailFailed):
                await sending
            assert not server.arrived
