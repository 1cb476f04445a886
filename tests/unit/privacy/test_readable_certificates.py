"""A certificate in words: names of data and not of tables, in Polish and English, as a page and a PDF."""

import io
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from pypdf import PdfReader

from services.privacy.cases.reasons import Kept, Left
from services.privacy.certificates.document import compose
from services.privacy.certificates.page import page
from services.privacy.certificates.pdf import pdf
from services.privacy.certificates.reading import Readable, readable
from services.privacy.certificates.store import ClosedCase, Report, SecondPage, UnkeyedTables
from services.privacy.register.loading import register
from services.privacy.traces.rules import Finding, Search, SeenPlace
from shared.contracts.fields import Language
from shared.law.retention import proof

AT = datetime(2026, 12, 22, 11, 30, tzinfo=UTC)
ANNA, ORDER, CASE = UUID(int=1), UUID(int=2), UUID(int=3)
LAW = proof(date(2026, 12, 22))
GROUNDS = "; ".join((*LAW.provisions, *LAW.exemptions))
TABLES = [
    {"table": "known_device", "categories": ["D1", "D5"], "outcome": ["purged"], "rows": [1]},
    {
        "table": "privacy_case",
        "categories": ["D16"],
        "outcome": ["retained"],
        "rows": [1],
        "retain_until": ["2032-12-31"],
        "provision": [GROUNDS],
    },
]
FOUND = SeenPlace("leak.held", "found", 3)


def in_words(language: Language, search: Search | None = None, left: tuple[Left, ...] = ()) -> Readable:
    case = ClosedCase(CASE, language, AT, date(2027, 1, 22), AT, AT, ORDER, (), frozenset({ANNA}))
    report = Report("identity", (ANNA,), {"map_version": 1, "tables": TABLES}, AT)
    unkeyed = UnkeyedTables("identity", ({"table": "sign_up", "categories": ["D5"], "because": "x", "ends": "y"},))
    ended = SecondPage("privacy", ({"table": "privacy_case", "subjects": [str(ANNA)], "rows": [1]},), date(2033, 1, 1))
    document = compose(case, [report], [], [unkeyed], left, [ended], search)
    return readable(document, [Kept(("D16",), date(2032, 12, 31), None, GROUNDS)], register(), language)


def text(words: Readable) -> str:
    lines = [f"{label} {value}" for label, value in words.facts]
    lines += [line for section in words.sections for item in section.items for line in (section.title, *item)]
    return "\n".join(lines)


def search(*places: SeenPlace, unread: tuple[str, ...] = (), silent: tuple[str, ...] = ()) -> Search:
    return Search(5, 1, silent, False, [Finding("marketing", AT, 10, places, unread)])


@pytest.mark.parametrize("language", ["pl", "en"])
def test_it_names_data_and_not_tables(language: Language) -> None:
    said = text(in_words(language, search(FOUND, unread=("log", "closed.drawer"), silent=("licensing",))))
    for category in ("D1", "D5", "D16"):
        assert register().categories[category].title.in_(language) in said
    for table in ("known_device", "privacy_case", "sign_up", "leak.held", "closed.drawer"):
        assert table not in said
    assert "2032-12-31" in said
    assert "Moniuszki 1A" in said, "who to complain to"
    assert "2026-12-22 12:30" in said, "the hour at the vendor's seat"
    assert "2033-01-01" in said, "the second page"


def test_it_says_what_the_search_saw_and_what_it_did_not() -> None:
    said = text(in_words("en", search(FOUND, unread=("log",), silent=("licensing",))))
    assert "newsletter and campaigns (marketing): number of places: 3" in said
    assert "newsletter and campaigns (marketing): not searched: the log" in said
    assert "orders, invoices and licenses (licensing): did not say in time" in said
    assert "that can't be told from those of others were not searched for: 1" in said
    assert "the search found something that was left behind" in said
    quiet = text(in_words("en", search()))
    assert "we found nothing" in quiet
    assert "number of places" not in quiet
    assert "We searched" not in text(in_words("en")), "a case from before there was a search"


def test_who_left_is_named() -> None:
    said = text(in_words("en", left=(Left("partner", AT, "sold"),)))
    assert "partner: this service left on 2026-12-22 12:30 before it had confirmed" in said


@pytest.mark.parametrize("language", ["pl", "en"])
def test_page_and_pdf_say_the_same(language: Language) -> None:
    words = in_words(language, search(FOUND))
    html = page(words, "NanoMedia & Co").decode()
    sheets = PdfReader(io.BytesIO(pdf(words, "NanoMedia & Co", AT)))
    printed = " ".join(sheet.extract_text() for sheet in sheets.pages)
    assert f'<html lang="{language}">' in html
    assert "NanoMedia &amp; Co" in html
    assert sheets.metadata is not None
    assert sheets.metadata.title == words.title
    for section in words.sections:
        assert section.title in html
        for item in section.items:
            for word in " ".join(item).split():
                assert word in printed, word


def test_letters_of_both_languages_are_in_the_fonts() -> None:
    words = in_words("pl", search(FOUND))
    printed = "".join(
        sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf(words, "ĄĆĘŁŃÓŚŹŻ ąćęłńóśźż", AT))).pages
    )
    assert "ĄĆĘŁŃÓŚŹŻ ąćęłńóśźż" in printed
