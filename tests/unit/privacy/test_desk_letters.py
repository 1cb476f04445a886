"""The desk's letters: whole by their checklists in both languages, or not issued (example 4 of the reference)."""

import re
from collections.abc import Callable, Set
from datetime import date
from typing import get_args
from uuid import UUID, uuid4

import pytest

from services.privacy.cases.machine import MACHINES, PENDING
from services.privacy.desk import letters, rules, templates
from services.privacy.desk.checklist import NEEDED, Item, Kind, check
from services.privacy.desk.letters import About, Composed
from shared.contracts.fields import Language
from shared.contracts.privacy import RefusalGround, RefusedPart, Right
from shared.problems import Refused

CASE = UUID(int=11)
DAY = date(2026, 12, 20)
WHY = "The documents are needed until the tax is out of time, and nothing else is done with them."
PART = RefusedPart(category="D9", ground="legal obligation", retain_until=date(2032, 12, 31))
KINDS: tuple[Kind, ...] = get_args(Kind)
GROUNDS: tuple[RefusalGround, ...] = get_args(RefusalGround)
ENGLISH = re.compile(r"\b(the|and|we|you|of)\b")
WRITTEN: dict[Kind, Callable[[About], Composed]] = {
    "entered": lambda about: letters.entered(about, date(2026, 11, 24), date(2026, 12, 28)),
    "joined": lambda about: letters.joined(about, date(2026, 12, 28)),
    "identity question": lambda about: letters.identity_question(about, "Kiedy i za ile kupiono?", clock_stands=True),
    "extension": lambda about: letters.extension(about, "complexity", "Pliki w 3 systemach.", date(2027, 2, 24)),
    "recipients": lambda about: letters.recipients(about, ["PayGate Sandbox S.A.: 2026-12-03"]),
    "refusal": lambda about: letters.refusal(about, [PART], "Podatki 2026.", "Poczta."),
}


def about(language: Language, right: Right = "erasure") -> About:
    return About(CASE, right, language, DAY)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", get_args(Language))
def test_a_letter_says_all_of_its_checklist_in_its_language(kind: Kind, language: Language) -> None:
    letter = WRITTEN[kind](about(language))
    assert letter.kind == kind
    assert str(CASE) in letter.text
    assert f"{DAY}" in letter.text
    assert bool(ENGLISH.search(letter.text)) == (language == "en")
    assert "{" not in letter.text + letter.subject
    assert max(len(line) for line in letter.text.splitlines() if " " in line.strip()) <= 200


@pytest.mark.parametrize(("kind", "item"), [(kind, item) for kind in KINDS for item in sorted(NEEDED[kind])])
@pytest.mark.parametrize("language", get_args(Language))
def test_a_letter_with_a_missing_item_is_not_issued(
    monkeypatch: pytest.MonkeyPatch, kind: Kind, item: Item, language: Language
) -> None:
    """Whoever takes an item out of the words takes the letter with it."""
    subject, text = templates.LETTERS[kind, language]
    assert f"{{{item.value}}}" in text or item is Item.PROVISION
    shorter = text.replace(f"{{{item.value}}}", "")
    monkeypatch.setitem(templates.LETTERS, (kind, language), (subject, shorter))
    if item is Item.PROVISION:
        monkeypatch.setitem(templates.LAW, language, "")
    with pytest.raises(Refused) as refused:
        WRITTEN[kind](about(language))
    assert refused.value.problem.status == 409
    assert item.value in [error.field for error in refused.value.problem.errors]


def test_what_is_empty_is_missing() -> None:
    with pytest.raises(Refused):
        check("joined", {Item.WHAT: ("",), Item.DUE: ("x",), Item.CONTACT: ("x",), Item.DATE: ("x",)}, "x")


def test_a_refusal_names_office_address_court_and_day() -> None:
    text = WRITTEN["refusal"](about("pl")).text
    for words in (
        "Prezes Urzędu Ochrony Danych Osobowych, ul. Stanisława Moniuszki 1A, 00-014 Warszawa",
        "sądu okręgowego",
        "RODO art. 17 ust. 3 lit. b",
        "Przechowujemy do: 2032-12-31",
        "contact@clusteric.com",
        "Podatki 2026.",
        "Odpowiadamy po terminie",
    ):
        assert words in text
    assert "po terminie" not in letters.refusal(about("pl"), [PART], WHY).text


