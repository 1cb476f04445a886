"""License keys: how they are typed, hashed and sealed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing.licenses import keys
from services.licensing.licenses.keys import KeyMint
from shared.secrets import Keyring

OLD = f"1:{'o' * 32}"
BEFORE_KEY_IDS = "a-sealing-key-of-32-characters!!"
SEALED_BEFORE_KEY_IDS = (
    b"gAAAAABrBzC8PR7YD43_FflHcRVMND9P8NILxUjTH5w_U-I6796dtFHgGTeUcO8SA1oGi2cTg0W9b6QxTEyJdwhw8xwfvH672E2e"
    b"TXgkgamFG3zhpGM57ijbLTTh3Et25Lwj9OcGUs-M"
)


def test_a_key_survives_the_ways_people_type_it() -> None:
    key = keys.new_key()
    assert keys.normalized(f" {key.lower().replace('-', ' ')} ") == key
    assert keys.normalized(key.replace("0", "O").replace("1", "I")) == key


@pytest.mark.parametrize(
    "hyphen", [*map(chr, range(0x2010, 0x2016)), "\u2212", "\u00ad", "\uff0d", "\u200b", ".", " - "]
)
def test_a_key_survives_the_hyphens_of_mail_and_word_processors(hyphen: str) -> None:
    key = keys.new_key()
    assert keys.normalized(key.replace("-", hyphen)) == key


@pytest.mark.parametrize(
    "around",
    ['"{}"', "\u201e{}\u201d", "\ufeff{}", "\u2068{}\u2069", "<{}>", "\u200e{}", "{}.\r\n", "{}\u00a0"],
)
def test_a_key_survives_what_stands_around_it(around: str) -> None:
    key = keys.new_key()
    assert keys.normalized(around.format(key)) == key


def test_a_key_survives_full_width_and_invisible_characters_in_it() -> None:
    key = keys.new_key()
    assert keys.normalized("".join(chr(ord(c) + 0xFEE0) for c in key)) == key
    for invisible in ("\u200b", "\u200d", "\u2060", "\u00ad"):
        assert keys.normalized(invisible.join(key)) == key


def test_letters_of_another_script_are_no_key() -> None:
    """A Cyrillic letter that looks like a Latin one is not guessed at."""
    assert keys.normalized(keys.key_of("A" * 23).replace("A", "\u0410")) is None


@given(position=st.integers(0, 22), shift=st.integers(1, 31), number=st.integers(0, 32**23 - 1))
def test_a_mistyped_symbol_hardly_ever_makes_a_key(position: int, shift: int, number: int) -> None:
    symbols = "".join(keys.ALPHABET[(number >> (5 * i)) % 32] for i in range(23))
    wrong = list(symbols)
    wrong[position] = keys.ALPHABET[(keys.ALPHABET.index(wrong[position]) + shift) % 32]
    typed = keys.key_of(symbols).replace("-", "")
    mistyped = typed[:3] + "".join(wrong) + typed[-2:]
    # one in 1,024 passes the checksum, and then its hash belongs to nobody
    assert keys.normalized(mistyped) in (None, keys.key_of("".join(wrong)))
    assert keys.key_hash(mistyped) != keys.key_hash(keys.key_of(symbols))


@pytest.mark.parametrize("typed", ["", "LTH", "XYZ-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", "LTH-" + "U" * 25, "ł" * 28])
def test_what_is_no_key_is_seen_without_the_database(typed: str) -> None:
    assert keys.normalized(typed) is None


def test_devices_of_two_keys_have_nothing_in_common() -> None:
    assert keys.device_hash(keys.new_key(), "cpu-1") != keys.device_hash(keys.new_key(), "cpu-1")


def test_a_key_sealed_before_there_were_key_ids_is_read_under_id_1() -> None:
    for setting in (f"1:{BEFORE_KEY_IDS}", f"2:{'n' * 32},1:{BEFORE_KEY_IDS}"):
        mint = KeyMint(Keyring("licensing", setting))
        assert mint.reveal(SEALED_BEFORE_KEY_IDS) == "LTH-00000-00000-00000-00000-00000"


def test_a_key_is_read_after_a_rotation() -> None:
    fresh = KeyMint(Keyring("licensing", OLD)).fresh()
    assert fresh.text not in str(fresh.sealed)
    assert KeyMint(Keyring("licensing", f"2:{'n' * 32},{OLD}")).reveal(fresh.sealed) == fresh.text
