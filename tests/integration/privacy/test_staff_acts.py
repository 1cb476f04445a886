"""What staff do in any service is in the log of what was done, and nobody changes it unseen."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local.servers import Servers
from services.privacy.evidence.audit import Audited, audit
from services.privacy.evidence.checkpoints import verifier_keys
from services.privacy.jobs.evidence import end_evidence
from services.privacy.loops import EVIDENCE
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
