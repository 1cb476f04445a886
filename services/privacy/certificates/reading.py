"""A certificate as a person reads it: the names of data and not of tables, in Polish or English; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.privacy.cases.reasons import Kept, number, reasons
from services.privacy.certificates import phrases
from services.privacy.certificates.document import Document
from services.privacy.recipients.rules import stands
from services.privacy.register.model import Register
from shared.contracts.fields import Language
from shared.law.calendar import WARSAW

ERASED = ("purged", "anonymized")


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; an item may have several lines."""

    title: str
    items: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Readable:
    """A certificate in phrases."""

    language: Language
    title: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]


def readable(document: Document, kept: Sequence[Kept], register: Register, language: Language) -> Readable:
    """The certificate of a closed case in phrases."""
    facts = [(label, _fact(document, name, language)) for name, label in phrases.FACTS[language].items()]
    headings = phrases.HEADINGS[language]
    sections = [
        (
            headings["erased"],
            [[title] for title in _erased(document, register, language)] or [[phrases.NOTHING[language]]],
        ),
        (headings["kept"], reasons(kept, register, language) or [[phrases.NOTHING[language]]]),
        (headings["ended"], [[line] for line in _ended(document, language)]),
        (headings["services"], [[line] for line in _services(document, language)]),
        (headings["recipients"], [[line] for line in _recipients(document, language)]),
        (headings["search"], [[line] for line in _search(document, language)]),
        (headings["unkeyed"], [[line] for line in _unkeyed(document, register, language)]),
        (headings["not_checked"], [[line] for line in phrases.not_checked(document.get("backups_until"), language)]),
        (headings["refusal"], [[line] for line in _refusal(document, register, language)]),
    ]
    return Readable(language, phrases.TITLE[language], facts, [Section(t, items) for t, items in sections if items])


def _fact(document: Document, name: str, language: Language) -> str:
    if name == "outcome":
        return phrases.OUTCOMES[language][document[name]]
    return _moment(document[name]) if name.endswith("_at") else str(document[name])


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(WARSAW):%Y-%m-%d %H:%M}"


def _erased(document: Document, register: Register, language: Language) -> list[str]:
    tables = [table for participant in document["participants"] for table in participant["tables"]]
    erased = {category for table in tables if table["outcome"] in ERASED for category in table["categories"]}
    return _titles(erased, register, language)


def _titles(categories: set[str], register: Register, language: Language) -> list[str]:
    known = (register.categories.get(category) for category in sorted(categories, key=number))
    return [category.title.in_(language) for category in known if category]


def _services(document: Document, language: Language) -> Iterator[str]:
    told = {each["service"]: each["reported_at"] for each in document["participants"]}
    for name, at in sorted(told.items()):
        yield phrases.REPORTED[language].format(service=phrases.service(name, language), at=_moment(at))
    for left in document["left"]:
        yield phrases.LEFT[language].format(
            service=phrases.service(left["service"], language), at=_moment(left["left_at"])
        )


def _recipients(document: Document, language: Language) -> Iterator[str]:
    for each in document.get("recipients", ()):
        day = _moment(each["settled_at"]) if each["settled_at"] else ""
        yield stands(each["recipient"], each["how"], day, each["reason"], language)


def _search(document: Document, language: Language) -> Iterator[str]:
    search = document["search"]
    if search is None:
        return
    yield phrases.SOUGHT[language].format(values=search["values"])
    yield phrases.SEARCH[language][search["outcome"]]
    for each in search["participants"]:
        name = phrases.service(each["service"], language)
        if rows := sum(place["rows"] for place in each["places"] if place["ending"] == "found"):
            yield phrases.FOUND[language].format(service=name, rows=rows)
        if each["not_searched"]:
            places = {phrases.place(place, language) for place in each["not_searched"]}
            yield phrases.NOT_SEARCHED[language].format(service=name, places=", ".join(sorted(places)))
    for silent in search["not_gathered_from"]:
        yield phrases.NOT_GATHERED[language].format(service=phrases.service(silent, language))
    if search["too_short"]:
        yield phrases.TOO_SHORT[language].format(count=search["too_short"])


def _unkeyed(document: Document, register: Register, language: Language) -> Iterator[str]:
    tables = [table for each in document["unkeyed"] for table in each["tables"] or ()]
    categories = {category for table in tables for category in table["categories"]}
    if titles := _titles(categories, register, language):
        yield phrases.UNKEYED[language].format(titles="; ".join(titles))


def _ended(document: Document, language: Language) -> Iterator[str]:
    for page in document["second_pages"]:
        yield f"{page['ended_at']}: {phrases.service(page['service'], language)}"


def _refusal(document: Document, register: Register, language: Language) -> Iterator[str]:
    if refusal := document["refusal"]:
        authority = refusal["complaint_to"]
        yield phrases.REFUSAL[language].format(
            authority=f"{authority['name']}, {authority['address']}",
            court=register.court.statement.in_(language),
            contact=register.controller.email,
        )
