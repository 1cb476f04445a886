"""The generated notice: complete, correct, readable, and held against the vendor's own clause by clause."""

import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from deploy.local import system
from services.privacy.documents.citations import cited
from services.privacy.documents.notice.checklist import Item, missing
from services.privacy.documents.notice.composition import compose
from services.privacy.documents.notice.difference import difference
from services.privacy.documents.notice.edition import first_day
from services.privacy.documents.notice.model import Edition, Notice
from services.privacy.documents.notice.pages import Format, render
from services.privacy.register.loading import load
from shared.contracts.fields import Language
from shared.personal_data.announced_map import announced

DAY = date(2026, 11, 22)
REGISTER = load()
MAPS = {name: announced(system.service(name).data_map) for name in system.SERVICES}
POLISH, ENGLISH = compose(REGISTER, MAPS, "pl", DAY), compose(REGISTER, MAPS, "en", DAY)
VENDOR = (Path(__file__).parents[2] / "data" / "vendor-notice.pl.txt").read_text()


def page(notice: Notice, shape: Format = "markdown") -> str:
    return render(Edition(version=1, effective_on=DAY, notice=notice), shape)


# ── Clause by clause ────────────────────────────────────────────────────────────────────────────

# How a clause begins; what the generated notice says instead; which defects of the original are corrected there.
CLAUSES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Kto jest administratorem", ("Kto jest administratorem",), ()),
    ("Administratorem, czyli", ("NanoMedia Damian Kiełbasa", "9222828810", "061496025", "Łapiguz 10"), ("W13",)),
    ("Jak się z nami skontaktować", ("jak się z nami skontaktować",), ()),
    ("Prosimy o kontakt pod", ("contact@clusteric.com",), ("W18",)),
    ("Skąd mamy Twoje dane?", ("skąd je mamy",), ()),
    (
        "Otrzymaliśmy je od Ciebie",
        ("Skąd: od Ciebie", "VIES i CEIDG", "dostawca płatności", "z Twojego urządz"),
        ("W14",),
    ),
    ("Jaki jest cel i podstawa", ("Po co i na jakiej podstawie",), ()),
    ("Przetwarzamy Twoje dane osobowe, ponieważ", ("RODO art. 6 ust. 1 lit. b",), ("W3",)),
    ("– umożliwienia świadczenia", ("P1. sprzedaż i dostarczanie licencji", "klucze licencyjne"), ()),
    (
        "– zakładania i zarządzania",
        (
            "P2. założenie i prowadzenie Twojego konta lub kont",
            "P3. obsługa konta i transakcji",
            "problemów technicznych",
        ),
        (),
    ),
    ("– obsługi zgłoszeń", ("P4. obsługa zgłoszeń dotyczących umowy", "np. przez formularz kontaktowy"), ()),
    ("– kontaktowania się z Tobą", ("P5. wiadomości potrzebne do świadczenia usługi",), ()),
    ("Dodatkowo, przepisy prawa", ("P6. podatki", "P7. rachunkowość", "Ordynacja podatkowa art. 86"), ("W3",)),
    ("Przetwarzamy też Twoje dane", ("RODO art. 6 ust. 1 lit. f", "Nasz uzasadniony interes"), ("W3",)),
    (
        "– monitorowanie Twojej aktywności",
        ("P8. dziennik aktywności na Twoim koncie", "bezpieczeństwo: Ty i my"),
        ("W6",),
    ),
    ("– prowadzenie wobec Ciebie", ("P9. marketing bezpośredni naszych własnych usług",), ("W10",)),
    ("– kontaktowanie się z Tobą", ("P10. wysyłanie informacji handlowych e-mailem", "lit. a; PKE art. 398"), ("W5",)),
    ("– zapewnienie bezpieczeństwa", ("P11. bezpieczeństwo usług i ruchu, egzekwowanie zasad", "nadużyciom"), ()),
    ("– monitorowanie Twojej aktywności", (), ("W5", "W6")),
    ("– obsługa Twoich próśb", ("P13. odpowiadanie na prośby i pytania, które nie dotyczą wprost umowy",), ()),
    ("– organizacja programów", (), ("W5",)),
    ("– windykacja należności", ("P16. dochodzenie należności", "P17. postępowania sądowe, arbitrażowe"), ()),
    ("– prowadzenie analiz", ("P18. statystyki, z których nie da się rozpoznać osoby",), ()),
    ("– przechowywanie danych", ("Samo archiwum nie jest celem", "P20. rozliczalność"), ("W7",)),
    ("Jeśli się na to zgodzisz", ("RODO art. 6 ust. 1 lit. a", "Jak wycofać zgodę"), ("W11",)),
    ("– zapisywania danych", ("P21. zapisywanie i odczytywanie danych", "równie łatwą odmową"), ("W17",)),
    ("– organizacji konkursów", (), ("W5",)),
    ("Zgodę na przetwarzanie", ("Zgodę możesz wycofać w dowolnym momencie.", "przed jej wycofaniem"), ("W11", "W19")),
    ("Będziemy przetwarzać", ("Jak długo przechowujemy dane", "dopóki ona trwa", "24 miesiące, licząc od"), ("W2",)),
    ("Jeśli chciałbyś", ("usunięcie danych i konta", "Z panelu albo dowolną drogą, także e-mailem"), ("W15",)),
    ("Masz również możliwość", ("https://clusteric.com/members/login", "Po zalogowaniu poprawisz dane"), ()),
    ("Jakie dane osobowe", ("Jakie dane przetwarzamy",), ()),
    ("Przetwarzamy następujące", ("czy musisz je podać", "wymagane do umowy", "wymagane ustawą"), ("W4", "W16")),
    ("– Imię i nazwisko", ("**imię i nazwisko**",), ()),
    ("– Nazwa i numer NIP", ("**nazwa firmy i numer NIP**",), ()),
    ("– Adres zamieszkania", ("**adres zamieszkania lub adres działalności gospodarczej**",), ()),
    ("– Numer telefonu", ("**numer telefonu**",), ()),
    ("– Adres e-mail", ("**adres e-mail**",), ()),
    ("– Adres IP", ("**adres IP, z którego złożono zamówienie**. Skąd: zapisane przy korzystaniu",), ("W4",)),
    ("Jeżeli wymagają tego", ("Jeżeli wymagają tego przepisy", "niezbędne do podatku"), ()),
    ("Poza tymi przypadkami", ("Czy trzeba podać: dobrowolne", "nie założymy konta"), ("W4",)),
    ("Jakie masz uprawnienia", ("Twoje prawa",), ()),
    (
        "Gwarantujemy spełnienie",
        ("dostęp do danych", "sprostowanie", "usunięcie danych", "ograniczenie przetwarzania", "przeniesienie danych")
        + ("niepodleganie zautomatyzowanemu podejmowaniu decyzji", "Twoje prawo do sprzeciwu"),
        ("W10",),
    ),
    (
        "Masz prawo wnieść skargę",
        ("Prezes Urzędu Ochrony Danych Osobowych", "Moniuszki 1A", "RODO art. 79"),
        ("W1", "W13"),
    ),
    ("Komu udostępniamy", ("Komu przekazujemy dane",), ()),
    (
        "Twoje dane osobowe udostępniamy",
        ("Przekazujemy tylko to, czego wymaga dany cel", "usługi płatnicze", "usługi konsultingowe i audytowe")
        + ("Nikomu nie udostępniamy danych do jego własnego marketingu", "Przekazywanie poza Europejski Obszar"),
        ("W8", "W9"),
    ),
    ("Możemy przekazać", ("organy ścigania oszustw i nadużyć", "na podstawie ich pisemnego żądania"), ("W8",)),
    ("Oprócz tego, Państwa", ("podmiot przetwarzający w naszym imieniu",), ("W18",)),
    ("W szczególności są to", ("usługi informatyczne", "usługi księgowe", "wystawianie faktur"), ("W20",)),
    (
        "Twoje dane osobowe będą",
        ("Przetwarzamy dane także automatycznie", "RODO art. 22", "O blokadzie decyduje człowiek"),
        ("W12",),
    ),
    ("Profilowanie danych osobowych", ("Zautomatyzowane decyzje i profilowanie",), ()),
    (
        "Profilowanie danych osobowych polega",
        ("ocenę osobistych preferencji i zainteresowań", "P23. profilowanie"),
        ("W12",),
    ),
    ("W przypadku jakichkolwiek", ("contact@clusteric.com",), ()),
)
ABBREVIATED = ("np.", "tj.", "ul.")
NOWHERE = ("Generalny Inspektor", "GIODO", "Stawki", "kadrow", "podane dobrowolnie", "Państw", "P19")