def test_an_extension_says_why_and_until_when() -> None:
    text = WRITTEN["extension"](about("en")).text
    assert "The new last day: 2027-02-24." in text
    assert "Why: the request is complex (GDPR Art. 12(3)). Pliki w 3 systemach." in text


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("language", get_args(Language))
def test_every_ground_has_words_and_a_provision(ground: RefusalGround, language: Language) -> None:
    category = None if ground in rules.OF_THE_WHOLE else "D9"
    text = letters.refusal(about(language), [RefusedPart(category=category, ground=ground)], WHY).text
    assert templates.GROUNDS[ground, language] in text
    assert ("RODO art." if language == "pl" else "GDPR Art.") in text


FITTING: dict[Right, Set[str]] = {
    "erasure": {*GROUNDS} - {"rights of others"},
    "access": {"manifestly unfounded", "excessive", "not identified", "rights of others"},
    "portability": {"manifestly unfounded", "excessive", "not identified", "rights of others"},
    "restriction": {"manifestly unfounded", "excessive", "not identified"},
}


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("right", FITTING)
def test_a_ground_is_a_rights_own(right: Right, ground: RefusalGround) -> None:
    category = None if ground in rules.OF_THE_WHOLE else "D9"
    parts = [RefusedPart(category=category, ground=ground)]
    if ground in FITTING[right]:
        rules.check_refusal(right, PENDING, parts, DAY)
        return
    assert field_of(right, parts) == "refused.0.ground"


def field_of(right: Right, parts: list[RefusedPart], state: str = PENDING) -> str:
    """The field by which it is refused."""
    with pytest.raises(Refused) as refused:
        rules.check_refusal(right, state, parts, DAY)
    assert refused.value.problem.status == 422
    (error,) = refused.value.problem.errors
    return error.field


def test_an_exception_is_of_one_category() -> None:
    """Art. 17(3) is never the whole request's; 17(1) is never one category's; and each stands once."""
    assert field_of("erasure", [RefusedPart(ground="legal claims")]) == "refused.0.category"
    assert field_of("erasure", [PART, RefusedPart(category="D1", ground="no ground applies")]) == "refused.1.category"
    assert field_of("erasure", [PART, PART]) == "refused.0.category"
    assert field_of("erasure", [PART, RefusedPart(ground="excessive")]) == "refused.0.category"
    rules.check_refusal("erasure", "waiting", [PART, RefusedPart(category="D1", ground="legal claims")], DAY)


def test_who_is_known_is_not_refused_for_being_unknown() -> None:
    assert field_of("erasure", [RefusedPart(ground="not identified")], "waiting") == "refused.0.ground"


def test_nothing_is_kept_until_yesterday() -> None:
    part = RefusedPart(category="D9", ground="legal obligation", retain_until=date(2026, 12, 19))
    assert field_of("erasure", [part]) == "refused.0.retain_until"


def test_what_comes_late_says_why() -> None:
    rules.check_late(DAY, DAY, "")
    rules.check_late(DAY, date(2026, 12, 21), "the letter was lost")
    with pytest.raises(Refused) as refused:
        rules.check_late(DAY, date(2026, 12, 21), "")
    assert [error.field for error in refused.value.problem.errors] == ["late_because"]


def test_an_objection_to_marketing_is_never_refused_to_whom_it_belongs() -> None:
    """It is absolute. Who asked for it by an address that another left, and can't be told, asked for nobody."""
    assert {t.before for t in MACHINES["marketing-objection"] if t.after == "refused"} == {PENDING}
    rules.check_refusal("marketing-objection", PENDING, [RefusedPart(ground="not identified")], DAY)
    for ground in {*GROUNDS} - {"not identified"}:
        assert field_of("marketing-objection", [RefusedPart(ground=ground)]) == "refused.0.ground"
    with pytest.raises(Refused) as refused:
        rules.check_way("marketing-objection", "applying", "refused")
    assert refused.value.problem.status == 409
    assert str(uuid4()) not in refused.value.problem.detail
