"""What privacy's letters say."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, get_args
from uuid import uuid4

import pytest

from services.licensing import grounds
from services.licensing.grounds import RUNNING_CONTRACT, UNPAID_DEBT, Ground
from services.privacy.cases.letters import DueLetter, compose
from services.privacy.cases.reasons import Kept, Left, in_words
from services.privacy.register.loading import register
from shared.contracts.fields import Language
from shared.contracts.privacy import Right
from shared.law.case_clock import due_date
from shared.law.retention import claims, policies, taxes
from shared.law.retention.terms import Rule

STOP = "https://shop.example/privacy-requests/stops/token"
LATE = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)  # already 5 March in Warsaw

RIGHTS: tuple[Right, ...] = get_args(Right)


def written(letter: str, kept: Sequence[Kept] = (), left: Sequence[Left] = (), **changes: Any) -> str:
    due = DueLetter(
        case_id=uuid4(),
        subject_id=uuid4(),
        right="erasure",
        letter=letter,
        attempts=1,
        language="en",
        sealed_address=b"",
        received_at=LATE,
        due_on=due_date(LATE),
        run_at=LATE,
        closed_at=None,
    )
    return compose(replace(due, **changes), "https://shop.example", kept, left, stop=STOP)[1]


def test_a_receipt_tells_days_and_times_of_the_vendors_seat() -> None:
    text = written("receipt")
    assert "Received: 2026-03-05" in text
    assert f"We answer by: {due_date(date(2026, 3, 5))}" in text
    assert "The erasure starts 2026-03-05T00:30+01:00." in text


def test_whoever_asked_for_nothing_is_told_why_the_account_ends() -> None:
    text = written("receipt", channel="retention")
    assert "Nobody has used your account for two years" in text
    assert "you made it" not in text
    assert STOP in text


@pytest.mark.parametrize(
    ("closed_at", "day"),
    [
        (datetime(2026, 3, 4, 22, 59, tzinfo=UTC), "2026-03-04"),
        (LATE, "2026-03-05"),
        (datetime(2026, 7, 4, 22, 0, tzinfo=UTC), "2026-07-05"),
    ],
)
def test_an_outcome_tells_the_day_of_the_vendors_seat(closed_at: datetime, day: str) -> None:
    assert f"Closed: {day}\n" in written("outcome", closed_at=closed_at)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("pl", "system „helpdesk” wycofaliśmy z użycia 2026-03-05, zanim potwierdził usunięcie"),
        ("en", 'we took the system "helpdesk" out of use on 2026-03-05, before it confirmed the'),
    ],
)
def test_an_outcome_tells_who_left_before_it_reported(language: Language, sentence: str) -> None:
    left = [Left("helpdesk", LATE, "switched off")]
    for kept_rows in ((), [kept(TAX)]):
        assert sentence in written("outcome", kept_rows, left=left, closed_at=LATE, language=language)
        assert "helpdesk" not in written("outcome", kept_rows, closed_at=LATE, language=language)


@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.parametrize("right", RIGHTS)
def test_a_receipt_says_how_the_owner_of_the_mailbox_stops_the_case(right: Right, language: Language) -> None:
    """An objection to marketing can't be taken back: whoever wants marketing consents anew."""
    about = {"objection": "profiling", "human-review": "device-limit", "rectification": "D3"}.get(right)
    facts: dict[str, Any] = {"right": right, "ground": "accuracy contested", "about": about, "language": language}
    assert (STOP in written("receipt", **facts)) == (right != "marketing-objection")
    in_its_place = {"access": "ready", "portability": "ready", "restriction": "outcome", "objection": "outcome"}
    if right in in_its_place:
        assert STOP in written(in_its_place[right], **facts)
    if right != "marketing-objection":
        assert STOP not in written("withdrawn", **facts | {"closed_at": LATE})


EXTENTS = {
    None: ("all of your data", "We only store the data."),
    "analytics, profiling": ("analysis of how the service is used, profiling", "Other purposes go on"),
    "D3": ("home address or registered business address", "is not deleted by age"),
}


@pytest.mark.parametrize("language", ["pl", "en"])
def test_a_correction_names_who_left_before_it_was_applied(language: str) -> None:
    facts: dict[str, Any] = {"right": "rectification", "about": "D1", "closed_at": LATE, "language": language}
    text = written("corrected", left=[Left("helpdesk", LATE, "switched off")], **facts)
    assert "helpdesk" in text
    assert "helpdesk" not in written("corrected", **facts)
    assert re.search("[{}]", text) is None


@pytest.mark.parametrize("about", EXTENTS)
@pytest.mark.parametrize("letter", ["receipt", "outcome", "lifting", "lifted", "withdrawn"])
def test_letters_say_what_is_restricted(about: str | None, letter: str) -> None:
    named, means = EXTENTS[about]
    facts: dict[str, Any] = {"right": "restriction", "ground": "accuracy contested", "about": about, "closed_at": LATE}
    text = written(letter, **facts)
    assert named in text
    assert (means in text) == (letter == "outcome")
    assert re.search("[{}]", text + written(letter, language="pl", **facts)) is None


# ── Why something was kept ──────────────────────────────────────────────────────────────────────

