"""What staff do in any service is in the log of what was done, and nobody changes it unseen."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local.servers import Servers
from services.privacy.evidence.audit import Audited, audit
from services.privacy.evidence.checkpoints import verifier_keys
from services.privacy.jobs.evidence import end_evidence
from services.privacy.loops import EVIDENCE
from shared.clock import now, today
from shared.contracts.identity import StaffActed
from shared.database import Transaction
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests.fake_participants import APPLE, FakeParticipants, fake_participants, privacy_alone
from tests.harness import Harness, eventually

PERSON = uuid4()
NUMBERED = """
SELECT count(*) FROM evidence_opening o JOIN staff_act a ON o.source_key = a.act_id::text
WHERE o.source = 'staff_act' AND o.number IS NOT NULL AND a.staff_id = $1
"""
OLD = """
INSERT INTO staff_act (service, staff_id, act, about, at)
VALUES ('apple', $1, 'apple.old', '{}', now() - interval '6 years' + $2 * interval '1 day')
"""
BREACH = """
WITH breach AS (INSERT INTO breach (breach_id, aware_at, natures, categories, was_sealed, facts)
  VALUES ($1, now(), '{loss}', '{D5}', false, 'x') RETURNING breach_id)
INSERT INTO breach_event (breach_id, by, step, said, at)
SELECT breach_id, gen_random_uuid(), 'recorded', '', at FROM breach CROSS JOIN unnest($2::timestamptz[]) AS at
"""
NOTICE = """
WITH notice AS (INSERT INTO notice (notice_id, state, content, content_hash, approved_digest, version)
  VALUES ($1, $2, '{}', sha256($1::uuid::text::bytea), 'x', $3) RETURNING notice_id, state)