def clauses_of(text: str) -> list[str]:
    """The sentences and list items of a text."""
    clauses: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        for part in re.split(r"(?<=[.?])\s+", line):
            joined = clauses and clauses[-1].endswith(ABBREVIATED)
            clauses[-1:] = [f"{clauses[-1]} {part}"] if joined else [*clauses[-1:], part]
    return clauses


def test_every_clause_of_the_vendor_is_in_the_table() -> None:
    clauses = clauses_of(VENDOR)
    assert len(clauses) == len(CLAUSES)
    for clause, (start, _, _) in zip(clauses, CLAUSES, strict=True):
        assert clause.startswith(start), clause


@pytest.mark.parametrize("key", ["P12", "P14", "P15", "P22"])
def test_what_is_only_planned_is_in_no_notice(key: str) -> None:
    """Neither the purpose nor the data, terms and people that it alone would need."""
    register = load()
    assert key in register.planned
    assert f"{key}. " not in page(POLISH)
    assert {"D14", "R-CONT"}.isdisjoint({*register.categories, *register.retention})
    assert register.planned[key].title.pl not in page(POLISH)


@pytest.mark.parametrize(("start", "phrases", "defects"), CLAUSES, ids=[f"{n}" for n in range(len(CLAUSES))])
def test_each_clause_is_covered_or_corrected(start: str, phrases: tuple[str, ...], defects: tuple[str, ...]) -> None:
    assert phrases or defects, start
    said = page(POLISH)
    assert [phrase for phrase in phrases if phrase not in said] == []


