"""What an erasure left and why, in words that a person understands (GDPR Art. 12(1), 12(4)): pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from textwrap import fill

from services.privacy.documents.citations import cited
from services.privacy.register.model import Register
from shared.contracts.fields import Language


@dataclass(frozen=True)
class Kept:
    """What one table keeps of a person: until a last day, or until a reason is gone that is reviewed on a day."""

    categories: tuple[str, ...]
    retain_until: date | None
    review_at: date | None
    grounds: str
    """The provisions and exemptions as the participant reported them, in one text."""
    holds: tuple[str, ...] = ()
    """The legal holds by which it is kept."""


@dataclass(frozen=True)
class Left:
    """A participant that left before it reported on a case, and why."""

    service: str
    left_at: datetime
    reason: str


WIDTH = 100
WORDS = {
    "pl": {
        "until": "Do kiedy: {day}",
        "open": "Do kiedy: dopóki trwa przyczyna; sprawdzimy to najpóźniej {day}",
        "why": "Dlaczego: {why}",
        "law": "Podstawa prawna: {law}",
        "holds": "Numer wstrzymania usunięcia: {holds}",
        "everything": "wszystkie Twoje dane",
    },
    "en": {
        "until": "Until: {day}",
        "open": "Until: as long as the reason holds; we review it by {day}",
        "why": "Why: {why}",
        "law": "Legal basis: {law}",
        "holds": "Number of the legal hold: {holds}",
        "everything": "all your data",
    },
}


def reasons(kept: Sequence[Kept], register: Register, language: Language) -> list[list[str]]:
    """What, until when, why and by which law, in lines: what has one day and one reason stands together."""
    together: dict[tuple[date | None, date | None, str, tuple[str, ...]], set[str]] = {}
    for each in kept:
        place = (each.review_at, None if each.review_at else each.retain_until, each.grounds, each.holds)
        together.setdefault(place, set()).update(each.categories)
    return [
        list(_lines(Kept(tuple(sorted(categories, key=number)), until, review_at, grounds, holds), register, language))
        for (review_at, until, grounds, holds), categories in together.items()
    ]


def in_words(kept: Sequence[Kept], register: Register, language: Language) -> str:
    """The same as a numbered list."""
    items = enumerate(reasons(kept, register, language), start=1)
    return "\n\n".join(_indented(place, lines) for place, lines in items)


def _indented(place: int, lines: Iterable[str]) -> str:
    filled = "\n".join(fill(line, WIDTH, initial_indent="   ", subsequent_indent="   ") for line in lines)
    return f"{place}. {filled.lstrip()}"


def number(category: str) -> tuple[int, str]:
    """D2 stands before D10."""
    return (len(category), category)


def _lines(kept: Kept, register: Register, language: Language) -> Iterator[str]:
    words, why, law = WORDS[language], *_grounds(kept.grounds, register, language)
    known = (register.categories.get(category) for category in kept.categories)
    yield "; ".join(category.title.in_(language) for category in known if category) or words["everything"]
    yield words["open" if kept.review_at else "until"].format(day=kept.review_at or kept.retain_until)
    if why:
        yield words["why"].format(why="; ".join(why))
    yield words["law"].format(law="; ".join(law))
    if kept.holds:
        yield words["holds"].format(holds=", ".join(kept.holds))


def _grounds(grounds: str, register: Register, language: Language) -> tuple[list[str], list[str]]:
    """The known reasons in a text, the longest first: one may contain another. Others are cited as they are."""
    why, law = [], []
    for reason in sorted(register.reasons.values(), key=lambda reason: -len(reason.provision)):
        if reason.provision in grounds:
            grounds = grounds.replace(reason.provision, "")
            law.append(reason.law.in_(language) if reason.law else cited(reason.provision, language))
            if reason.words:
                why.append(reason.words.in_(language))
    unknown = [part.strip() for part in grounds.split(";")]
    return why, law + [cited(part, language) for part in unknown if part]
