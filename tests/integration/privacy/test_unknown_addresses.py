"""Who asks for an address learns nothing of it: the same statements touch the same rows, whoever it belongs to."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.privacy.addresses import mailbox
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.cases import rules, store
from services.privacy.confirmed_requests import Confirmed, FormerUser, open_cases
from services.privacy.erasure import prepare_erasure
from services.privacy.handlers.case_requests import request_case
from services.privacy.handlers.case_tokens import request_token
from services.privacy.jobs.codes import send_codes
from services.privacy.register.loading import register
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.unconfirmed_requests import Request, take
from shared.clock import now
from shared.contracts import identity, privacy
from shared.contracts.privacy import OrderedSubject
from shared.database import Database, Transaction
from shared.mail.mailer import Mailer
from shared.problems import Refused
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests import harness as harnesses
from tests.harness import Harness
from tests.integration.marketing.driver import rows
from tests.mail_server import mail_server, text_of

OLD = Keyring("privacy", f"1:{'o' * 32}")
NEW = Keyring("privacy", f"2:{'n' * 32},1:{'o' * 32}")
SEAL = AddressSeal(NEW)
OWN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<!\d)\d{8}(?!\d)")
ORDERED = "UPDATE privacy_case SET state = 'ordered' WHERE case_id = $1"
"""What differs between any two mails: the request's id and its code."""


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    module_harness = await harnesses.build(servers, [PRIVACY, IDENTITY])
    yield module_harness
    await harnesses.tear_down(module_harness)


@pytest.fixture
async def database(harness: Harness) -> AsyncIterator[Database]:
    async with harness.database("privacy") as opened:
        yield opened


def an_address() -> str:
    return f"{uuid4().hex[:10]}@example.com"


async def with_case(database: Database, keyring: Keyring) -> tuple[str, OrderedSubject]:
    """The address of an open case, and its person."""
    email, person = an_address(), uuid4()
    opening = rules.opening(
        person,
        terminate_contract=True,
        language="pl",
        channel="member",
        verified_by="test",
        received_at=now(),
        cooling_off_s=3600,
    )
    async with database.transaction(Purpose.RIGHTS) as tx:
        address_hash = mailbox(keyring, email).newest
        case_id = await store.open_case(tx, opening, uuid4().hex, SEAL.close(email), address_hash)
    return email, OrderedSubject(subject_id=person, case_id=case_id, terminate_contract=True)


async def of_members(harness: Harness) -> tuple[str, str]:
    """An address that identity knows as a former one, and one that is somebody's."""
    former, present = an_address(), an_address()
    left = """WITH former AS (DELETE FROM confirmed_address RETURNING address_hash, subject_id, confirmed_at)
    INSERT INTO former_address (address_hash, subject_id, since) SELECT * FROM former"""
    async with harness.serve(PRIVACY, IDENTITY), harness.asking() as client:
        await client.request(identity.RecognizePerson(email=former))
        await rows(harness, left, service="identity")
        await client.request(identity.RecognizePerson(email=present))
    return former, present