def test_every_defect_of_the_original_is_corrected_somewhere() -> None:
    assert {w for _, _, defects in CLAUSES for w in defects} == {f"W{n}" for n in range(1, 21)}


@pytest.mark.parametrize("language", ["pl", "en"])
def test_the_defects_do_not_come_back(language: Language) -> None:
    said = page(POLISH if language == "pl" else ENGLISH, "html")
    assert [words for words in NOWHERE if words in said] == []


# ── Complete ────────────────────────────────────────────────────────────────────────────────────


def test_example_23_every_purpose_has_basis_data_retention_and_recipients() -> None:
    for notice in (POLISH, ENGLISH):
        assert missing(notice) == []
        assert [p.key for p in notice.purposes] == list(REGISTER.purposes)
        assert all(p.provision and p.data and p.kept and p.recipients for p in notice.purposes)
        assert "Moniuszki 1A, 00-014 Warszawa" in notice.authority.address


EMPTY: dict[Item, dict[str, Any]] = {
    Item.RECIPIENTS: {"recipients": ()},
    Item.TRANSFERS: {"transfers": ()},
    Item.RIGHTS: {"rights": POLISH.rights[1:]},
    Item.SOURCE: {"data": (POLISH.data[0].model_copy(update={"sources": ()}),)},
    Item.CATEGORIES: {"data": ()},
    Item.OBLIGATION: {"data": (POLISH.data[0].model_copy(update={"consequence": ""}),)},
    Item.PURPOSES: {"purposes": ()},
    Item.RETENTION: {"purposes": (POLISH.purposes[0].model_copy(update={"kept": ()}),)},
    Item.INTERESTS: {"purposes": (POLISH.purposes[7].model_copy(update={"interest": None}),)},
    Item.WITHDRAWAL: {"sentences": {k: v for k, v in POLISH.sentences.items() if k != "withdrawal"}},
    Item.OBJECTION: {"sentences": {k: v for k, v in POLISH.sentences.items() if k != "objection-marketing"}},
    Item.DECISIONS: {"decisions": (POLISH.decisions[0].model_copy(update={"logic": ""}),)},
    Item.COMPLAINT: {"authority": POLISH.authority.model_copy(update={"address": ""})},
    Item.CONTROLLER: {"controller": POLISH.controller.model_copy(update={"email": ""})},
    Item.OFFICER: {"controller": POLISH.controller.model_copy(update={"officer": ""})},
    Item.REPRESENTATIVE: {"controller": POLISH.controller.model_copy(update={"representative": ""})},
}


@pytest.mark.parametrize("item", Item, ids=[item.name for item in Item])
def test_each_missing_item_is_noticed(item: Item) -> None:
    assert item in missing(POLISH.model_copy(update=EMPTY[item]))


def test_both_languages_say_the_same_things() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items()}
        return [shape(inner) for inner in value] if isinstance(value, list) else value is None

    assert shape(json.loads(POLISH.model_dump_json())) == shape(json.loads(ENGLISH.model_dump_json()))


