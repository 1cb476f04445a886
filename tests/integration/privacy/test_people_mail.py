"""Letters to people whose address others hold: what happens while those do not answer, and when they know none."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.identity.app import SERVICE as IDENTITY
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.people_mail import PeopleMail, Post, write_to
from services.privacy.settings import PrivacySettings
from shared.contracts.fields import Language
from shared.database import Transaction
from shared.mail.delivery import Ending
from shared.mail.mailer import Mailer
from shared.messaging.request_client import RequestClient
from tests.harness import PATIENCE_S, Harness


@dataclass(frozen=True)
class Due:
    """A letter to somebody whom nobody knows."""

    subject_id: UUID
    attempts: int = 1


@pytest.fixture
async def post(harness: Harness) -> AsyncIterator[Post]:
    client = RequestClient(harness.amqp["privacy"], "privacy", PATIENCE_S)
    environment = harness.environment("privacy").items()
    values: dict[str, Any] = {key.removeprefix("LETHE_").lower(): value for key, value in environment}
    settings = PrivacySettings(**values)
    async with harness.database("privacy") as database:
        yield Post(database, Mailer(settings.smtp_url, settings.mail_sender), client, settings)
    await client.close()


def kind(nowhere: list[Due]) -> PeopleMail[Due]:
    """A kind that notes whom no mail reaches; there is nobody to write to."""

    async def no_address(_tx: Transaction, due: Due) -> None:
        nowhere.append(due)

    async def ended(_tx: Transaction, due: Due, _ending: Ending) -> None:
        raise AssertionError(due)

    async def postpone(_tx: Transaction, due: Due, _wait_s: float) -> None:
        raise AssertionError(due)

    def words(_due: Due, _language: Language) -> tuple[str, str]:
        return "title", "text"

    return PeopleMail(
        "sample", lambda due: (due.subject_id,), lambda due: str(due.subject_id), words, ended, postpone, no_address
    )


async def test_while_nobody_tells_addresses_there_is_no_next_batch(post: Post) -> None:
    """Identity is away: the next batch would fare no better, and each of its letters wait for its lease."""
    nowhere: list[Due] = []
    assert not await write_to([Due(uuid4())], kind(nowhere), post)
    assert nowhere == [], "that nobody answers says nothing of an address"


async def test_whom_no_mail_reaches_is_noted_and_the_next_batch_follows(harness: Harness, post: Post) -> None:
    nowhere: list[Due] = []
    due = [Due(uuid4()) for _ in range(2)]
    async with harness.serve(PRIVACY, IDENTITY, MARKETING):
        assert await write_to(due, kind(nowhere), post)
    assert nowhere == due
    assert not await write_to([], kind(nowhere), post)
