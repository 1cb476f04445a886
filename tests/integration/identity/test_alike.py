"""Whether an address is known can't be told from what a request does, and a form mails a few times, whoever asks."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from math import inf
from typing import Any
from uuid import UUID

import pytest

from deploy.population.identity import Person, insert_people
from services.identity import registration
from services.identity.authentication import prove_address
from services.identity.handlers.passwords import request_password_reset
from services.identity.passwords import Passwords
from services.identity.sign_ups.rules import SignUp, details
from services.identity.subject_ids import uuid7
from shared.contracts import identity
from shared.database import Database, Transaction
from shared.problems import Problem, Refused
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests.integration.identity.driver import PASSWORD, Driver, address

RESET = "Ustawianie nowego"
NEW_PASSWORD = "staple horse battery"
ROTATED = Keyring("identity", f"9:{'n' * 32},8:{'o' * 32},0:{'l' * 32}")
"""Hashes by older keys are looked for, too."""


class Recording:
    """A database that hands out such transactions."""

    def __init__(self, database: Database) -> None:
        self.database, self.statements = database, list[tuple[str, int]]()

    @contextlib.asynccontextmanager
    async def transaction(self, purpose: Purpose) -> AsyncIterator["Recorded"]:
        async with self.database.transaction(purpose) as tx:
            recorded = Recorded(tx)
            recorded.statements = self.statements
            yield recorded


class Recorded(Transaction):
    """A transaction that notes each statement and how many rows it read or wrote."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx.connection, tx.service, tx.purpose)
        self.statements: list[tuple[str, int]] = []

    async def rows(self, sql: str, *args: Any) -> Any:
        return self._noted(sql, await super().rows(sql, *args))

    async def row(self, sql: str, *args: Any) -> Any:
        row = await super().row(sql, *args)
        self._noted(sql, [] if row is None else [row])
        return row

    async def value(self, sql: str, *args: Any) -> Any:
        value = await super().value(sql, *args)
        self._noted(sql, [] if value is None else [value])
        return value

    async def run(self, sql: str, *args: Any) -> int:
        touched = await super().run(sql, *args)
        self.statements.append((sql, touched))
        return touched

    def _noted(self, sql: str, rows: list[Any]) -> list[Any]:
        self.statements.append((sql, len(rows)))
        return rows


async def sign_up(tx: Transaction, keyring: Keyring, email: str) -> None:
    request = identity.RegisterAccount(email=email, password=PASSWORD, full_name="Anna Nowak")
    await registration.register(tx, keyring, SignUp(details(request), "a hash"))


async def reset(tx: Transaction, keyring: Keyring, email: str) -> None:
    await request_password_reset(identity.RequestPasswordReset(email=email), tx, keyring)


async def known_address(driver: Driver, keyring: Keyring) -> str:
    anna = Person(uuid7(), address("known"), "Anna Nowak")
    async with driver.harness.superuser("identity") as database:
        await insert_people(database, [anna], keyring)
    return anna.email


@pytest.mark.parametrize("before", [0, 1, 5])
@pytest.mark.parametrize("ask", [sign_up, reset])
async def test_a_known_address_does_what_an_unknown_one_does(
    driver: Driver, ask: Callable[[Transaction, Keyring, str], Awaitable[None]], before: int
) -> None:
    """However often it was asked before."""
    done = []
    async with driver.harness.database("identity") as database:
        for email in (await known_address(driver, ROTATED), address("unknown")):
            for _ in range(before + 1):
                async with database.transaction(Purpose.SECURITY) as tx:
                    recorded = Recorded(tx)
                    await ask(recorded, ROTATED, email)
            done.append(recorded.statements)
    assert done[0] == done[1]
    assert done[0]


@pytest.mark.usefixtures("long_waits")
@pytest.mark.parametrize("before", [0, 2, 7])
@pytest.mark.parametrize("device_token", ["", "x" * 43])
async def test_a_wrong_password_does_the_same_for_known_and_unknown(
    driver: Driver, device_token: str, before: int
) -> None:
    """The lookups differ in what they find, and what is written does not."""
    passwords = Passwords(driver.identity_settings(argon2_memory_kib=8, argon2_time_cost=1))
    done = []
    async with driver.harness.database("identity") as database:
        for email in (await known_address(driver, ROTATED), address("unknown")):
            wrong = identity.SignIn(email=email, password="wrong horse", device_token=device_token)
            for _ in range(before + 1):
                recording: Any = Recording(database)
                with pytest.raises(Refused) as refused:
                    await prove_address(wrong, recording, ROTATED, passwords, inf)
            statements = [(sql, not _is_lookup(sql) and rows) for sql, rows in recording.statements]
            done.append((_but_for_the_seconds(refused.value.problem), statements))
    assert done[0] == done[1]
    assert done[0][1]


def _but_for_the_seconds(problem: Problem) -> str:
    """One may have waited for a moment longer than the other by now."""
    return re.sub(r"\d{3} s|(?<=retry_after\":)\d{3}", "", problem.model_dump_json())


def _is_lookup(sql: str) -> bool:
    return sql.lstrip().startswith("SELECT")


async def token_of(driver: Driver, email: str, count: int = 1) -> str:
    """The token of the newest mail."""
    return (await driver.mails(email, RESET, count))[-1].partition("Kod: ")[2].strip()


async def test_many_who_ask_for_a_new_password_cost_a_few_mails_and_keep_nobody_out(driver: Driver) -> None:
    anna = address("anna")
    await driver.member(anna)
    spellings = [anna, anna.upper(), anna.capitalize()]
    for n in range(10):
        await driver.ask(identity.RequestPasswordReset(email=spellings[n % 3]))
    await asyncio.gather(*(driver.ask(identity.RequestPasswordReset(email=anna)) for _ in range(15)))
    await driver.everything()  # waits for what is due
    assert 1 <= len(await driver.mails(anna, RESET)) <= 3
    await driver.ask(identity.ResetPassword(token=await token_of(driver, anna), password=NEW_PASSWORD))
    assert await driver.signed_in(anna, NEW_PASSWORD)


async def test_a_new_password_asked_for_too_often_is_mailed_when_it_is_due(driver: Driver) -> None:
    anna = address("anna")
    await driver.member(anna)
    before = await driver.value("SELECT now()")
    for count in (1, 2, 3):
        await driver.ask(identity.RequestPasswordReset(email=anna))
        await driver.mails(anna, RESET, count)
    for _ in range(5):
        await driver.ask(identity.RequestPasswordReset(email=anna))
    due = "SELECT due_at - interval '20 minutes' BETWEEN $2 AND now() FROM mail_request"
    assert await driver.value(f"{due} WHERE form = 'password-reset' AND email = $1", anna, before)
    move = "UPDATE mail_request SET due_at = now() WHERE form = 'password-reset' AND email = $1 RETURNING 1"
    await driver.value(move, anna)
    await driver.ask(identity.ResetPassword(token=await token_of(driver, anna, 4), password=NEW_PASSWORD))
    assert await driver.signed_in(anna, NEW_PASSWORD)


async def test_sign_ups_do_not_use_up_the_mails_of_a_reset(driver: Driver) -> None:
    anna = address("anna")
    person: UUID = await driver.member(anna)
    for _ in range(8):
        await driver.register(anna)
    await driver.ask(identity.RequestPasswordReset(email=anna))
    assert await token_of(driver, anna)
    told = "SELECT count(*) FROM service_mail WHERE subject_id = $1 AND template = 'already-registered'"
    assert await driver.value(told, person) == 1
