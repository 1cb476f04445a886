"""The password policy, and Argon2id that takes as long for unknown accounts."""

import unicodedata
from statistics import median
from time import perf_counter

import pytest
from argon2 import PasswordHasher

from services.identity.passwords import Passwords, check_password
from services.identity.settings import IdentitySettings
from shared.problems import Refused


def settings(**values: int) -> IdentitySettings:
    return IdentitySettings.model_validate({"amqp_url": "amqp://x", "keys": "1:" + "k" * 32} | values)


@pytest.mark.parametrize("password", ["password", "Haslo1234", "QWERTYUIOP", "anna.nowak", "Anna.Nowak@example.com"])
def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Refused) as refused:
        check_password(password, "anna.nowak@example.com")
    assert [e.field for e in refused.value.problem.errors] == ["password"]


def test_a_password_needs_no_composition() -> None:
    check_password("correct horse battery", "anna.nowak@example.com")


async def test_an_unknown_account_takes_as_long_as_a_wrong_password() -> None:
    passwords = Passwords(settings(argon2_time_cost=4))
    encoded = await passwords.hash("correct horse battery")

    async def seconds(stored: str | None) -> float:
        start = perf_counter()
        assert not await passwords.verify(stored, "wrong horse battery")
        return perf_counter() - start

    known = median([await seconds(encoded) for _ in range(7)])
    unknown = median([await seconds(None) for _ in range(7)])
    assert unknown > known / 2


async def test_hashes_are_argon2id_with_the_parameters_and_become_outdated_when_they_rise() -> None:
    weak, strong = Passwords(settings()), Passwords(settings(argon2_time_cost=3))
    encoded = await weak.hash("correct horse battery")
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await strong.verify(encoded, "correct horse battery")
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
        encoded = await passwords.hash(chosen)
        assert [await passwords.verify(encoded, typed) for typed in forms] == [True, True]
        assert not await passwords.verify(encoded, password.replace("\u00f3", "o") + "x")


async def test_a_password_that_was_set_before_they_were_composed_still_opens() -> None:
    typed = unicodedata.normalize("NFD", "za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105")
    assert await Passwords(settings()).verify(PasswordHasher(time_cost=1, memory_cost=64).hash(typed), typed)


async def test_a_broken_hash_matches_nothing() -> None:
    assert not await Passwords(settings()).verify("not a hash", "correct horse battery")
