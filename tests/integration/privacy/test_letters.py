"""Letters and mailed codes: each mail's fate is its own, and none is tried for ever."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.cases import rules
from services.privacy.cases.handlers import admit
from services.privacy.letters import send_letters
from services.privacy.sealing import Seal
from services.privacy.unconfirmed import NOTE, send_codes
from shared.clock import now
from shared.database import Database
from shared.mail import Mailer
from shared.purposes import Purpose
from tests import house as houses
from tests.house import House
from tests.integration.marketing.steps import PostOffice, post_office, rows

PROVIDER = "Poczta.example sp. z o.o."
EARLIER = Seal(Fernet.generate_key().decode())


@pytest.fixture(scope="module")
async def house(servers: Servers) -> AsyncIterator[House]:
    """Who takes requests by e-mail address; nobody runs until a test says so."""
    made = await houses.build(servers, [IDENTITY, PRIVACY])
    yield made
    await houses.tear_down(made)


@pytest.fixture
async def database(house: House) -> AsyncIterator[Database]:
    async with house.database("privacy") as opened:
        yield opened


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with post_office() as opened:
        yield opened


@pytest.fixture
def seal(house: House) -> Seal:
    return Seal(house.settings["sealing_key"])


def sender(office: PostOffice) -> Mailer:
    return Mailer(office.url, "Lethe <no-reply@lethe.example>")


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
        return (await admit(tx, opening, uuid4().hex, sealed)).id


async def request_with(database: Database, sealed: bytes) -> UUID:
    """A request whose code is due."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        return UUID(str(await tx.value(NOTE, sealed, True, "pl", now())))


async def of(house: House, table: str, one: UUID, columns: str) -> Mapping[str, Any]:
    """What is stored of a case or request."""
    key = "case_id" if table == "privacy_case" else "request_id"
    (row,) = await rows(house, f"SELECT {columns} FROM {table} WHERE {key} = $1", one, service="privacy")  # noqa: S608
    return row


async def change(house: House, table: str, one: UUID, values: str) -> None:
    """Let time pass for a case or request."""
    key = "case_id" if table == "privacy_case" else "request_id"
    await rows(house, f"UPDATE {table} SET {values} WHERE {key} = $1", one, service="privacy")  # noqa: S608


# ── A mail that can't be made ───────────────────────────────────────────────────────────────────


async def test_a_letter_that_cannot_be_made_holds_up_no_other(
    house: House, database: Database, office: PostOffice, seal: Seal
) -> None:
    """Guard: hand_over_all in services/privacy/post.py takes each failure apart; seen to fail without it."""
    good = address()
    well = await case_with(database, seal.close(good))
    bad = await case_with(database, EARLIER.close(address()))
    await change(house, "privacy_case", bad, "letter_tries = 10")
    await send_letters(database, sender(office), seal, PROVIDER)
    assert (await of(house, "privacy_case", well, "letter"))["letter"] is None
    assert len(office.mails_to(good)) == len(office.arrived) == 1
    later = await of(
        house, "privacy_case", bad, "letter, letter_tries, letter_due_at > now() + interval '15 minutes' AS waits"
    )
    assert later == {"letter": "receipt", "letter_tries": 11, "waits": True}


async def test_a_code_that_cannot_be_made_holds_up_no_other(
    house: House, database: Database, office: PostOffice, seal: Seal
) -> None:
    """Guard: hand_over_all in services/privacy/post.py takes each failure apart; seen to fail without it."""
    good = address()
    well = await request_with(database, seal.close(good))
    bad = await request_with(database, EARLIER.close(address()))
    await change(house, "unconfirmed_request", bad, "mail_tries = 10")
    await send_codes(database, sender(office), seal)
    assert (await of(house, "unconfirmed_request", well, "sent_at IS NOT NULL AS sent"))["sent"]
    assert len(office.mails_to(good)) == len(office.arrived) == 1
    later = await of(
        house, "unconfirmed_request", bad, "sent_at, mail_tries, mail_due_at > now() + interval '15 minutes' AS waits"
    )
    assert later == {"sent_at": None, "mail_tries": 11, "waits": True}