INSERT INTO notice_event (notice_id, by, state, digest, effective_on, at)
SELECT notice_id, 'register', state, 'x', $5, at FROM notice CROSS JOIN unnest($4::timestamptz[]) AS at
"""
LONG_AGO = timedelta(days=7 * 366)


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with privacy_alone(servers) as module_harness:
        yield module_harness


@pytest.fixture(scope="module")
async def work(harness: Harness) -> AsyncIterator[FakeParticipants]:
    async with fake_participants(harness) as participants:
        yield participants


@pytest.fixture(scope="module")
async def officer(work: FakeParticipants) -> UUID:
    """One of the staff, who did something in another service; it is in the log."""
    staff_id = uuid4()
    await work.say(APPLE, StaffActed(staff_id=staff_id, act="apple.suspend", about={"subject_id": PERSON}))

    async def numbered() -> bool:
        work.database.signals[EVIDENCE].set()  # it numbers each five seconds
        return bool(await work.rows.fetchval(NUMBERED, staff_id))

    await eventually(numbered)
    return staff_id


async def audited(work: FakeParticipants, tampering: str) -> Audited:
    """What an audit says after somebody has tampered, who is undone afterwards."""
    transaction = work.rows.transaction(isolation="repeatable_read")  # as the command: entries may come meanwhile
    await transaction.start()
    try:
        await work.rows.execute(tampering)
        keys = verifier_keys(Keyring("privacy", work.harness.settings["keys"]))
        return [each async for each in audit(Transaction(work.rows, "privacy", Purpose.RIGHTS), keys)][-1]
    finally:
        await transaction.rollback()


async def test_an_act_in_any_service_is_in_the_log(work: FakeParticipants, officer: UUID) -> None:
    row = await work.rows.fetchrow("SELECT service, act, about FROM staff_act WHERE staff_id = $1", officer)
    assert row is not None
    assert dict(row) == {"service": APPLE, "act": "apple.suspend", "about": f'{{"subject_id": "{PERSON}"}}'}
    entries = "SELECT count(*) FROM evidence_entry WHERE act = 'staff_act' AND about = 'apple.suspend'"
    assert await work.rows.fetchval(entries) == 1
    assert (await audited(work, "SELECT")).flaws == []


@pytest.mark.parametrize(
    ("tampering", "flaw"),
    [
        ("UPDATE staff_act SET staff_id = gen_random_uuid()", "its row of staff_act was edited"),
        (
            "SET LOCAL session_replication_role = replica; DELETE FROM staff_act",
            "its row of staff_act was removed",
        ),
    ],
)
async def test_an_act_that_was_changed_is_named(
    work: FakeParticipants, officer: UUID, tampering: str, flaw: str
) -> None:
    assert officer
    assert [each for each in (await audited(work, tampering)).flaws if flaw in each]


@pytest.mark.parametrize("statement", ["UPDATE staff_act SET act = 'x'", "DELETE FROM staff_act", "TRUNCATE staff_act"])
async def test_the_working_role_can_only_add(work: FakeParticipants, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with work.database.transaction(Purpose.UPKEEP) as tx:
            await tx.run(statement)


@pytest.mark.parametrize(("days_left", "kept"), [(1, 1), (-1, 0)])
async def test_an_act_ends_after_six_years(work: FakeParticipants, days_left: int, kept: int) -> None:
    staff_id = uuid4()
    await work.rows.execute(OLD, staff_id, days_left)
    await end_evidence(work.database)
    assert await work.rows.fetchval("SELECT count(*) FROM staff_act WHERE staff_id = $1", staff_id) == kept


async def kept(work: FakeParticipants, table: str, key: str, of: UUID) -> int:
    """So many rows about something are left after the end of what is old."""
    await end_evidence(work.database)
    return int(await work.rows.fetchval(f"SELECT count(*) FROM {table} WHERE {key} = $1", of))  # noqa: S608 our own


async def six_years_ago(work: FakeParticipants, days_left: int) -> datetime:
    moment: datetime = await work.rows.fetchval("SELECT now() - interval '6 years' + $1 * interval '1 day'", days_left)
    return moment


@pytest.mark.parametrize(("days_left", "left"), [(1, 2), (-1, 0)])
async def test_who_did_what_about_a_breach_ends_with_its_last_step(
    work: FakeParticipants, days_left: int, left: int
) -> None:
    """What went wrong, and what was done, names nobody and stays."""
    breach, last = uuid4(), await six_years_ago(work, days_left)
    await work.rows.execute(BREACH, breach, [now() - LONG_AGO, last])
    assert await kept(work, "breach_event", "breach_id", breach) == left
    assert await kept(work, "breach", "breach_id", breach) == 1
    assert (await audited(work, "SELECT")).flaws == []


@pytest.mark.parametrize(("days_left", "left"), [(1, 2), (-1, 0)])
async def test_who_saw_to_a_notice_that_was_withdrawn_ends(work: FakeParticipants, days_left: int, left: int) -> None:
    notice, last = uuid4(), await six_years_ago(work, days_left)
    await work.rows.execute(NOTICE, notice, "withdrawn", None, [now() - LONG_AGO, last], None)
    assert await kept(work, "notice_event", "notice_id", notice) == left
    assert await kept(work, "notice", "notice_id", notice) == 1


@pytest.mark.parametrize(("days_left", "left"), [(1, 1), (-1, 0)])
async def test_who_approved_a_notice_ends_six_years_after_the_next_holds(
    work: FakeParticipants, days_left: int, left: int
) -> None:
    """The one that holds keeps its approval, however old it is."""
    before, holds, since = uuid4(), uuid4(), await six_years_ago(work, days_left)
    version = 1000 - 2 * days_left
    await work.rows.execute(NOTICE, before, "published", version, [now() - LONG_AGO], today() - LONG_AGO)
    await work.rows.execute(NOTICE, holds, "published", version + 1, [since], since.date())
    assert await kept(work, "notice_event", "notice_id", before) == left
    assert await kept(work, "notice_event", "notice_id", holds) == 1
