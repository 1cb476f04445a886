"""Marketing's decisions without a database: links, hashes, retries, words, pace."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.marketing.campaigns.rules import ATTEMPTS, LONGEST_RETRY_S, After, after_failure, retry_after_s
from services.marketing.keys import Keys, normalized
from services.marketing.pace import Pace
from services.marketing.words import confirmation, unsubscribe_headers, with_footer
from services.privacy.consents.rules import CHANNELS, Decision, covered, needs_text
from shared.mail.mailer import Outcome
from shared.purposes import Purpose

KEYS = Keys("k" * 32)
OTHER = Keys("o" * 32)


@given(st.uuids(), st.sampled_from(["newsletter", "betas"]))
def test_a_link_names_its_recipient_and_its_list(person: UUID, list_name: str) -> None:
    token = KEYS.leaving_token(person, list_name)
    assert KEYS.leaver(token, list_name) == person
    assert KEYS.leaver(token, list_name + "x") is None
    assert OTHER.leaver(token, list_name) is None
    assert KEYS.confirmed_signup(token) is None


@given(st.uuids(), st.integers(0, 41), st.sampled_from("ABCxyz019-_"))
def test_a_changed_link_is_none(person: UUID, place: int, character: str) -> None:
    token = KEYS.confirming_token(person)
    changed = token[:place] + character + token[place + 1 :]
    assert KEYS.confirmed_signup(changed) == (person if changed == token else None)


@given(st.text(max_size=120))
def test_anything_else_is_no_link(token: str) -> None:
    assert KEYS.leaver(token, "newsletter") is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Anna@Example.COM", "anna@example.com"),
        (" anna@example.com ", "anna@example.com"),
        ("anna@żółw.example", "anna@xn--w-uga1v8h.example"),
        ("anna@example.com", "anna@example.com"),
    ],
)
def test_one_mailbox_has_one_hash(first: str, second: str) -> None:
    assert normalized(first) == normalized(second)
    assert KEYS.address_hash(first) == KEYS.address_hash(second)
    assert KEYS.address_hash(first) != OTHER.address_hash(first)


def test_different_mailboxes_have_different_hashes() -> None:
    assert KEYS.address_hash("anna@example.com") != KEYS.address_hash("anna+x@example.com")


@given(st.emails())
def test_what_is_sealed_is_readable_with_the_key_alone(address: str) -> None:
    sealed = KEYS.seal(address)
    assert address.encode() not in sealed
    assert KEYS.unseal(sealed) == address


@pytest.mark.parametrize(
    ("outcome", "code", "attempts", "expected"),
    [
        ("unknown", None, 1, After("unknown")),
        ("not sent", None, 1, After("queued", counts=False)),
        ("not sent", None, 99, After("queued", counts=False)),
        ("not sent", 451, 1, After("queued")),
        ("not sent", 451, ATTEMPTS, After("refused")),
        ("refused", 554, 1, After("refused")),
        ("refused", 550, 1, After("refused", no_such_mailbox=True)),
        ("refused", None, 1, After("refused")),
    ],
)
def test_only_what_certainly_did_not_leave_is_tried_again(
    outcome: Outcome, code: int | None, attempts: int, expected: After
) -> None:
    assert after_failure(outcome, code, attempts) == expected


def test_waits_grow_up_to_a_limit() -> None:
    waits = [retry_after_s(attempt) for attempt in range(1, 12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (60.0, LONGEST_RETRY_S)


def test_a_campaign_says_why_it_came_and_how_to_leave() -> None:
    for language in ("pl", "en"):
        text = with_footer("News.\n", language, date(2026, 6, 15), "https://x.example/u/TOKEN", "NanoMedia, NIP 1")
        assert text.startswith("News.\n")
        assert all(part in text for part in ("2026-06-15", "https://x.example/u/TOKEN", "NanoMedia, NIP 1"))


def test_braces_in_a_campaigns_text_are_text() -> None:
    assert "{link} {x}" in with_footer("{link} {x}", "en", date(2026, 6, 15), "https://x", "N")
    assert "{words}" not in confirmation("en", "I {agree}", "https://x", "N")[1]


def test_one_click_headers_come_in_the_order_of_the_rfc() -> None:
    headers = unsubscribe_headers("https://x.example/u/T", "out@x.example", "T")
    assert headers["List-Unsubscribe"] == "<https://x.example/u/T>, <mailto:out@x.example?subject=unsubscribe%20T>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_turns_are_evenly_spaced() -> None:
    loop = asyncio.get_running_loop()
    pace, began = Pace(200), loop.time()
    await asyncio.gather(*(pace.turn() for _ in range(21)))
    assert loop.time() - began >= 20 / 200


def test_objecting_covers_channels_and_profiling_consenting_covers_itself() -> None:
    assert set(covered(Purpose.MARKETING, given=False)) == {Purpose.MARKETING, *CHANNELS, Purpose.PROFILING}
    assert covered(Purpose.MARKETING, given=True) == (Purpose.MARKETING,)
    assert covered(Purpose.MARKETING_EMAIL, given=False) == (Purpose.MARKETING_EMAIL,)


@pytest.mark.parametrize(
    ("purpose", "given", "needs"),
    [(Purpose.MARKETING_EMAIL, True, True), (Purpose.MARKETING_EMAIL, False, False), (Purpose.PROFILING, True, False)],
)
def test_only_a_consent_needs_text(purpose: Purpose, given: bool, needs: bool) -> None:  # noqa: FBT001, RUF100
    decision = Decision(uuid4(), purpose, given, "T-7", "pl", "panel", "box ticked")
    assert needs_text(decision) is needs
