"""A gateway in an attacker's hands, with its real account: nothing happens to people who are not there."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import asyncpg
import httpx
import pytest
from prometheus_client import REGISTRY

from deploy.local.servers import Servers
from services.gateway import recent_sessions
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.assertions import Signer, new_signing_key
from shared.clock import now
from shared.contracts import identity, licensing, privacy
from shared.contracts.actors import Actor, Staff
from shared.contracts.message import GATEWAY, Request
from shared.contracts.schemas import published
from shared.messaging.request_client import RequestClient
from shared.problems import Refused, Unavailable
from shared.secrets import digest
from tests import harness as harnesses
from tests.gateway import bearer, problem, sign_up, signed_out
from tests.harness import PATIENCE_S, Harness

Contract = type[Request[Any]]


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with harnesses.serving(servers, IDENTITY, PRIVACY, LICENSING, MARKETING) as served:
        yield served


class Attacker(RequestClient):
    """All that the gateway's process holds is its account. It writes what it likes into a body."""

    def __init__(self, harness: Harness) -> None:
        super().__init__(harness.amqp[GATEWAY], "taken over")
        self.victim: UUID | None = None

    async def publish(self, exchange: str, routing_key: str, message: aio_pika.Message) -> None:
        message.body = json.dumps(json.loads(message.body) | {"subject_id": str(self.victim)}).encode()
        await super().publish(exchange, routing_key, message)

    async def status(self, request: Request[Any], assertion: str = "") -> int:
        """What is answered, with the victim's id in the body."""
        try:
            await self.request(request, timeout_s=PATIENCE_S, assertion=assertion)
        except Refused as refused:
            return refused.problem.status
        return 200


@pytest.fixture
async def attacker(harness: Harness) -> AsyncIterator[Attacker]:
    client = Attacker(harness)
    client.victim = await somebody(harness)
    yield client
    await client.close()


async def somebody(harness: Harness) -> UUID:
    """A person with an account, who is not asking for anything."""
    person = uuid4()
    async with harness.superuser("identity") as database:
        await database.execute("INSERT INTO subject VALUES ($1)", person)
        account = "INSERT INTO account (subject_id, email, full_name) VALUES ($1, $2, 'Anna Nowak')"
        await database.execute(account, person, f"{person.hex}@example.com")
    return person


def demanding() -> list[Contract]:
    """The contracts that the gateway may ask and that demand an actor."""
    return [c for c in published() if issubclass(c, Request) and c.actor and GATEWAY in c.askers]


async def test_nothing_happens_without_the_word_of_identity(attacker: Attacker) -> None:
    """No word, or one by an own key: every act of members and staff is refused before its body is read."""
    forger = Signer.of(new_signing_key())
    assert len(demanding()) > 30
    for contract in demanding():
        staff = contract.actor if isinstance(contract.actor, Staff) else None
        actor = Actor(
            attacker.victim or uuid4(), "staff" if staff else "member", now(), staff.roles if staff else (), True
        )
        for assertion in ("", forger.sign(actor)):
            assert await attacker.status(contract.model_construct(), assertion) == 401, contract.type


async def test_an_address_is_not_the_gateways_to_ask(attacker: Attacker) -> None:
    assert attacker.victim
    asked: tuple[Request[Any], ...] = (
        identity.TellAddress(subject_id=attacker.victim),
        identity.RecognizePerson(email="anna@example.com"),
    )
    for request in asked:
        with pytest.raises(Unavailable):
            await attacker.request(request, timeout_s=PATIENCE_S)


async def test_a_member_who_is_there_speaks_for_nobody_else(harness: Harness, attacker: Attacker) -> None:
    """The attacker has an account, too, and signs in: case, profile, permissions and licenses are the own ones."""
    own = await somebody(harness)
    word = harness.signer.sign(Actor(own, "member", now()))
    acts: list[Request[Any]] = [
        identity.ChangeProfile(full_name="Mallory"),
        privacy.OpenCase(right="erasure", token="a token of the attacker"),
    ]
    assert [await attacker.status(act, word) for act in acts] == [200, 200]
    for act in (licensing.SuspendLicense(license_id=uuid4()), licensing.RecordTransfer(order_id=uuid4())):
        assert await attacker.status(act, word) == 403
    async with harness.superuser("privacy") as cases, harness.superuser("identity") as accounts:
        erased = await cases.fetch("SELECT subject_id FROM privacy_case")
        renamed = await accounts.fetch("SELECT subject_id FROM account WHERE full_name = 'Mallory'")
    assert {row["subject_id"] for row in erased} == {own}
    assert not {row["subject_id"] for row in renamed} & {attacker.victim}


async def authentications(harness: Harness, client: httpx.AsyncClient, who: dict[str, str], times: int) -> float:
    """How many questions to identity so many requests of a session cost."""
    labels = {"type": identity.Authenticate.type, "status": "200"}
    before = REGISTRY.get_sample_value("lethe_requests_total", labels) or 0
    for _ in range(times):
        assert (await client.get("/me/sessions", headers=who)).status_code == 200
    return (REGISTRY.get_sample_value("lethe_requests_total", labels) or 0) - before


async def test_a_member_costs_one_question_more_and_none_within_a_second(
    harness: Harness, client: httpx.AsyncClient, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = await sign_up(client, mail)
    monkeypatch.setattr(recent_sessions, "SECONDS", 600)
    assert await authentications(harness, client, bearer(token), 5) == 1


async def test_the_end_of_a_session_is_the_end_within_a_second(
    harness: Harness, client: httpx.AsyncClient, mail: Path
) -> None:
    """Ended elsewhere: this gateway does not hear of it, and what it knew is no longer believed."""
    _, token = await sign_up(client, mail)
    assert (await client.get("/me", headers=bearer(token))).status_code == 200
    async with harness.superuser("identity") as database:
        await database.execute("DELETE FROM session WHERE token_hash = $1", digest(token))
    await signed_out(client, token)
    assert recent_sessions.SECONDS == 1


async def test_who_signs_out_here_is_forgotten_at_once(
    client: httpx.AsyncClient, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = await sign_up(client, mail)
    monkeypatch.setattr(recent_sessions, "SECONDS", 600)
    assert (await client.get("/me", headers=bearer(token))).status_code == 200
    assert (await client.delete("/sessions/current", headers=bearer(token))).status_code == 204
    problem(await client.get("/me", headers=bearer(token)), 401)


async def test_a_services_account_enters_no_other_database(harness: Harness) -> None:
    entered = []
    for service, urls in harness.databases.items():
        for other in harness.databases.keys() - {service}:
            with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
                await (await asyncpg.connect(f"{urls.app.rpartition('/')[0]}/{other}_{harness.name}")).close()
                entered.append((service, other))
    assert (entered, len(harness.databases)) == ([], 4)
