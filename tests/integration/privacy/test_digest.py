"""What officers are told: one mail a day, one alarm per case and day."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from deploy.local import mailbox
from deploy.local.servers import Servers
from services.privacy.jobs.digest import send_digest
from services.privacy.jobs.reminders import remind
from services.privacy.register.loading import register
from services.privacy.settings import PrivacySettings
from shared.mail.mailer import Mailer
from tests.fake_participants import FakeParticipants, opened_case, privacy_alone
from tests.harness import Harness

OFFICERS = "officers@example.com"
AGE = """
UPDATE privacy_case SET due_on = (now() AT TIME ZONE 'Europe/Warsaw')::date + $2::integer,
  run_at = now() + interval '1 day' WHERE subject_id = $1
"""
NEAR = "case is close to its due date"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with privacy_alone(servers) as module_harness:
        module_harness.settings |= {"officers_mailbox": OFFICERS, "remind_after_s": 3600}
        yield module_harness


def settings_of(harness: Harness) -> PrivacySettings:
    values: dict[str, Any] = {
        key.removeprefix("LETHE_").lower(): value for key, value in harness.environment("privacy").items()
    }
    return PrivacySettings(**values)


async def case_due_in(fakes: FakeParticipants, days: int) -> UUID:
    """A case whose last day is in so many days."""
    person = uuid4()
    await opened_case(fakes.database, person)
    await fakes.rows.execute(AGE, person, days)
    case_id: UUID = await fakes.rows.fetchval("SELECT case_id FROM privacy_case WHERE subject_id = $1", person)
    return case_id


async def test_one_mail_a_day_says_how_cases_stand(fakes: FakeParticipants, harness: Harness, servers: Servers) -> None:
    """A restart, or a second process, does not send it again; nobody's data are in it."""
    assert servers.mailbox_folder is not None
    settings, mailer = settings_of(harness), Mailer(servers.smtp_url, "privacy@example.com")
    before = len(mailbox.messages_for(servers.mailbox_folder, OFFICERS))
    assert not await send_digest(fakes.database, mailer, register(), settings)
    assert len(mailbox.messages_for(servers.mailbox_folder, OFFICERS)) == before, "without a case nobody is written to"
    late, fine = await case_due_in(fakes, -2), await case_due_in(fakes, 20)
    for _ in range(2):
        assert not await send_digest(fakes.database, mailer, register(), settings)
    messages = mailbox.messages_for(servers.mailbox_folder, OFFICERS)
    assert len(messages) == before + 1
    body = messages[-1].get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "overdue: 1" in text
    assert "on time: 1" in text
    assert str(late) in text
    assert str(fine) not in text


async def test_a_notice_that_waits_for_an_officer_is_told(
    fakes: FakeParticipants, harness: Harness, servers: Servers
) -> None:
    """A draft is nobody's news by itself; without a case, too."""
    assert servers.mailbox_folder is not None
    settings, mailer = settings_of(harness), Mailer(servers.smtp_url, "privacy@example.com")
    await fakes.rows.execute("DELETE FROM desk_digest")
    await fakes.rows.execute("UPDATE privacy_case SET closed_at = now() WHERE closed_at IS NULL")
    waiting = "INSERT INTO notice (notice_id, content, content_hash) VALUES (gen_random_uuid(), '{}', sha256('x'))"
    await fakes.rows.execute(waiting)
    await send_digest(fakes.database, mailer, register(), settings)
    body = mailbox.messages_for(servers.mailbox_folder, OFFICERS)[-1].get_body(("plain",))
    assert body is not None
    assert "notice to be approved: 1" in body.get_content()


async def test_a_case_near_its_day_is_an_alarm_once_a_day(fakes: FakeParticipants, harness: Harness) -> None:
    settings = settings_of(harness)
    near, fine = await case_due_in(fakes, 2), await case_due_in(fakes, 20)
    with capture_logs() as logs:
        for _ in range(3):
            await remind(fakes.database, settings)
    alarms = [line["case_id"] for line in logs if line["event"] == NEAR]
    assert alarms.count(near) == 1
    assert fine not in alarms
    await fakes.rows.execute("UPDATE privacy_case SET alarmed_on = alarmed_on - 1")
    with capture_logs() as logs:
        await remind(fakes.database, settings)
    assert [line["case_id"] for line in logs if line["event"] == NEAR] == [near]
