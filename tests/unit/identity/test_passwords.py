"""The password policy, and Argon2id that takes as long for unknown accounts."""

import asyncio
import threading
import time
import unicodedata
from math import inf

import pytest
from argon2 import PasswordHasher, extract_parameters

from services.identity.passwords import (
    HASHING_AT_ONCE,
    MOST_WAITING,
    MOST_WAITING_FOR_NEW,
    Passwords,
    check_password,
)
from services.identity.settings import IdentitySettings
from shared.assertions import new_signing_key
from shared.problems import Refused

BARE = {"amqp_url": "amqp://x", "keys": "1:" + "k" * 32, "assertion_signing_key": new_signing_key()}


def settings(**values: int) -> IdentitySettings:
    return IdentitySettings.model_validate(BARE | values)


@pytest.mark.parametrize("password", ["password", "Haslo1234", "QWERTYUIOP", "anna.nowak", "Anna.Nowak@example.com"])
def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Refused) as refused:
        check_password(password, "anna.nowak@example.com")
    assert [e.field for e in refused.value.problem.errors] == ["password"]


def test_a_password_needs_no_composition() -> None:
    check_password("correct horse battery", "anna.nowak@example.com")


async def test_an_unknown_account_takes_as_long_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work: hashes with the same parameters. Clocks tell less on a busy machine."""
    passwords, work = Passwords(settings(argon2_time_cost=4)), []
    encoded, verify = await passwords.hash("correct horse battery", inf), PasswordHasher.verify

    def counted(hasher: PasswordHasher, stored: str, password: str) -> bool:
        work.append(extract_parameters(stored))
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    assert not await passwords.verify(encoded, "wrong horse battery", inf)
    assert not await passwords.verify(None, "wrong horse battery", inf)
    assert work == [extract_parameters(encoded)] * 2


async def test_hashes_are_argon2id_with_the_parameters_and_become_outdated_when_they_rise() -> None:
    weak, strong = Passwords(settings()), Passwords(settings(argon2_time_cost=3))
    encoded = await weak.hash("correct horse battery", inf)
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await strong.verify(encoded, "correct horse battery", inf)
    assert strong.outdated(encoded)
    assert not weak.outdated(encoded)


@pytest.mark.parametrize(
    "password",
    [
        "za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105",
        "\u00c5ngstr\u00f6m 123",
        "\ud55c\uae00 \uc554\ud638 9",
        "\u1ed9 d\u00e0i",
    ],
)
async def test_the_same_letters_are_the_same_password(password: str) -> None:
    passwords = Passwords(settings())
    forms = [unicodedata.normalize(form, password) for form in ("NFC", "NFD")]
    assert forms[0] != forms[1]
    for chosen in forms:
        encoded = await passwords.hash(chosen, inf)
        assert [await passwords.verify(encoded, typed, inf) for typed in forms] == [True, True]
        assert not await passwords.verify(encoded, password.replace("\u00f3", "o") + "x", inf)


async def test_a_password_that_was_set_before_they_were_composed_still_opens() -> None:
    typed = unicodedata.normalize("NFD", "za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105")
    assert await Passwords(settings()).verify(PasswordHasher(time_cost=1, memory_cost=64).hash(typed), typed, inf)


async def test_a_broken_hash_matches_nothing() -> None:
    assert not await Passwords(settings()).verify("not a hash", "correct horse battery", inf)


class Stalled(Passwords):
    """Hashing that goes on when the test says so, and counts what was done."""

    def __init__(self) -> None:
        super().__init__(settings())
        self.go_on, self.done = threading.Event(), 0

    def _matches(self, _encoded: str, _password: str) -> bool:
        self.go_on.wait(60)
        self.done += 1
        return True


async def waiting(stalled: Stalled, count: int, deadline: float = inf) -> list["asyncio.Task[bool]"]:
    """So many at work or in the queue."""
    tasks = [asyncio.create_task(stalled.verify("a hash", "a password", deadline)) for _ in range(count)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_beyond_the_queue_a_password_is_refused_for_a_moment() -> None:
    stalled = Stalled()
    tasks = await waiting(stalled, HASHING_AT_ONCE + MOST_WAITING)
    with pytest.raises(Refused) as refused:
        async with asyncio.timeout(60):  # else it would wait with the others for ever
            await stalled.verify("a hash", "a password", inf)
    assert (refused.value.problem.status, refused.value.problem.retry_after) == (503, 2)
    stalled.go_on.set()
    assert all(await asyncio.gather(*tasks))
    assert await stalled.verify("a hash", "a password", inf)


async def test_new_passwords_leave_room_for_those_who_sign_in() -> None:
    stalled = Stalled()
    tasks = await waiting(stalled, HASHING_AT_ONCE + MOST_WAITING_FOR_NEW)
    with pytest.raises(Refused) as refused:
        async with asyncio.timeout(60):
            await stalled.hash("a password", inf)
    assert refused.value.problem.status == 503
    tasks += await waiting(stalled, MOST_WAITING - MOST_WAITING_FOR_NEW)
    stalled.go_on.set()
    assert all(await asyncio.gather(*tasks))


async def test_nothing_is_done_for_an_asker_who_has_given_up() -> None:
    stalled = Stalled()
    busy = await waiting(stalled, HASHING_AT_ONCE)
    late = await waiting(stalled, 5, deadline=time.time() - 1)
    stalled.go_on.set()
    assert all(await asyncio.gather(*busy))
    for refusal in await asyncio.gather(*late, return_exceptions=True):
        assert isinstance(refusal, Refused)
    assert stalled.done == HASHING_AT_ONCE


async def test_an_asker_who_leaves_the_queue_makes_room() -> None:
    stalled = Stalled()
    tasks = await waiting(stalled, HASHING_AT_ONCE + MOST_WAITING)
    tasks[-1].cancel()
    await asyncio.gather(tasks.pop(), return_exceptions=True)
    tasks += await waiting(stalled, 1)
    stalled.go_on.set()
    assert all(await asyncio.gather(*tasks))
