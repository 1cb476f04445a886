"""Letters and mailed codes: each mail's fate is its own, and none is tried for ever."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP
from structlog.testing import capture_logs

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.privacy import unconfirmed_requests
from services.privacy.addresses import Mailbox
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.cases import rules, store
from services.privacy.jobs.codes import send_codes
from services.privacy.jobs.desk_letters import send_desk_letters
from services.privacy.jobs.letters import send_letters
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from services.privacy.unconfirmed_requests import CODE, MAX_TRIES, Request
from shared.clock import now
from shared.contracts import privacy
from shared.database import Database
from shared.loops import backoff
from shared.mail.delivery import MailQueue
from shared.mail.mailer import Mailer, MailFailed
from shared.messaging.request_client import RequestClient
from shared.problems import Refused
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests import harness as harnesses
from tests.harness import Harness, eventually
from tests.integration.marketing.driver import rows
from tests.mail_server import MailServer, mail_server

FORGOTTEN = AddressSeal(Keyring("privacy", f"1:{uuid4()}"))
LAST_ATTEMPT = MailQueue.last_attempt


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """Who takes requests by e-mail address; nobody runs until a test says so."""
    module_harness = await harnesses.build(servers, [IDENTITY, PRIVACY])
    yield module_harness
    await harnesses.tear_down(module_harness)


@pytest.fixture
async def database(harness: Harness) -> AsyncIterator[Database]:
    async with harness.database("privacy") as opened:
        yield opened


@pytest.fixture
async def smtp() -> AsyncIterator[MailServer]:
    async with mail_server() as opened:
        yield opened


@pytest.fixture
def keyring(harness: Harness) -> Keyring:
    return Keyring("privacy", harness.settings["keys"])


@pytest.fixture
def seal(keyring: Keyring) -> AddressSeal:
    return AddressSeal(keyring)


@pytest.fixture
def settings(harness: Harness) -> PrivacySettings:
    return PrivacySettings.model_validate({"amqp_url": "amqp://x", "ledger": "x", "keys": harness.settings["keys"]})


def sender(smtp: MailServer) -> Mailer:
    return Mailer(smtp.url, "Lethe <no-reply@lethe.example>")


def address() -> str:
    return f"{uuid4().hex[:10]}@example.com"


async def case_with(database: Database, sealed: bytes) -> UUID:
    """A case whose receipt is due."""
    opening = rules.opening(
        uuid4(),
        terminate_contract=True,
        language="pl",
        channel="member",
        verified_by="test",
        received_at=now(),
        cooling_off_s=3600,
    )
    async with database.transaction(Purpose.RIGHTS) as tx:
        return await store.open_case(tx, opening, uuid4().hex, sealed)


async def closed(harness: Harness, case_id: UUID) -> None:
    """Let a case be closed by an order that asked nobody."""
    order = """
    WITH stored AS (INSERT INTO erasure_order (order_id, open, subjects, cases, body)
      SELECT $2, false, ARRAY[subject_id], ARRAY[case_id], '{}' FROM privacy_case WHERE case_id = $1)
    UPDATE privacy_case SET state = 'closed', closed_at = now(), letter = 'outcome', order_id = $2 WHERE case_id = $1
    """
    await rows(harness, "UPDATE privacy_case SET state = 'ordered' WHERE case_id = $1", case_id, service="privacy")
    await rows(harness, order, case_id, uuid4(), service="privacy")


async def request_with(database: Database, sealed: bytes) -> UUID:
    """A request whose code is due."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        return await unconfirmed_requests.store(
            tx, Request("erasure", sealed, True, "pl", now()), Mailbox(uuid4().bytes, ())
        )


async def of(harness: Harness, table: str, one: UUID, columns: str) -> Mapping[str, Any]:
    """What is stored of a case or request."""
    key = "case_id" if table == "privacy_case" else "request_id"
    (row,) = await rows(harness, f"SELECT {columns} FROM {table} WHERE {key} = $1", one, service="privacy")  # noqa: S608
    return row


async def change(harness: Harness, table: str, one: UUID, values: str) -> None:
    """Let time pass for a case or request."""
    key = "case_id" if table == "privacy_case" else "request_id"
    await rows(harness, f"UPDATE {table} SET {values} WHERE {key} = $1", one, service="privacy")  # noqa: S608


# ── A mail that can't be made ───────────────────────────────────────────────────────────────────


