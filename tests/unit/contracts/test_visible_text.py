"""Names of any script are taken as they are; what cannot be seen is refused or removed."""

from uuid import uuid4

import pytest
from pydantic import ValidationError

from shared.contracts.identity import ChangeProfile, Profile, RegisterAccount, SignIn

TAKEN = [
    "Zażółć Gęślą-Jaźń",
    "O'Brien y Pérez, Jr.",
    "Nguyễn Thị Ánh",
    "e\u0301tienne",  # an accent of its own
    "علی\u200cرضا",  # Persian, ZWNJ
    "ශ්\u200dරී",  # Sinhala, ZWJ
    "അവന്\u200d",  # a Malayalam final consonant, ZWJ at the end
    "র\u200d্যাম",  # Bengali, ZWJ before the virama
    "葛\U000e0100城",  # which form of the ideograph
    "محمد",
    "שָׁלוֹם",
    "李小龍",
    "김민준",
    "𝒜 Ⅷ 3M",
    "Ꭰꮃ",
    "𐒰𐓐𐓘",
]
CLEANED = {
    "\u200bAnna": "Anna",
    "An\u00adna": "Anna",
    "Anna\ufeff ": "Anna",
    "Anna \u200e": "Anna",
    "\u200f דוד": "דוד",
    "Anna\u200d": "Anna",
    "Anna \u200c Nowak": "Anna  Nowak",
    "علی\u200c\u200cرضا": "علی\u200cرضا",
    "An\u2060n\U000e0061a": "Anna",
    "An\ufe0f na": "An\ufe0f na",
    "Anna 1\ufe0f": "Anna 1",
    "김\u3164": "김",
}
INVISIBLE = ["\u200b", "\u200d", "\u3164", "\u2800", "\u00ad\u2060", "\u200b \u00a0\ufeff", "\U000e0041", "\u0301", "ﾠ"]
HARMFUL = [*"\x00\x09\x0a\x1b\x7f\x80\x85\x9f\u2028\u2029\u202a\u202d\u202e\u2066\u2069\ufdd0\ufffe\uffff\U0001fffe"]


def named(text: str) -> str | None:
    return ChangeProfile(subject_id=uuid4(), full_name=text).full_name


@pytest.mark.parametrize("name", TAKEN)
def test_real_names_stay_as_they_are(name: str) -> None:
    assert named(name) == name


@pytest.mark.parametrize("name", CLEANED)
def test_invisible_remains_are_removed(name: str) -> None:
    assert named(name) == CLEANED[name]


@pytest.mark.parametrize("name", INVISIBLE)
def test_a_name_of_which_nothing_shows_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="full_name"):
        named(name)
    with pytest.raises(ValidationError, match="full_name"):
        RegisterAccount(email="a@example.com", password="long enough", full_name=name)
    with pytest.raises(ValidationError, match="company"):
        RegisterAccount(email="a@example.com", password="long enough", full_name="Anna", company=name)


@pytest.mark.parametrize("character", HARMFUL)
@pytest.mark.parametrize("field", ["full_name", "street", "city", "company"])
def test_what_harms_is_refused_wherever_a_line_is_written(field: str, character: str) -> None:
    with pytest.raises(ValidationError, match=field):
        ChangeProfile.model_validate({"subject_id": uuid4(), field: f"An{character}na"})


@pytest.mark.parametrize("phone", ["", "+48 600 100 200", "600100200", "(22) 123-45-67", "+1 (212) 555.0100", "55/123"])
def test_numbers_are_taken(phone: str) -> None:
    assert ChangeProfile(subject_id=uuid4(), phone=phone).phone == phone


@pytest.mark.parametrize("phone", ["+", "()", "-", "./-", "+ ( )", "1", "+48", "1234", "1234567890123456"])
def test_what_is_no_number_is_refused(phone: str) -> None:
    with pytest.raises(ValidationError, match="5 to 15 digits"):
        ChangeProfile(subject_id=uuid4(), phone=phone)


def test_what_was_stored_before_can_be_read() -> None:
    old = dict.fromkeys(Profile.model_fields, "\u202e\u200b") | {"phone": "+"}
    assert Profile.model_validate(old).model_dump() == old


def test_what_a_program_calls_itself_is_never_in_the_way_of_a_sign_in() -> None:
    assert SignIn(email="a@example.com", password="p", device="Agent\u3164").device == "Agent\u3164"