TAX, PROOF = taxes.LIMITATION[0], policies.PROOF[0]
DAY = date(2031, 12, 31)
ENGLISH = re.compile(r"GDPR|unpaid|not met|Art\.|[Uu]ntil|\b(the|and|of)\b")


def kept(reason: Rule | Ground, *categories: str, until: date | None = DAY, review: date | None = None) -> Kept:
    """As a participant reports it."""
    return Kept(categories or ("D9",), until, review, "; ".join(filter(None, (reason.provision, reason.exemption))))


def reasons() -> Iterator[Rule | Ground]:
    """Everything by which a row may outlive an erasure."""
    modules = (taxes, claims, policies)
    tables = [value for module in modules for value in vars(module).values()]
    several = [rules for table in tables if isinstance(table, dict) for rules in table.values()]
    for rules in (*tables, *several):
        if isinstance(rules, tuple):
            yield from (rule for rule in rules if isinstance(rule, Rule) and rule.exemption)
    yield from (value for value in vars(grounds).values() if isinstance(value, Ground))


def test_the_reasons_are_found() -> None:
    assert {TAX, PROOF, UNPAID_DEBT, RUNNING_CONTRACT} <= set(reasons())


@pytest.mark.parametrize("reason", list(reasons()), ids=lambda reason: reason.provision)
def test_every_reason_to_keep_has_words(reason: Rule | Ground) -> None:
    polish, english = (in_words([kept(reason)], register(), language) for language in ("pl", "en"))
    assert re.search(r"^   Dlaczego: \S", polish, re.MULTILINE)
    assert re.search(r"^   Why: \S", english, re.MULTILINE)
    assert not ENGLISH.search(polish), polish
    assert "umowa w toku" not in english


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "pl",
            (
                "1. zamówienia, płatności i faktury\n   Do kiedy: 2031-12-31\n   Dlaczego: prawo podatkowe każe nam",
                "Podstawa prawna: Ordynacja podatkowa art. 86 § 1, art. 70 § 1; ustawa o VAT art. 112;",
                "RODO art. 17 ust. 3 lit. b",
                "W tej części odmawiamy",
            ),
        ),
        (
            "en",
            (
                "1. orders, payments and invoices\n   Until: 2031-12-31\n   Why: tax law obliges us",
                "Legal basis: Ordynacja podatkowa art. 86 § 1, art. 70 § 1; ustawa o VAT art. 112;",
                "GDPR Art. 17(3)(b)",
                "As to this we refuse the\nerasure.",
            ),
        ),
    ],
)
def test_a_refusal_in_part_says_what_until_when_and_why(language: Language, words: tuple[str, ...]) -> None:
    text = " ".join(written("outcome", [kept(TAX)], language=language, closed_at=LATE).split(" "))
    for each in words:
        assert re.sub(r"\s+", " ", each) in re.sub(r"\s+", " ", text)


def test_one_day_and_reason_is_one_item_and_others_are_others() -> None:
    until = date(2032, 12, 31)
    rows = [kept(TAX, "D9", "D1"), kept(TAX, "D9"), kept(PROOF, "D16", until=until), kept(TAX, "D17", until=until)]
    text = in_words(rows, register(), "en")
    assert text.count("Until:") == 3
    assert "1. first name and surname; orders, payments and invoices\n" in text


def test_what_has_no_day_yet_says_when_it_is_looked_at() -> None:
    text = in_words([kept(RUNNING_CONTRACT, until=None, review=DAY)], register(), "pl")
    assert "Do kiedy: dopóki trwa przyczyna; sprawdzimy to najpóźniej 2031-12-31" in text
    assert "Twoja umowa trwa" in text
    both = in_words([kept(UNPAID_DEBT, until=DAY, review=LATE.date())], register(), "en")
    assert f"we review it by {LATE.date()}" in both
    assert "an invoice is not paid" in both


def test_a_reason_that_nobody_knows_is_cited_as_it_is() -> None:
    foreign = Kept(("D1", "D99"), DAY, None, "PKE art. 400; GDPR Art. 17(3)(d); unheard of")
    text = in_words([foreign], register(), "pl")
    assert "Podstawa prawna: PKE art. 400; RODO art. 17 ust. 3 lit. d; unheard of" in text
    assert "Dlaczego" not in text


def test_a_whole_erasure_refuses_nothing() -> None:
    for language, refusal, everything in (
        ("pl", "odmawiamy", "wszystko, co o Tobie mieliśmy.\n"),
        ("en", "refuse", "everything that we held about you.\n"),
    ):
        text = written("outcome", language=language, closed_at=LATE)
        assert refusal not in text
        assert everything in text
        assert written("outcome", [kept(TAX)], language=language, closed_at=LATE).count(refusal) == 1


@pytest.mark.parametrize("language", ["pl", "en"])
def test_a_running_contract_comes_with_its_way_out(language: Language) -> None:
    running = [kept(RUNNING_CONTRACT, "D8", until=None, review=DAY)]
    door = "https://shop.example/privacy-requests/<"
    assert door in written("outcome", running, language=language, closed_at=LATE)
    assert door not in written("outcome", [kept(TAX)], language=language, closed_at=LATE)
    assert door not in written("outcome", [kept(UNPAID_DEBT, "D9", review=DAY)], language=language, closed_at=LATE)