# ── Readable ────────────────────────────────────────────────────────────────────────────────────


class Balance(HTMLParser):
    """Whether every element that is opened is closed, and what a page loads from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.loaded += [value for name in ("src", "srcset") if (value := attributes.get(name))]
        self.ids += [value] if (value := attributes.get("id")) else []
        self.links += [value] if (value := attributes.get("href")) else []
        if tag == "link":
            self.loaded.append(str(attributes))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("notice", [POLISH, ENGLISH], ids=["pl", "en"])
def test_the_page_stands_alone_for_phone_and_printer(notice: Notice) -> None:
    html = page(notice, "html")
    balance = Balance()
    balance.feed(html)
    assert balance.open == []
    assert balance.loaded == []
    assert html.startswith("<!doctype html>")
    assert f'<html lang="{notice.language}">' in html
    assert 'name="viewport"' in html
    assert "@media print" in html
    assert "@media (max-width" in html
    assert {link[1:] for link in balance.links if link.startswith("#")} <= set(balance.ids)
    assert set(notice.headings) <= set(balance.ids)


def test_the_objection_stands_in_its_own_box_before_the_purposes() -> None:
    html = page(POLISH, "html")
    box = html[html.index('<section id="objection" class="box"') :]
    box = box[: box.index("</section>")]
    assert POLISH.sentences["objection-marketing"] in box
    assert "Jak długo" not in box
    assert html.index('id="objection"') < html.index('id="purposes"')


def test_what_the_register_says_is_escaped() -> None:
    shady = POLISH.model_copy(update={"introduction": "<script>alert(1)</script>"})
    assert "<script>" not in page(shady, "html")


def test_json_reads_back_as_the_same_edition() -> None:
    edition = Edition(version=3, effective_on=DAY, notice=POLISH)
    assert Edition.model_validate_json(render(edition, "json")) == edition


def test_a_draft_says_so() -> None:
    draft = Edition(version=None, effective_on=None, notice=POLISH)
    assert "szkic, nieopublikowany" in render(draft, "html")
    assert "Wersja 1, obowiązuje od 2026-11-22" in page(POLISH)


@pytest.mark.parametrize(
    ("english", "polish"),
    [
        ("GDPR Art. 6(1)(b), Art. 5(1)(e)", "RODO art. 6 ust. 1 lit. b, art. 5 ust. 1 lit. e"),
        ("Reg. 282/2011 Art. 63c; ustawa o VAT art. 130d", "rozp. 282/2011 art. 63c; ustawa o VAT art. 130d"),
    ],
)
def test_provisions_are_cited_in_the_reader_s_language(english: str, polish: str) -> None:
    assert (cited(english, "pl"), cited(english, "en")) == (polish, english)


# ── Different ───────────────────────────────────────────────────────────────────────────────────


def test_the_difference_names_heading_and_lines() -> None:
    without = POLISH.model_copy(update={"purposes": tuple(p for p in POLISH.purposes if p.key != "P23")})
    before = Edition(version=1, effective_on=DAY, notice=without)
    after = Edition(version=2, effective_on=DAY, notice=POLISH)
    shown = difference(before, after).splitlines()
    assert shown[0] == "### P23. profilowanie: zainteresowania, które wybierają treść wiadomości marketingowych"
    assert all(line.startswith("+ ") for line in shown[1:])
    assert "+ - Podstawa prawna: RODO art. 6 ust. 1 lit. f" in shown


def test_number_and_date_are_no_difference() -> None:
    before = Edition(version=1, effective_on=DAY, notice=POLISH)
    assert difference(before, Edition(version=2, effective_on=date(2027, 1, 1), notice=POLISH)) == ""


# ── From when a version holds ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("new", "announced_days", "held_from"),
    [
        ([], {}, date(2026, 11, 22)),
        ([], {"P9": date(2026, 12, 1)}, date(2026, 11, 22)),
        (["P9"], {}, date(2026, 12, 6)),
        (["P9"], {"P9": date(2026, 12, 1)}, date(2026, 12, 1)),
        (["P9", "P10"], {"P9": date(2026, 12, 1)}, date(2026, 12, 6)),
    ],
)
def test_a_new_purpose_has_its_days_of_notice_once(
    new: list[str], announced_days: dict[str, date], held_from: date
) -> None:
    assert first_day(new, announced_days, DAY, 14) == held_from