async def erased(database: Database, harness: Harness) -> tuple[str, UUID]:
    """The address of somebody whose case is closed and whose id is a tombstone, and that id."""
    email, person = await with_case(database, NEW)
    async with database.transaction(Purpose.ERASURE) as tx:
        await tx.run(ORDERED, person.case_id)
        await prepare_erasure(tx, [person])
    await rows(harness, "UPDATE subject SET live = false WHERE subject_id = $1", person.subject_id, service="privacy")
    return email, person.subject_id


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every statement of a transaction with the number of rows it answered or touched."""
    statements: list[tuple[str, int]] = []

    def recorded(name: str, counted: Any) -> None:
        original = getattr(Transaction, name)

        async def record(tx: Transaction, sql: str, *args: Any) -> Any:
            answer = await original(tx, sql, *args)
            statements.append((sql, counted(answer)))
            return answer

        monkeypatch.setattr(Transaction, name, record)

    recorded("run", int)
    recorded("rows", len)
    recorded("row", lambda row: int(row is not None))
    recorded("value", lambda value: int(value is not None))
    return statements


@pytest.mark.parametrize("wanted", ["erasure", "access", "token"])
async def test_asking_does_the_same_whoever_the_address_belongs_to(
    harness: Harness, database: Database, done: list[tuple[str, int]], wanted: str
) -> None:
    """Nobody's, one that a member left, a member's, that of a case, of a case of before a rotation, of somebody
    erased; four times each."""
    open_case, before = await with_case(database, NEW), await with_case(database, OLD)
    emails = [
        an_address(),
        *await of_members(harness),
        open_case[0],
        before[0],
        (await erased(database, harness))[0],
    ]
    did: list[list[tuple[str, int]]] = []
    for email in emails:
        done.clear()
        for _ in range(4):
            async with database.transaction(Purpose.RIGHTS) as tx:
                if wanted != "token":
                    asked = privacy.RequestCase.model_validate({"email": email, "right": wanted})
                    answer = await request_case(asked, tx, SEAL, NEW, register())
                else:
                    answer = await request_token(privacy.RequestToken(email=email), tx, SEAL, NEW)
            assert answer.model_dump().keys() == {"id"}
        did.append(list(done))
    assert len(did[0]) > 8
    assert [each == did[0] for each in did] == [True] * len(emails)
    async with mail_server() as smtp:
        while await send_codes(database, Mailer(smtp.url, "Lethe <no-reply@lethe.example>"), NEW, SEAL):
            """More may be waiting."""
        mails = [[(m["Subject"], OWN.sub("", text_of(m))) for m in smtp.mails_to(email)] for email in emails]
    assert len(mails[0]) == 3
    assert [each == mails[0] for each in mails] == [True] * len(emails)


async def test_who_was_erased_meanwhile_has_no_open_case(harness: Harness, database: Database) -> None:
    """Between the answer of identity, whose address it was, and the transaction."""
    email, person = await erased(database, harness)
    request = Request("access", SEAL.close(email), False, "pl", now())
    asked = Confirmed(request, email, None, (FormerUser(person, None),), "access", None)
    with pytest.raises(Refused, match="erased"):
        async with database.transaction(Purpose.RIGHTS) as tx:
            await open_cases(tx, asked, uuid4().hex, SEAL, {"identity"}, 0)


async def test_asking_waits_for_nobody_who_works_on_the_case(harness: Harness, database: Database) -> None:
    """A case that is just being ordered is locked: whoever had to wait for it would know that it is there."""
    email, person = await with_case(database, OLD)
    async with harness.superuser("privacy") as ordering, ordering.transaction():
        await ordering.execute("SELECT FROM privacy_case WHERE case_id = $1 FOR UPDATE", person.case_id)
        await ordering.execute("SELECT lethe.lock_people(ARRAY[$1::uuid])", person.subject_id)
        async with database.transaction(Purpose.RIGHTS) as tx:
            await tx.run("SET LOCAL lock_timeout = '5s'")
            await request_case(privacy.RequestCase(email=email), tx, SEAL, NEW, register())
            await request_token(privacy.RequestToken(email=email), tx, SEAL, NEW)


@pytest.mark.parametrize(
    ("case_key", "request_key", "later_key"), [(OLD, NEW, NEW), (NEW, OLD, NEW), (OLD, OLD, NEW), (OLD, OLD, OLD)]
)
async def test_an_erasure_finds_requests_across_a_rotation(
    harness: Harness, database: Database, case_key: Keyring, request_key: Keyring, later_key: Keyring
) -> None:
    """The case may be of before, and so may the first request; the next one brings the requests to the newest key."""
    email, person = await with_case(database, case_key)
    other, asked = an_address(), {}
    for address, keyring in ((email, request_key), (other, request_key), (email, later_key)):
        request = Request("erasure", SEAL.close(address), True, "pl", now())
        async with database.transaction(Purpose.RIGHTS) as tx:
            asked[await take(tx, request, mailbox(keyring, address))] = address
    async with database.transaction(Purpose.ERASURE) as tx:
        await tx.run(ORDERED, person.case_id)
        await prepare_erasure(tx, [person])
    left = await rows(
        harness,
        "SELECT request_id FROM unconfirmed_request WHERE request_id = ANY ($1)",
        list(asked),
        service="privacy",
    )
    assert [asked[row["request_id"]] for row in left] == [other]