async def test_a_letter_that_cannot_be_made_holds_up_no_other(
    harness: Harness, database: Database, smtp: MailServer, seal: AddressSeal, settings: PrivacySettings
) -> None:
    good = address()
    well = await case_with(database, seal.close(good))
    bad = await case_with(database, FORGOTTEN.close(address()))
    await change(harness, "privacy_case", bad, "letter_tries = 10")
    await send_letters(database, sender(smtp), seal, settings)
    assert (await of(harness, "privacy_case", well, "letter"))["letter"] is None
    assert len(smtp.mails_to(good)) == len(smtp.arrived) == 1
    later = await of(
        harness, "privacy_case", bad, "letter, letter_tries, letter_due_at > now() + interval '15 minutes' AS waits"
    )
    assert later == {"letter": "receipt", "letter_tries": 11, "waits": True}


async def test_a_code_that_cannot_be_made_holds_up_no_other(
    harness: Harness, database: Database, smtp: MailServer, seal: AddressSeal, keyring: Keyring
) -> None:
    good = address()
    well = await request_with(database, seal.close(good))
    bad = await request_with(database, FORGOTTEN.close(address()))
    await change(harness, "unconfirmed_request", bad, "mail_tries = 10")
    await send_codes(database, sender(smtp), keyring, seal)
    assert (await of(harness, "unconfirmed_request", well, "sent_at IS NOT NULL AS sent"))["sent"]
    assert len(smtp.mails_to(good)) == len(smtp.arrived) == 1
    later = await of(
        harness, "unconfirmed_request", bad, "sent_at, mail_tries, mail_due_at > now() + interval '15 minutes' AS waits"
    )
    assert later == {"sent_at": None, "mail_tries": 11, "waits": True}


# ── Trying a code ───────────────────────────────────────────────────────────────────────────────


async def mailed(harness: Harness, database: Database, seal: AddressSeal, keyring: Keyring) -> tuple[UUID, str, str]:
    """A request whose code was mailed just now, with the right code and a wrong one."""
    request_id = await request_with(database, seal.close(address()))
    await change(harness, "unconfirmed_request", request_id, "sent_at = now(), code_from = now()")
    right = keyring.code(CODE, request_id.bytes)
    return request_id, right, f"{(int(right) + 1) % 10**8:08d}"


async def answer(client: RequestClient, request_id: UUID, code: str) -> int:
    """How a try ends: 201 when the case is open."""
    try:
        await client.request(privacy.ConfirmCase(request_id=request_id, code=code, token=uuid4().hex))
    except Refused as refused:
        return refused.problem.status
    return 201


async def tries(harness: Harness, request_id: UUID) -> int:
    return int((await of(harness, "unconfirmed_request", request_id, "tries"))["tries"])


async def test_a_right_code_outlasts_an_absent_identity(
    harness: Harness, database: Database, seal: AddressSeal, keyring: Keyring
) -> None:
    request_id, right, _ = await mailed(harness, database, seal, keyring)
    async with harness.serve(PRIVACY), harness.asking() as client:
        assert [await answer(client, request_id, right) for _ in range(MAX_TRIES + 1)] == [503] * (MAX_TRIES + 1)
        assert await tries(harness, request_id) == 0
        async with harness.serve(IDENTITY):
            assert await answer(client, request_id, right) == 201


async def test_guesses_made_at_once_are_no_more_than_five(
    harness: Harness, database: Database, seal: AddressSeal, keyring: Keyring
) -> None:
    request_id, right, wrong = await mailed(harness, database, seal, keyring)
    async with harness.serve(PRIVACY), harness.asking() as client:
        guesses = await asyncio.gather(*(answer(client, request_id, wrong) for _ in range(4 * MAX_TRIES)))
        assert set(guesses) == {422}
        assert await answer(client, request_id, right) == 422
    assert await tries(harness, request_id) == MAX_TRIES


WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%unconfirmed_request%'
"""


async def test_a_right_code_waits_for_the_wrong_ones_before_it(
    harness: Harness, database: Database, seal: AddressSeal, keyring: Keyring
) -> None:
    request_id, right, _ = await mailed(harness, database, seal, keyring)
    count = "UPDATE unconfirmed_request SET tries = $2 WHERE request_id = $1"
    async with harness.serve(PRIVACY), harness.asking() as client, harness.superuser("privacy") as watching:
        async with harness.superuser("privacy") as guessing, guessing.transaction():
            await guessing.execute(count, request_id, MAX_TRIES)
            answered = asyncio.create_task(answer(client, request_id, right))

            async def is_in_line() -> bool:
                return bool(await watching.fetchval(WAITING)) or answered.done()

            await eventually(is_in_line)
        assert await answered == 422


# ── A mail that will never arrive ───────────────────────────────────────────────────────────────


@pytest.fixture
async def plain_mail_server() -> AsyncIterator[MailServer]:
    """A mail server without SMTPUTF8 (RFC 6531)."""
    opened = MailServer()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(opened), "127.0.0.1", 0)
    opened.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield opened


async def outcome(mailer: Mailer, to: str) -> str:
    with pytest.raises(MailFailed) as failed:
        await mailer.send(to, "Hello", "text", message_id=mailer.message_id(1))
    assert "@" not in str(failed.value)
    return failed.value.outcome


async def test_an_address_that_the_server_can_never_take_is_refused(plain_mail_server: MailServer) -> None:
    assert await outcome(sender(plain_mail_server), "żółw@example.com") == "refused"
    ours = Mailer(plain_mail_server.url, "Lethe <żółw@lethe.example>")
    assert await outcome(ours, "anna@example.com") == "not sent"


async def test_a_refused_outcome_takes_its_address_along(
    harness: Harness, database: Database, plain_mail_server: MailServer, seal: AddressSeal, settings: PrivacySettings
) -> None:
    case_id = await case_with(database, seal.close(f"żółw.{address()}"))
    await closed(harness, case_id)
    await send_letters(database, sender(plain_mail_server), seal, settings)
    left = await of(harness, "privacy_case", case_id, "letter, sealed_address")
    assert left == {"letter": None, "sealed_address": None}


@pytest.mark.parametrize(
    ("letter", "tried", "left"),
    [
        ("outcome", LAST_ATTEMPT - 2, {"letter": "outcome", "kept": True}),
        ("outcome", LAST_ATTEMPT - 1, {"letter": None, "kept": False}),
        ("withdrawn", LAST_ATTEMPT - 1, {"letter": None, "kept": False}),
        ("receipt", LAST_ATTEMPT - 1, {"letter": None, "kept": True}),
    ],
)
async def test_a_letter_is_given_up_after_its_last_try(
    harness: Harness,
    database: Database,
    smtp: MailServer,
    seal: AddressSeal,
    settings: PrivacySettings,
    letter: str,
    tried: int,
    left: dict[str, Any],
) -> None:
    to = address()
    smtp.answers[to] = "451 Later"
    case_id = await case_with(database, seal.close(to))
    await closed(harness, case_id)
    await change(harness, "privacy_case", case_id, f"letter = '{letter}', letter_tries = {tried}")
    with capture_logs() as logs:
        await send_letters(database, sender(smtp), seal, settings)
    assert await of(harness, "privacy_case", case_id, "letter, sealed_address IS NOT NULL AS kept") == left
    given_up = [line for line in logs if line["event"] == "mail given up"]
    assert len(given_up) == (left != {"letter": letter, "kept": True})
    assert to not in str(logs)


# ── Two letters of one case ─────────────────────────────────────────────────────────────────────


async def issued(harness: Harness, case_id: UUID) -> UUID:
    """A letter of the desk that is due."""
    letter_id = uuid4()
    issue = """
    INSERT INTO case_letter (letter_id, case_id, subject_id, kind, title, text)
    SELECT $2, case_id, subject_id, 'extension', 'Later', 'Two months more.' FROM privacy_case WHERE case_id = $1
    """
    await rows(harness, issue, case_id, letter_id, service="privacy")
    return letter_id


async def test_a_letter_of_the_desk_waits_once_for_the_cases_own(
    harness: Harness, database: Database, smtp: MailServer, seal: AddressSeal, settings: PrivacySettings
) -> None:
    to = address()
    case_id = await case_with(database, seal.close(to))
    await issued(harness, case_id)
    for tries, arrived in ((0, 0), (1, 0), (2, 1)):
        await change(harness, "privacy_case", case_id, f"letter_tries = {tries}, letter_due_at = 'infinity'")
        await send_desk_letters(database, sender(smtp), seal, settings)
        assert len(smtp.mails_to(to)) == arrived, tries


async def test_the_last_letter_of_a_case_takes_its_address(
    harness: Harness, database: Database, smtp: MailServer, seal: AddressSeal, settings: PrivacySettings
) -> None:
    to = address()
    case_id = await case_with(database, seal.close(to))
    await closed(harness, case_id)
    await issued(harness, case_id)
    for send, mails, kept in ((send_letters, 1, True), (send_desk_letters, 2, False)):
        await send(database, sender(smtp), seal, settings)
        assert len(smtp.mails_to(to)) == mails
        assert await of(harness, "privacy_case", case_id, "sealed_address IS NOT NULL AS kept") == {"kept": kept}


def test_the_last_attempt_comes_after_thirty_days() -> None:
    waits = [backoff(attempt, MailQueue.first_wait_s, MailQueue.longest_wait_s) for attempt in range(1, LAST_ATTEMPT)]
    assert [timedelta(seconds=sum(waits[:-1])).days, timedelta(seconds=sum(waits)).days] == [29, 30]
