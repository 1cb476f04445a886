"""Connections to the mail server are kept for the next mails, and one that has ended costs none of them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.mail import mailer as mailers
from shared.mail.mailer import Mailer, MailFailed
from tests.mail_server import MailServer, mail_server

SENDER = "Lethe <no-reply@lethe.example>"


@pytest.fixture
async def smtp() -> AsyncIterator[MailServer]:
    async with mail_server() as opened:
        yield opened


@pytest.fixture
async def mailer(smtp: MailServer) -> AsyncIterator[Mailer]:
    keeping = Mailer(smtp.url, SENDER, keeps=2)
    yield keeping
    await keeping.aclose()


async def send(mailer: Mailer, *numbers: int) -> None:
    for number in numbers:
        await mailer.send(f"{number}@example.com", "Hello", "text", message_id=mailer.message_id(number))


def arrived(smtp: MailServer) -> list[str]:
    return sorted(to for _, to, _ in smtp.arrived)


async def test_mails_one_after_the_other_share_a_connection(smtp: MailServer, mailer: Mailer) -> None:
    await send(mailer, *range(10))
    assert (len(smtp.arrived), smtp.connections) == (10, 1)


async def test_mails_at_once_have_one_each_and_no_more_are_kept(smtp: MailServer, mailer: Mailer) -> None:
    for _ in range(3):
        await asyncio.gather(*(send(mailer, number) for number in range(4)))
    assert (len(smtp.arrived), smtp.connections) == (12, 4 + 2 + 2)


async def test_without_keeping_each_mail_has_its_own(smtp: MailServer) -> None:
    await send(Mailer(smtp.url, SENDER), *range(3))
    assert smtp.connections == 3


@pytest.mark.parametrize("answer", ["", "421 4.4.2 idle for too long", "421 4.7.0 too many mails"])
async def test_a_connection_that_has_ended_costs_no_mail(smtp: MailServer, mailer: Mailer, answer: str) -> None:
    smtp.tired_after, smtp.tired_answer = 3, answer
    await send(mailer, *range(9))
    assert arrived(smtp) == sorted(f"{number}@example.com" for number in range(9))
    assert smtp.connections == 3


async def test_one_that_breaks_while_a_mail_is_handed_over_is_unknown(smtp: MailServer, mailer: Mailer) -> None:
    await send(mailer, 1)
    smtp.hang_up_on.add("2@example.com")
    with pytest.raises(MailFailed) as failed:
        await send(mailer, 2)
    assert failed.value.outcome == "unknown"
    assert arrived(smtp) == ["1@example.com", "2@example.com"]


async def test_a_refused_mail_takes_its_connection_along(smtp: MailServer, mailer: Mailer) -> None:
    await send(mailer, 1)
    smtp.answers["2@example.com"] = "550 5.1.1 no such user"
    with pytest.raises(MailFailed):
        await send(mailer, 2)
    await send(mailer, 3)
    assert (arrived(smtp), smtp.connections) == (["1@example.com", "3@example.com"], 2)


@pytest.mark.parametrize(("name", "value"), [("LONGEST_IDLE_S", 0.0), ("MAILS_PER_CONNECTION", 1)])
async def test_old_and_used_up_connections_are_closed(
    smtp: MailServer, mailer: Mailer, monkeypatch: pytest.MonkeyPatch, name: str, value: float
) -> None:
    monkeypatch.setattr(mailers, name, value)
    await send(mailer, *range(3))
    assert smtp.connections == 3
